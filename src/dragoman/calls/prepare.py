"""From a call to the HTTP request that makes it."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from dragoman.calls.call import Call, Terms
from dragoman.calls.fitting import fitted
from dragoman.calls.half_characters import refuse_half_characters
from dragoman.calls.kept_input import refuse_input_kept_elsewhere
from dragoman.calls.known import OWN_HEADERS, Known, merged
from dragoman.calls.purse import PURSE
from dragoman.calls.thinking import thinking_of
from dragoman.calls.verbatim import Verbatim, body_as_written
from dragoman.catalog import ModelFacts
from dragoman.dialects import Dialect
from dragoman.dialects.forwarding import write_body
from dragoman.errors import LossRefused
from dragoman.http import HttpRequest
from dragoman.messages import Loss, Message, Request, Role, encode_json
from dragoman.providers import Credential

_ESCAPED_HALF: Final = b"\\ud"
"""How the half of a character in UTF-16 is written in JSON, which UTF-8 cannot hold."""
_OWN_WITHOUT_BODY: Final = OWN_HEADERS[1:]
_ANYTHING: Final = (Message(Role.USER, "Hi"),)
"""Messages of a request of which other fields matter."""


class Outgoing(Struct, frozen=True, kw_only=True):
    """What to send, the same at each try. `path` may have a query; `headers` are those of this request alone."""

    path: str
    body: bytes = b""
    method: str = "POST"
    headers: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        """Without query and body: they hold keys and prompts."""
        return f"<{type(self).__name__} {self.path.partition('?')[0]} {len(self.body)} bytes>"


class Prepared(Outgoing, frozen=True, kw_only=True):
    """A call's request, encoded once for all its tries.

    `losses` is what the dialect could not express, `notes` what was filled in for the caller.
    """

    request: Request
    losses: tuple[Loss, ...]
    notes: tuple[str, ...]


def prepare(call: Call) -> Prepared:
    """Encode the request and correct it for the provider.

    Raises `LossRefused` when the call wants no losses, nothing would be left of a message of the user's, or a part of
    the input is kept where only another dialect can ask for it.
    """
    if call.verbatim is not None and call.sends_verbatim:
        return _as_written(call, call.verbatim)
    target = call.target
    request, unfit, notes = _suited(call)
    encoded = target.dialect.encode_request(request)
    losses = unfit + encoded.losses
    for quirk in target.quirks:
        losses += quirk.apply(encoded.wire)
    spoken = None if call.verbatim is None else call.verbatim.dialect
    if losses or spoken is not None:
        refuse_input_kept_elsewhere(request, target, losses, spoken)
    if losses:
        refuse_losses(call, losses, request.model)
        _refuse_emptied(call, losses)
    body = encode_json(encoded.wire)
    if _ESCAPED_HALF in body:
        refuse_half_characters(encoded.wire)
    known = _known(call)
    path = target.path(request) if known is None else known.paths[request.stream]
    return Prepared(request=request, path=path, body=body, losses=losses, notes=notes)


def _suited(call: Call) -> tuple[Request, tuple[Loss, ...], tuple[str, ...]]:
    """The request as its model can take it, with the limit that its dialect demands; what was lost, what is noted.

    Most requests say nothing of thinking, and of them the catalog is not asked.
    """
    request, dialect = call.request, call.target.dialect
    limited = request.max_tokens is not None or dialect.default_max_tokens is None
    if limited and request.reasoning is None:
        return request, (), ()
    facts = call.target.facts(request.model)
    request, unfit = fitted(request, facts, dialect.effort_budgets)
    request, notes = with_default_limit(request, facts, dialect)
    return request, unfit, notes


def _known(call: Call) -> Known | None:
    """What is known of the target of this very call."""
    known = call.known
    return (
        known
        if known is not None and known.target is call.target and call.request.model == known.target.model
        else None
    )


def _as_written(call: Call, verbatim: Verbatim) -> Prepared:
    """The sender's own body, and what was filled in. Whether it suits the model, its provider says."""
    request, target = call.request, call.target
    said = _said_of(request, call.filled, target.dialect) if call.filled else {}
    known = _known(call)
    body, losses = body_as_written(verbatim, request, said, target.quirks, known and known.model)
    if losses:
        refuse_losses(call, losses, request.model)
    path = target.path(request) if known is None else known.paths[request.stream]
    if verbatim.query:
        path = f"{path}{'&' if '?' in path else '?'}{verbatim.query}"
    return Prepared(
        request=request, path=path, body=write_body(body), losses=losses, notes=(), headers=verbatim.headers
    )


