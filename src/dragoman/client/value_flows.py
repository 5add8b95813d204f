"""The flows behind `value_streams.py`: how a value is asked for that is to be seen while it comes.

What a set-up can show of it is found out here, and what is said where that is nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cache, partial
from typing import Any, Final, TypeVar, get_args, get_origin

from msgspec.structs import replace

from dragoman.calls import Target
from dragoman.catalog import find_model
from dragoman.client.mode import Mode
from dragoman.client.value_streams import IterableFlow, PartialFlow
from dragoman.client.way import Way, way_for
from dragoman.dialects import get_dialect
from dragoman.errors import ConfigurationError
from dragoman.flow import Flow
from dragoman.messages import Event, LLMResponse, Loss, Request, Tool, ToolCall, ToolCallDelta, events_of
from dragoman.structured import TECHNIQUES, Extracted, ParallelType, Rules
from dragoman.structured.forms import MANY
from dragoman.structured.output import NO_TYPE
from dragoman.structured.partial import (
    Adapter,
    Delivery,
    Listening,
    ListeningToCalls,
    elements,
    shape_of,
    wanted_of,
)

T = TypeVar("T")

_logger: Final = logging.getLogger("dragoman")

_CALLS_COME_WHOLE: Final = (
    "`{dialect}` sends the arguments of a call in one piece, so the value came whole: "
    "mode=Mode.JSON_SCHEMA shows it as it grows, where the model has it"
)
_ANSWER_CAME_WHOLE: Final = "the answer was not streamed, so the value came whole"


@cache
def streams_arguments(dialect: str) -> bool:
    """Whether the arguments of a call come in pieces: the dialect's codec is asked, in both directions."""
    codec, request = get_dialect(dialect), Request(model="", tools=(Tool(name="t"),), stream=True)
    encoder, decoder = codec.stream_encoder(request), codec.stream_decoder()
    call = ToolCall(id="call_1", name="t", arguments_json='{"first": 1, "second": 2}')
    frames = [frame for event in events_of(_answer(call), piece=5) for frame in encoder.feed(event)]
    heard = [event for name, data in [*frames, *encoder.finish()] for event in decoder.feed(name, data)]
    return _deltas(heard) > 1


def _answer(call: ToolCall) -> LLMResponse:
    return LLMResponse(model="m", parts=(call,), finish_reason="tool_calls")


def _deltas(events: Sequence[Event]) -> int:
    return sum(isinstance(event, ToolCallDelta) for event in events)


def growing_way(target: Target, request: Request, mode: Mode | None, wanted: Any) -> Way[Any]:
    """The way for a value that is to be seen growing: where nobody chose a mode, one that shows it."""
    way = way_for(target, request, mode or _showing_mode(target, request), wanted_of(wanted) or wanted)
    return way if mode else replace(way, losses=())


def _showing_mode(target: Target, request: Request) -> Mode | None:
    if request.tools or streams_arguments(target.dialect.name):
        return None
    facts = find_model(target.spec.catalog_list, request.model)
    has_form = facts is not None and "json_schema" in facts.formats and "json_schema" not in target.spec.lacks
    return Mode.JSON_SCHEMA if has_form else None


def partial_flow(wanted: Any, way: Way[T], flow: Flow[Extracted[T]], rules: Rules) -> PartialFlow[T]:
    """`flow`, and who hears the value grow. Raises `ConfigurationError` for rules that no stream can keep."""
    _refuse_budget(rules)
    if isinstance(way.output, ParallelType):
        raise ConfigurationError(
            "Mode.PARALLEL_TOOLS gives values one by one: use create_iterable for a stream of them"
        )
    wanted = wanted_of(wanted) or wanted
    output, technique = way.output, TECHNIQUES[way.technique]
    listening = Listening(output, technique, lambda: shape_of(wanted, wrapped=output.wrapped))
    return PartialFlow(_telling(flow, way, "partial values"), listening)


def iterable_flow(
    element: Any,
    way: Way[list[T]],
    flow: Flow[Extracted[list[T]]],
    rules: Rules,
    delivery: Delivery[T] | None = None,
) -> IterableFlow[T]:
    """`flow`, and where its elements come out: at `delivery`, if given. Raises as `partial_flow`."""
    _refuse_budget(rules)
    delivery = Delivery() if delivery is None else delivery
    told = _telling(flow, way, "elements")
    if isinstance(way.output, ParallelType):
        return IterableFlow(told, ListeningToCalls(way.output, rules, delivery), delivery)
    validate = partial(Adapter(element), context=rules.context, strict=rules.strict)
    listening = Listening(way.output, TECHNIQUES[way.technique], lambda: elements(validate, delivery))
    return IterableFlow(told, listening, delivery)


def is_many(wanted: Any) -> bool:
    """Whether it is a list of values, or `Iterable` of them."""
    return get_origin(wanted) in MANY


def element_of(wanted: Any) -> Any:
    """What is to come one after another: the T of an `Iterable[T]` or of a list, or `wanted` itself."""
    if wanted is None:
        raise ConfigurationError(NO_TYPE)
    wanted = wanted_of(wanted) or wanted
    arguments = get_args(wanted)
    return arguments[0] if arguments and get_origin(wanted) in MANY else wanted


def _telling(flow: Flow[Extracted[T]], way: Way[Any], what: str) -> Flow[Extracted[T]]:
    """`flow`, with a warning on its response where it can have shown nothing before the end (S0.28)."""
    found = yield from flow
    why = _why_whole(found.response, way)
    if why is None:
        return found
    response = found.response
    loss = Loss(effect="dropped", where="stream", why=f"no {what}: {why}")
    _logger.warning("`%s/%s`: %s", response.provider, response.model, loss)
    return Extracted(found.value, replace(response, warnings=(*response.warnings, loss)))


def _why_whole(response: LLMResponse, way: Way[Any]) -> str | None:
    """Why nothing of the value can have come before all of it, if so. Of calls, each is an element."""
    if response.first_token_seconds is None:
        return _ANSWER_CAME_WHOLE
    if TECHNIQUES[way.technique].hears == "call" and not streams_arguments(way.target.dialect.name):
        return _CALLS_COME_WHOLE.format(dialect=way.target.dialect.name)
    return None


def _refuse_budget(rules: Rules) -> None:
    """As in Instructor: what a stream has shown is paid for, and the budget would say so afterwards."""
    if rules.token_budget is not None:
        raise ConfigurationError(
            "token_budget= does not go with a stream of values: leave it out, or bound each answer by max_tokens="
        )
