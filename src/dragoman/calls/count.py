"""How many tokens a request is: the provider's word where it counts, else an estimate that says so."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from dragoman.calls.call import Call
from dragoman.calls.estimate import estimate
from dragoman.calls.fitting import fitted
from dragoman.calls.log import CallLog
from dragoman.calls.prepare import Outgoing, refuse_losses
from dragoman.calls.round_trip import RoundTrip, make
from dragoman.dialects import get_dialect
from dragoman.dialects.counting import Counting, get_counting
from dragoman.flow import Flow
from dragoman.messages import Loss, Request, TokenCount, encode_json


def count_tokens(call: Call) -> Flow[TokenCount]:
    """Count the input tokens of the call's request; nothing is answered, and nothing charged."""
    call = replace(call, request=_prompt_of(call.request))
    name = call.target.spec.counting
    if name is None:
        return (yield from estimate(call.request))
    started = call.clock()
    trip, losses = _trip(call, get_counting(name))
    log = CallLog(call, call.request.model, started, losses=losses)
    tokens, _ = yield from make(call, trip, log, call.deadline_from(started))
    return TokenCount(tokens=tokens, exact=not any(map(_uncounted, losses)), method=name, warnings=losses)


def _uncounted(loss: Loss) -> bool:
    """Whether it takes away from what is counted: a message, a part or a tool, and no setting."""
    return loss.effect == "dropped" and loss.where.startswith(("messages", "tools"))


def _prompt_of(request: Request) -> Request:
    """The request without what only steers the answer."""
    return Request(
        model=request.model,
        messages=request.messages,
        tools=request.tools,
        tool_choice=request.tool_choice,
        parallel_tool_calls=request.parallel_tool_calls,
        output_format=request.output_format,
        reasoning=request.reasoning,
        extra=request.extra,
    )


def _trip(call: Call, counting: Counting) -> tuple[RoundTrip[int], tuple[Loss, ...]]:
    """The request in the dialect that counts, which need not be the one that answers, and what got lost."""
    target, request = call.target, call.request
    dialect = get_dialect(counting.dialect)
    facts = target.facts(request.model)
    request, unfit = fitted(request, facts, dialect.effort_budgets)
    encoded = dialect.encode_request(request)
    losses = unfit + encoded.losses
    for quirk in target.spec.quirks:
        if quirk.dialect in (None, dialect.name):
            losses += quirk.apply(encoded.wire)
    refuse_losses(call, losses, request.model)
    path = target.at(counting.path(target.path_in(dialect, request)))
    body: dict[str, Any] = counting.body(encoded.wire, request.model)
    return RoundTrip(outgoing=Outgoing(path=path, body=encode_json(body)), decode=counting.tokens), losses
