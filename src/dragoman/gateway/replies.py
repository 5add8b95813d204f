"""Replies: answers and refusals as bytes, in the caller's dialect."""

from __future__ import annotations

import math
from collections.abc import Iterable
from copy import copy
from functools import lru_cache
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from dragoman.errors import (
    BudgetExceeded,
    Error,
    FallbackExhausted,
    OutOfCredit,
    ProviderError,
    ProviderFailed,
    Unauthorized,
)
from dragoman.gateway.surfaces import JSON, Header, Surface
from dragoman.gateway.surfaces.surface import ServerHalf
from dragoman.messages import EmbeddingResponse, LLMResponse, Loss, Request, ResponseStart, encode_json

Begun = TypeVar("Begun", LLMResponse, ResponseStart)

_OURS: Final = (Unauthorized, OutOfCredit)
"""What a provider says of the gateway's own account there: the caller can do nothing about it, and its key is fine."""

_LONGEST_HEADER: Final = 4096
"""Bytes: servers and proxies refuse longer ones."""
_BETWEEN: Final = "; "


class Refusal(Struct, frozen=True):
    """A whole reply that says why there is no answer."""

    status: int
    headers: tuple[Header, ...]
    body: bytes


def refusal_of(dialect: ServerHalf, error: Error) -> Refusal:
    """`error` as a reply in the caller's dialect."""
    shown = told(error)
    status, wire = dialect.encode_error(shown)
    return Refusal(_own_status(shown) or status, (JSON, *_hints(shown)), encode_json(wire))


def with_id(error: Error, request_id: str) -> Error:
    """The error that the caller is told of, as one of the request that it knows: a provider's id is in the log."""
    shown = copy(told(error))
    shown.request_id = request_id
    return shown


def told(error: Error) -> Error:
    """The error that the caller is told of: of a route that failed everywhere alike, the last.

    What concerns the gateway's account at a provider, or the address that it has of one, is told as its own failure.
    """
    if isinstance(error, FallbackExhausted):
        error = _shared(error)
    if not isinstance(error, ProviderError) or error.provider is None:
        return error
    if isinstance(error, _OURS):
        return _failed(error, f"the gateway's own account at `{error.provider}` was refused: {error.message}")
    if error.http_status is not None and 300 <= error.http_status < 400:  # where to is not the caller's affair
        return _failed(error, f"the address that the gateway has of `{error.provider}` answers with a redirect")
    return error


def word_of(error: Error) -> str:
    """The class of an error, for metrics and logs: of a route that failed everywhere alike, what it failed by."""
    return type(_shared(error) if isinstance(error, FallbackExhausted) else error).__name__


def _failed(error: ProviderError, message: str) -> ProviderFailed:
    failure = ProviderFailed(message, http_status=502, retryable=False)
    return failure.at(error.provider or "", error.model or "")


def _shared(error: FallbackExhausted) -> Error:
    """The last of the errors where all are of one class, so that its status is true; else the whole, and also where
    a target that was not asked may be later: the route has not failed by it for good.
    """
    kinds = {type(each) for each in error.errors}
    last = error.errors[-1] if error.errors else error
    final = len(kinds) == 1 and error.retry_after_seconds is None
    return last if final and isinstance(last, Error) else error


def _own_status(error: Error) -> int | None:
    """The status that the gateway itself decided on, which no dialect needs to know."""
    return error.http_status if isinstance(error, ProviderError) and error.provider is None else None


def _hints(error: Error) -> Iterable[Header]:
    """When to come again, and whether that is of any use."""
    seconds = error.retry_after_seconds
    if seconds is not None and math.isfinite(seconds):
        yield b"retry-after", b"%d" % max(math.ceil(seconds), 1)
    if isinstance(error, BudgetExceeded):
        yield b"x-should-retry", b"false"


# ---------------------------------------------------------------------- answers


def completed(response: Begun, surface: Surface, request: Request, request_id: str, now: float) -> Begun:
    """A translated answer, or its beginning, with what clients of the dialect look for and its provider did not say."""
    prefix = surface.dialect.id_prefix
    own = (
        response.id if response.id and response.id.startswith(prefix) else f"{prefix}{request_id.removeprefix('req_')}"
    )
    return replace(response, id=own, model=response.model or request.model, created_at=response.created_at or int(now))


def headers_about(response: LLMResponse | EmbeddingResponse, losses: tuple[Loss, ...] = ()) -> list[Header]:
    """Headers that say who answered, for how much, and what of the request was lost."""
    headers: list[Header] = []
    if response.provider:
        headers.append((b"x-dragoman-provider", _name(response.provider)))
    if response.model:
        headers.append((b"x-dragoman-model", _name(response.model)))
    if response.cost is not None:
        headers.append((b"x-dragoman-cost", f"{response.cost:f}".encode()))
    if response.warnings or losses:
        headers += losses_in((*response.warnings, *losses))
    return headers


def losses_in(losses: tuple[Loss, ...]) -> list[Header]:
    """The header that names every loss, with why where there is room for that, and says how many it has no room for."""
    if not losses:
        return []
    text = _BETWEEN.join([f"{loss.where} {loss.effect}: {loss.why}" for loss in losses])
    return [(b"x-dragoman-loss", _safe(text if len(text) <= _LONGEST_HEADER else _places_of(losses)))]


def _places_of(losses: tuple[Loss, ...]) -> str:
    """What became of each place, none of them in part."""
    named: list[str] = []
    room = _LONGEST_HEADER - len(f"and {len(losses)} losses")
    places = dict.fromkeys(f"{loss.where} {loss.effect}" for loss in losses)
    for place in places:
        if len(place) + len(_BETWEEN) <= room:
            named.append(place)
            room -= len(place) + len(_BETWEEN)
    unnamed = len(places) - len(named)
    if not named:
        return f"{unnamed} loss{'' if unnamed == 1 else 'es'}"
    return _BETWEEN.join([*named, f"and {unnamed} more"] if unnamed else named)


def _safe(text: str) -> bytes:
    """Text as the value of a header, in which nothing ends a line."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(each if " " <= each < "\x7f" else "?" for each in text)
    return text.encode("ascii")


_name: Final = lru_cache(maxsize=1024)(_safe)
"""The same of what is said again and again."""
