"""A call kept within the tokens its caller allows: those of its input, and those of input and answer together."""

from __future__ import annotations

from msgspec.structs import replace

from dragoman.calls.call import Call
from dragoman.calls.estimate import estimate
from dragoman.errors import ContextTooLong
from dragoman.flow import Flow
from dragoman.messages import TokenCount


def within_budget(call: Call) -> Flow[tuple[Call, tuple[str, ...]]]:
    """The call with `max_tokens` lowered to what `context_budget` leaves for the answer, and a note when it was.

    Nothing is sent to count: tokens are estimated, by `tiktoken` where it is installed. Raises `ContextTooLong` when
    the input is over `max_input_tokens`, or the budget leaves nothing for an answer.
    """
    if call.max_input_tokens is None and call.context_budget is None:
        return call, ()
    count = yield from estimate(call.request)
    _refuse_longer(call, count, call.max_input_tokens, "max_input_tokens")
    if call.context_budget is None:
        return call, ()
    _refuse_longer(call, count, call.context_budget - 1, "context_budget")
    left, wanted = call.context_budget - count.tokens, call.request.max_tokens
    if wanted is not None and wanted <= left:
        return call, ()
    note = f"max_tokens={left} by context_budget={call.context_budget}, less about {count.tokens} tokens of input"
    return replace(call, request=replace(call.request, max_tokens=left)), (note,)


def _refuse_longer(call: Call, count: TokenCount, most: int | None, option: str) -> None:
    if most is not None and count.tokens > most:
        raise ContextTooLong(
            f"the input is about {count.tokens} tokens ({count.method}), too many for {option}={getattr(call, option)}",
            provider=call.target.spec.name,
            model=call.request.model,
        )