def _said_of(request: Request, fields: tuple[str, ...], dialect: Dialect) -> dict[str, Any]:
    """Some `fields` of a request in the dialect's words."""
    bare = Request(model=request.model, messages=_ANYTHING)
    filled = replace(bare, **{name: getattr(request, name) for name in fields})
    without, wire = dialect.encode_request(bare).wire, dialect.encode_request(filled).wire
    return {name: value for name, value in wire.items() if without.get(name) != value}


def refuse_losses(terms: Terms, losses: tuple[Loss, ...], model: str) -> None:
    """Raise `LossRefused` when there are losses and the call wants none."""
    if losses and terms.on_loss == "error":
        raise LossRefused(losses, provider=terms.target.spec.name, model=model)


def _refuse_emptied(call: Call, losses: tuple[Loss, ...]) -> None:
    """Raise `LossRefused` when nothing is left of what the user says: no answer could be one to it."""
    dropped = {loss.where: loss for loss in losses if loss.effect == "dropped"}
    for index, message in enumerate(call.request.messages if dropped else ()):
        lost = [dropped.get(f"messages[{index}].content[{place}]") for place in range(len(message.parts))]
        if message.role == Role.USER and lost and None not in lost:
            error = LossRefused(filter(None, lost), provider=call.target.spec.name, model=call.request.model)
            error.hint = (
                f"Nothing would be left of messages[{index}]: choose a provider that takes it, or say it in text."
            )
            raise error


def with_default_limit(request: Request, facts: ModelFacts | None, dialect: Dialect) -> tuple[Request, tuple[str, ...]]:
    """The request with `max_tokens` where the dialect demands it and the caller named none, and a note of it.

    It is what the dialect says, with the budget for thinking on top (the limit must be above it), or the most that the
    model writes where that is less.
    """
    default = dialect.default_max_tokens
    if request.max_tokens is not None or default is None:
        return request, ()
    options = thinking_of(request, dialect)
    thinking = (options and options.budget_tokens) or 0
    most = facts.output_tokens if facts is not None else None
    limit = default + thinking if most is None else min(default + thinking, most)
    of_it = f", and thinking may take {thinking} of it" if thinking else ""
    return replace(request, max_tokens=limit), (f"max_tokens={limit} by default: the dialect demands a limit{of_it}",)


def http_request(
    terms: Terms, outgoing: Outgoing, credential: Credential | None, deadline: float | None
) -> HttpRequest:
    """The HTTP request for one try.

    Headers: ours, the dialect's, the request's, the key, the target's, the call's; later ones win.
    """
    target, known, body = terms.target, terms.known, outgoing.body
    if known is None or known.target is not target or not body or terms.headers:
        headers = None
    else:
        headers = known.headers if not outgoing.headers else None
        if headers is None:
            headers = known.headers_beside(outgoing.headers, credential)
    return HttpRequest(
        origin=target.origin,
        target=outgoing.path,
        method=outgoing.method,
        headers=_headers(terms, outgoing, credential) if headers is None else headers,
        body=body,
        timeouts=terms.timeouts,
        deadline=deadline,
        once=PURSE.get() is not None,
    )


def _headers(terms: Terms, outgoing: Outgoing, credential: Credential | None) -> tuple[tuple[str, str], ...]:
    target, own = terms.target, OWN_HEADERS if outgoing.body else _OWN_WITHOUT_BODY
    headers = (*own, *target.dialect.headers(), *outgoing.headers)
    if credential is not None:
        headers += tuple(credential.headers(outgoing.method, target.origin, outgoing.path, outgoing.body))
    return merged(headers, target.headers, terms.headers)
