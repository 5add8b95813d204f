"""Which questions are the same, and the flow that looks for their answer before it asks.

The key of an answer is a digest of all that it may depend on: who is asked and where, the body that would be sent (the
model, all messages with their media, the tools, the form that is wanted, every parameter), the headers of the call, and
what the answer is read with (schema, technique, context, strictness). Keys of providers are no part of it.

What comes out of a cache is read and validated as what comes from a model. What does not fit any more, or cannot be
read, is passed over with a warning in the log.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from decimal import Decimal
from functools import partial
from hashlib import sha256
from typing import Any, Final, TypeVar

import msgspec
from msgspec.structs import replace

from dragoman.calls import Call
from dragoman.calls.prepare import prepare
from dragoman.client.cache.base import BaseCache, Caching
from dragoman.errors import OutputError
from dragoman.flow import Flow, invoke
from dragoman.messages import LLMResponse, Request, Usage
from dragoman.secret import Secret
from dragoman.structured import Again, Ask, Extracted, OutputType, Rules, Technique, extract
from dragoman.structured.rules import Nobody

T = TypeVar("T")

_VERSION: Final = 1
"""Of what is stored. Another one makes other keys, so that nobody reads what is written otherwise."""

_SECRET_HEADERS: Final = frozenset({"authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"})

FROM_CACHE: Final = "from the cache: nothing was asked"
"""The `cost_note` of an answer that was kept."""

_logger: Final = logging.getLogger("dragoman")


def cached(  # noqa: PLR0917  # as `extract` has them
    caching: Caching,
    call: Call,
    ask: Ask,
    request: Request,
    output: OutputType[T],
    technique: Technique,
    rules: Rules,
) -> Flow[Extracted[T]]:
    """As `structured.extract`, but asked only if the answer is not there. `call` is what would be asked first."""
    key = key_of(call, output, rules)
    stored = (yield from _looked_up(caching.cache, key)) if key else None
    kept = (yield from _read(stored, request, output, technique, rules)) if stored else None
    if kept is not None:
        rules.watcher.answered(kept.response)
        return kept
    extracted = yield from extract(ask, request, output, technique, rules)
    if key:
        yield from _keep(caching, key, extracted.response)
    return extracted


def key_of(call: Call, output: OutputType[Any], rules: Rules) -> str | None:
    """The key of the answer to `call`; `None` when it depends on what cannot be compared."""
    target, prepared = call.target, prepare(call)
    whole = {
        "version": _VERSION,
        "at": [target.spec.name, target.dialect.name, str(target.origin), prepared.path, call.request.model],
        "headers": sorted(_public(call.headers)),
        "schema": output.schema,
        "context": rules.context,
        "strict": rules.strict,
    }
    try:
        text = msgspec.json.encode(whole, order="deterministic")
    except (TypeError, ValueError, RecursionError) as error:
        _logger.warning("this answer is not kept: what it depends on (context=) cannot be compared: %s", error)
        return None
    return sha256(text + prepared.body).hexdigest()


def _public(headers: tuple[tuple[str, str | Secret], ...]) -> list[tuple[str, str]]:
    return [
        (name.lower(), value)
        for name, value in headers
        if isinstance(value, str) and name.lower() not in _SECRET_HEADERS
    ]


# ---------------------------------------------------------------------- out of the cache


def _looked_up(cache: BaseCache, key: str) -> Flow[Any]:
    def get() -> Any:
        try:
            return cache.get(key)
        except Exception as error:  # noqa: BLE001  # of whatever store: it is no reason not to ask
            _logger.warning("%r could not be read, so the model is asked: %s: %s", cache, type(error).__name__, error)
            return None

    return (yield from invoke(sync=get)) if cache.blocks else get()


def _read(
    stored: Any, request: Request, output: OutputType[T], technique: Technique, rules: Rules
) -> Flow[Extracted[T] | None]:
    """The value in what was `stored`, if there is one."""
    try:
        response = msgspec.json.decode(stored, type=LLMResponse)
        return (yield from extract(partial(_given, response), request, output, technique, _of_one_answer(rules)))
    except (msgspec.MsgspecError, TypeError, UnicodeDecodeError, OutputError) as error:
        why = str(error).partition("\n")[0]
        _logger.warning("a kept answer is passed over, so the model is asked: %s: %s", type(error).__name__, why)
        return None


def _given(response: LLMResponse, _: Request) -> Flow[LLMResponse]:
    return response
    yield


def _of_one_answer(rules: Rules) -> Rules:
    return replace(rules, retries=Again(0), watcher=Nobody(), token_budget=None)


# ---------------------------------------------------------------------- into the cache


def _keep(caching: Caching, key: str, response: LLMResponse) -> Flow[None]:
    cache = caching.cache

    def keep() -> None:
        try:
            cache.set(key, _stored(response), ttl=caching.ttl)
        except Exception as error:  # noqa: BLE001  # of whatever store: there is an answer all the same
            _logger.warning("%r could not keep an answer: %s: %s", cache, type(error).__name__, error)

    if cache.blocks:
        yield from invoke(sync=keep)
    else:
        keep()


def _stored(response: LLMResponse) -> str:
    """As JSON, without what was paid: it is paid once."""
    raw = response.raw
    kept = replace(
        response,
        usage=Usage(input_tokens=0, output_tokens=0, total_tokens=0),
        cost=Decimal(0),
        cost_note=FROM_CACHE,
        attempts=(),
        latency_seconds=None,
        first_token_seconds=None,
        raw=raw if raw is None or isinstance(raw, Mapping) else list(raw),
    )
    return msgspec.json.encode(kept).decode()
