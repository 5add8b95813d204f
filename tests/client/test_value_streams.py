"""Values that are seen growing, and elements one by one: every technique in every dialect, over real sockets."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable
from contextlib import closing
from threading import Thread
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

import dragoman
from dragoman import (
    CallerError,
    ConfigurationError,
    LLMResponse,
    Mode,
    OutputError,
    Request,
    StreamInterrupted,
    ToolCall,
)
from dragoman.client.abilities import MODES
from dragoman.client.value_flows import streams_arguments
from dragoman.client.value_streams import AsyncIterableStream, AsyncPartialStream, IterableStream, PartialStream
from dragoman.structured import Again, Rules
from dragoman.structured.partial import Partial
from dragoman.testing import Emulator

from ..drive import MODES as FACES
from .test_techniques import DIALECTS

faces = pytest.mark.parametrize("face", FACES)
dialects = pytest.mark.parametrize("dialect", DIALECTS)


class Item(BaseModel):
    name: str
    price: float = Field(ge=0)


class Order(BaseModel):
    title: str
    items: list[Item]
    note: str | None = None


TEA: dict[str, Any] = {
    "title": "Tea \u00a3 \U0001f375",
    "items": [{"name": "cup", "price": 2}, {"name": "pot", "price": 9.5}],
}
ORDER = Order.model_validate(TEA)


def answering(value: Any, *, around: str = "{}") -> Callable[[Request], LLMResponse | str]:
    """`value` as the arguments of the call that is asked for, else as text, in words where no form is enforced."""
    text = value if isinstance(value, str) else json.dumps(value)

    def answer(request: Request) -> LLMResponse | str:
        if request.tools:
            call = ToolCall(id="call_1", name=request.tools[-1].name, arguments_json=text)
            return LLMResponse(parts=(call,), finish_reason="tool_calls")
        return text if request.output_format else around.format(text)

    return answer


class Client:
    """Streams of both kinds, blocking or awaited, as lists of what they gave."""

    def __init__(self, emulator: Emulator, face: str, dialect: str = "openai_chat", **settings: Any) -> None:
        provider, model = DIALECTS[dialect]
        home = f"{emulator.url}/mistral/v1" if dialect == "mistral" else emulator.url
        self.face = face
        self.llm: Any = dragoman.create_llm(
            provider, model, base_url=home, dialect=dialect, api_key="k", async_client=face == "async", **settings
        )

    def partial(self, wanted: Any = Order, rules: Rules | None = None, **options: Any) -> Any:
        flow = self.llm.plan.partial(wanted, "Which order?", options, rules or Rules())
        return PartialStream(flow) if self.face == "sync" else AsyncPartialStream(flow)

    def iterable(self, wanted: Any = Item, rules: Rules | None = None, **options: Any) -> Any:
        flow = self.llm.plan.iterable(wanted, "Which items?", options, rules or Rules())
        return IterableStream(flow) if self.face == "sync" else AsyncIterableStream(flow)

    def each(self, stream: Any, see: Callable[[Any], object]) -> None:
        """Show `see` each value, until it says `True`."""
        if self.face == "sync":
            for value in stream:
                if see(value) is True:
                    return
            return

        async def main() -> None:
            async for value in stream:
                if see(value) is True:
                    return

        asyncio.run(main())

    def read(self, stream: Any) -> list[Any]:
        values: list[Any] = []
        self.each(stream, values.append)
        return values


# ---------------------------------------------------------------------- as it comes

STREAMED = [
    (dialect, mode)
    for dialect in DIALECTS
    for mode in (None, *MODES)
    if mode not in (Mode.PARALLEL_TOOLS, Mode.RESPONSES_TOOLS)
    and (mode is None or not MODES[mode].startswith("tools") or streams_arguments(dialect))
]
"""Each dialect with each mode in which it has pieces of a value. `None` is what is chosen where nobody chooses."""


@faces
@pytest.mark.parametrize(("dialect", "mode"), STREAMED)
def test_the_first_field_is_there_before_the_second_is_sent(
    emulator: Emulator, face: str, dialect: str, mode: Mode | None
) -> None:
    """The emulator waits in the middle of its answer until the first field has been seen."""
    client = Client(emulator, face, dialect)
    emulator.script(answering(TEA, around="Here it is:\n```json\n{}\n```\nAnything else?"))
    emulator.fault(hold_at_text=json.dumps(TEA["title"]))
    stream = client.partial(mode=mode)
    before: list[Order] = []

    def see(value: Order) -> None:
        if value.title == TEA["title"] and not before:
            assert (value.items, value.note, stream.is_complete("title"), stream.is_complete()) == (
                None,
                None,
                True,
                False,
            )
            assert len(emulator.bill) == 0, "the answer is on its way"
            before.append(value)
            emulator.release()

    client.each(stream, see)
    assert len(before) == 1
    assert type(before[0]) is Partial[Order].get_partial_model()
    assert (stream.value, type(stream.value)) == (ORDER, Order)
    assert stream.is_complete("items.0.name")
    assert stream.response.usage.output_tokens
    assert stream.restarts == ()


@faces
@pytest.mark.parametrize(("dialect", "mode"), STREAMED)
def test_an_element_is_there_before_the_next_is_sent(
    emulator: Emulator, face: str, dialect: str, mode: Mode | None
) -> None:
    client = Client(emulator, face, dialect)
    emulator.script(answering({"value": TEA["items"]}, around="```json\n{}\n```"))
    emulator.fault(hold_at_text='{"name": "cup", "price": 2}')
    seen: list[Item] = []

    def see(item: Item) -> None:
        seen.append(item)
        if len(seen) == 1:
            assert len(emulator.bill) == 0, "the answer is on its way"
            emulator.release()

    stream = client.iterable(mode=mode)
    client.each(stream, see)
    assert seen == ORDER.items == stream.value
    assert {type(item) for item in seen} == {Item}


@faces
@pytest.mark.parametrize("dialect", [name for name in DIALECTS if not streams_arguments(name)])
def test_where_a_call_comes_whole_that_is_said(
    emulator: Emulator, face: str, dialect: str, caplog: pytest.LogCaptureFixture
) -> None:
    """S0.28: no partial values on some set-ups; then the value comes whole, and nothing is pretended."""
    client = Client(emulator, face, dialect)
    emulator.script(answering(TEA), answering({"value": TEA["items"]}))
    with caplog.at_level(logging.WARNING, "dragoman"):
        stream = client.partial(mode=Mode.TOOLS)
        values = client.read(stream)
        items = client.read(client.iterable(mode=Mode.TOOLS))
    assert values[-1] == ORDER
    assert items == ORDER.items
    assert [loss.where for loss in stream.response.warnings] == ["stream"]
    assert "no partial values" in caplog.messages[0]
    assert "Mode.JSON_SCHEMA shows it" in caplog.messages[0]
    assert "no elements" in caplog.messages[1]


@faces
def test_where_nothing_is_streamed_that_is_said(emulator: Emulator, face: str) -> None:
    """A server that answers a request for a stream with a whole body."""
    client = Client(emulator, face)
    arguments = json.dumps({"name": "Order", "arguments": json.dumps(TEA)})
    body = '{"choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":%s}]}}]}'
    emulator.fault(status=200, body=body % arguments, headers={"content-type": "application/json"})
    stream = client.partial()
    assert client.read(stream)[-1] == ORDER
    assert "was not streamed" in str(stream.response.warnings[-1])


# ---------------------------------------------------------------------- answers that do not fit

BAD: dict[str, Any] = {**TEA, "items": [{"name": "cup", "price": -2}]}


@faces
@dialects
def test_an_answer_that_does_not_fit_is_a_visible_restart(emulator: Emulator, face: str, dialect: str) -> None:
    client = Client(emulator, face, dialect)
    emulator.script(answering(BAD), answering(TEA))
    stream = client.partial()
    seen: list[tuple[int, Order]] = []
    client.each(stream, lambda value: seen.append((len(stream.restarts), value)))
    assert {restarts for restarts, _ in seen} == {0, 1}
    assert [value.title for restarts, value in seen if restarts == 0][-1] == TEA["title"]
    assert next(value for restarts, value in seen if restarts).items is None, "fresh: nothing of the first is left"
    assert stream.value == ORDER
    assert [restart.reason for restart in stream.restarts] == ["OutputError"]
    again = emulator.requests[-1].request
    assert again is not None
    assert any("greater than or equal to 0" in str(message.content) for message in again.messages)
    usage, billed = stream.response.usage, emulator.bill.usage
    assert (usage.input_tokens, usage.output_tokens) == (billed.input_tokens, billed.output_tokens)
    assert len(stream.response.attempts) == 2


@faces
def test_when_none_fits_the_error_is_that_of_extract(emulator: Emulator, face: str) -> None:
    client = Client(emulator, face)
    emulator.script(answering(BAD), answering(BAD))
    stream = client.partial(rules=Rules(retries=Again(1)))
    with pytest.raises(OutputError, match="price") as raised:
        client.read(stream)
    assert len(raised.value.responses) == 2
    with pytest.raises(CallerError, match="RetriesExhausted"):
        _ = stream.response
    assert stream.value.items[0].name == "cup", "what was shown last"


@faces
def test_elements_that_come_again_as_they_were_are_not_given_twice(emulator: Emulator, face: str) -> None:
    client = Client(emulator, face)
    cup, pot, jug = ({"name": name, "price": 1} for name in ("cup", "pot", "jug"))
    first = [cup, pot, {"name": "jug"}, {"name": "never delivered", "price": 1}]
    emulator.script(answering({"value": first}), answering({"value": [cup, {**pot, "price": 3}, jug]}))
    stream = client.iterable()
    assert [(item.name, item.price) for item in client.read(stream)] == [("cup", 1), ("pot", 1), ("pot", 3), ("jug", 1)]
    assert [(item.name, item.price) for item in stream.value] == [("cup", 1), ("pot", 3), ("jug", 1)]
    assert len(stream.restarts) == 1


@faces
def test_what_is_no_json_is_left_to_the_final_parse(emulator: Emulator, face: str) -> None:
    """It may repair it; nothing more is shown before."""
    client = Client(emulator, face)
    emulator.script(
        answering('{"title": "T", items: [], "note": "n",}'), answering('{"value": [{"name": "a", price: 1}]}')
    )
    values = client.read(client.partial())
    assert [value.title for value in values][-2:] == ["T", "T"]
    assert (values[-1], values[-2].items) == (Order(title="T", items=[], note="n"), None)
    assert client.read(client.iterable()) == [Item(name="a", price=1)]


@faces
def test_a_draft_before_the_answer_is_void_as_in_an_answer_that_is_whole(emulator: Emulator, face: str) -> None:
    """An example, a draft, thoughts: the value is the same with a stream and without, and a draft that was seen is told."""
    client = Client(emulator, face)
    cup, pot, jug = ({"name": name, "price": 1} for name in ("cup", "pot", "jug"))
    drafted = f"First:\n```json\n{json.dumps([cup, jug])}\n```\nNo:\n```json\n{json.dumps([cup, pot])}\n```"
    thought = f'<think>Perhaps {{"title": "x"}}?</think>\n```json\n{json.dumps(TEA)}\n```'
    emulator.script(drafted, thought, thought)
    stream = client.iterable(mode=Mode.MD_JSON)
    assert [item.name for item in client.read(stream)] == ["cup", "jug", "pot"]
    assert [item.name for item in stream.value] == ["cup", "pot"]
    assert len(stream.restarts) == 1
    stream = client.partial(mode=Mode.MD_JSON)
    values = client.read(stream)
    assert "x" not in {value.title for value in values}
    assert (values[-1], stream.restarts) == (ORDER, ())
    with dragoman.create_llm("openai", "gpt-4o-mini", base_url=emulator.url, api_key="k", mode=Mode.MD_JSON) as llm:
        assert llm.generate("Which order?", response_model=Order) == ORDER


@faces
def test_a_wrong_tool_and_prose_show_nothing(emulator: Emulator, face: str) -> None:
    client = Client(emulator, face)
    wrong = ToolCall(id="call_1", name="other", arguments_json=json.dumps({"title": "no"}))
    emulator.script(
        LLMResponse(parts=(wrong,), finish_reason="tool_calls"), 'The order is {"title": "x"}', answering(TEA)
    )
    stream = client.partial()
    values = client.read(stream)
    assert {value.title for value in values} <= {TEA["title"][:end] for end in range(10)} | {None}
    assert len(stream.restarts) == 2


@faces
def test_a_cut_answer_keeps_what_was_shown(emulator: Emulator, face: str) -> None:
    client = Client(emulator, face)
    emulator.script(answering(TEA))
    emulator.fault(end_after=-3)
    stream = client.partial()
    with pytest.raises(StreamInterrupted):
        client.read(stream)
    assert stream.value.title == TEA["title"]
    assert stream.restarts == ()


# ---------------------------------------------------------------------- several tools


class Weather(BaseModel):
    city: str


class Search(BaseModel):
    query: str = Field(min_length=2)


def calls(*said: tuple[str, dict[str, Any]]) -> LLMResponse:
    parts = [
        ToolCall(id=f"call_{number}", name=name, arguments_json=json.dumps(arguments))
        for number, (name, arguments) in enumerate(said)
    ]
    return LLMResponse(parts=tuple(parts), finish_reason="tool_calls")


WANTED = [Weather(city="Paris"), Search(query="cats"), Weather(city="Rome")]
SAID = (("Weather", {"city": "Paris"}), ("Search", {"query": "cats"}), ("Weather", {"city": "Rome"}))
Many = Iterable[Weather | Search]


@faces
@dialects
def test_every_call_becomes_a_value(emulator: Emulator, face: str, dialect: str) -> None:
    client = Client(emulator, face, dialect)
    emulator.script(calls(*SAID), calls(*SAID))
    assert client.read(client.iterable(Many, mode=Mode.PARALLEL_TOOLS)) == WANTED
    assert whole(client, Many) == WANTED
    for seen in emulator.requests:
        assert seen.request is not None
        assert [tool.name for tool in seen.request.tools] == ["Weather", "Search"]


def whole(client: Client, wanted: Any, rules: Rules | None = None) -> Any:
    flow = client.llm.plan.extract(wanted, "?", {"mode": Mode.PARALLEL_TOOLS}, rules or Rules())
    run: Any = dragoman.flow.run if client.face == "sync" else lambda flow: asyncio.run(dragoman.flow.async_run(flow))
    return run(flow).value


@faces
def test_calls_that_do_not_fit_are_asked_for_again(emulator: Emulator, face: str) -> None:
    client = Client(emulator, face)
    wrong = (SAID[0], ("Search", {"query": "c"}), ("Weather", {}))
    emulator.script(calls(*wrong), "no call at all", calls(*SAID))
    stream = client.iterable(Annotated[Weather | Search, "either"], mode=Mode.PARALLEL_TOOLS)
    assert client.read(stream) == WANTED
    assert len(stream.restarts) == 2
    said = str(emulator.requests[1].wire)
    assert "1.query: String should have at least 2 characters" in said
    assert "2.city: Field required" in said


@faces
def test_a_call_is_given_when_it_is_whole(emulator: Emulator, face: str) -> None:
    client = Client(emulator, face)
    emulator.script(calls(*SAID))
    emulator.fault(hold_at_text='"cats"')
    seen: list[Any] = []

    def see(value: Any) -> None:
        seen.append(value)
        if len(seen) == 1:
            assert len(emulator.bill) == 0
            emulator.release()

    client.each(client.iterable(Many, mode=Mode.PARALLEL_TOOLS), see)
    assert seen == WANTED


REFUSED: list[tuple[str, Callable[[Client], object], str]] = [
    ("no type", lambda client: client.partial(None), "response_model: None asks for no value"),
    ("no type of elements", lambda client: client.iterable(None), "response_model: None asks for no value"),
    ("one type", lambda client: whole(client, Weather), "Iterable"),
    ("a growing value", lambda client: client.partial(list[Weather], mode=Mode.PARALLEL_TOOLS), "create_iterable"),
    ("a budget", lambda client: client.partial(rules=Rules(token_budget=10)), "token_budget"),
    ("a budget for elements", lambda client: client.iterable(rules=Rules(token_budget=10)), "token_budget"),
    ("two answers", lambda client: client.partial(n=2), "n=2"),
]


@pytest.mark.parametrize(("refused", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_cannot_be_is_refused_before_anything_is_sent(
    emulator: Emulator, refused: Callable[[Client], object], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        refused(Client(emulator, "sync"))
    assert emulator.requests == []


# ---------------------------------------------------------------------- leaving early


@faces
def test_leaving_early_frees_the_connection(emulator: Emulator, face: str) -> None:
    client = Client(emulator, face)
    emulator.script(answering(TEA))
    emulator.fault(hold_at_text='"title"')
    stream = client.partial()
    client.each(stream, lambda _: True)
    if face == "sync":
        with stream:
            pass
    else:
        stream.abort()
    assert [line.outcome for line in emulator.wait_for_bill(1)] == ["left"]
    assert client.read(stream) == []
    with pytest.raises(CallerError, match="aborted"):
        _ = stream.response


def test_another_thread_may_end_it(emulator: Emulator) -> None:
    client = Client(emulator, "sync")
    emulator.script(answering(TEA))
    emulator.fault(hold_at_text='"title"')
    with closing(client.partial()) as stream:
        first = next(stream)
        Thread(target=stream.abort).start()
        assert first.items is None
        assert all(value.items is None for value in stream), "it ends, without the rest"


def test_nothing_is_sent_before_the_first_is_asked_for(emulator: Emulator) -> None:
    stream = Client(emulator, "sync").partial()
    with pytest.raises(CallerError, match="nothing of the value has come"):
        _ = stream.value
    assert repr(stream) == "<PartialStream open>"
    assert not stream.is_complete("title")
    assert emulator.requests == []


# ---------------------------------------------------------------------- the faces


def test_generate_streams_a_value(emulator: Emulator) -> None:
    emulator.script(answering(TEA))
    with dragoman.create_llm("openai/gpt-4o-mini", base_url=emulator.url, api_key="k") as llm:
        assert llm.generate("Which?", response_model=Order, stream=True).drain() == ORDER
        emulator.script(answering(TEA))
        *partial, last = llm.generate("Which?", response_model=Partial[Order], stream=True)
    assert (type(last), {type(value) for value in partial}) == (Order, {Partial[Order].get_partial_model()})


def test_generate_streams_a_value_to_be_awaited(emulator: Emulator) -> None:
    async def main() -> list[Any]:
        async with dragoman.create_llm(
            "openai/gpt-4o-mini", base_url=emulator.url, api_key="k", async_client=True
        ) as llm:
            async with await llm.generate("Which?", response_model=Order, stream=True) as stream:
                values = [value async for value in stream]
            return [values[-1], await llm.generate("Which?", response_model=Order, stream=True).drain()]

    emulator.script(answering(TEA), answering(TEA))
    assert asyncio.run(main()) == [ORDER, ORDER]


WHOLE: list[tuple[Any, Any, Any]] = [
    (list[int], {"value": [1, 2]}, [1, 2]),
    (str, {"value": "text"}, "text"),
    (int, {"value": 12}, 12),
    (dict[str, float], {"a": 1.5}, {"a": 1.5}),
    (Weather | Search, {"value": {"query": "cats"}}, Search(query="cats")),
    (Literal["a", "b"], {"value": "b"}, "b"),
]


@pytest.mark.parametrize(("wanted", "said", "value"), WHOLE, ids=[str(row[0]) for row in WHOLE])
def test_any_type_can_be_streamed(emulator: Emulator, wanted: Any, said: Any, value: Any) -> None:
    emulator.script(answering(said))
    assert Client(emulator, "sync").read(Client(emulator, "sync").partial(wanted))[-1] == value


ELEMENTS: list[tuple[Any, list[Any]]] = [
    (int, [1, 20, 300]),
    (str, ["a", 'b"', "\u20ac"]),
    (list[int], [1, 2]),
    (Iterable[str], ["a"]),
    (Weather | Search, [Weather(city="x"), Search(query="yy")]),
    (dict[str, int], [{"a": 1}, {}]),
    (Item, []),
]


@pytest.mark.parametrize(("element", "values"), ELEMENTS, ids=[str(row[0]) for row in ELEMENTS])
def test_elements_of_any_type(emulator: Emulator, element: Any, values: list[Any]) -> None:
    said = [value.model_dump() if isinstance(value, BaseModel) else value for value in values]
    emulator.script(answering({"value": said}))
    assert Client(emulator, "sync").read(Client(emulator, "sync").iterable(element)) == values


def test_strictness_and_context_hold_for_elements_too(emulator: Emulator) -> None:
    emulator.script(answering({"value": ["1"]}), answering({"value": [1]}))
    stream = Client(emulator, "sync").iterable(int, Rules(strict=True))
    assert (list(stream), len(stream.restarts)) == ([1], 1)


class Pairs(BaseModel):
    first: tuple[Item, int, str]
    more: list[tuple[int, str]] = []


def test_a_tuple_that_has_begun_can_be_written(emulator: Emulator) -> None:
    """Warnings are errors here."""
    said = {"first": [{"name": "cup", "price": 2}, 3, "x"], "more": [[1, "a"], [2, "b"]]}
    emulator.script(answering(said))
    stream = Client(emulator, "sync").partial(Pairs)
    written = [(value.model_dump(), json.loads(value.model_dump_json())) for value in stream]
    assert written[-1][1] == said
    assert {len(dumped["first"] or ()) for dumped, _ in written} >= {1, 3}


@pytest.mark.parametrize("asked", [{}, {"response_model": Order}, {"response_model": list[Order]}])
def test_who_reads_an_async_stream_by_for_is_told_how_to(emulator: Emulator, asked: dict[str, Any]) -> None:
    async def read() -> None:
        async with dragoman.create_llm(
            "openai/gpt-4o-mini", base_url=emulator.url, api_key="k", async_client=True
        ) as llm:
            stream: Any = llm.generate("Which?", stream=True, **asked)
            assert not isinstance(stream, Iterable)
            with pytest.raises(TypeError, match=r"comes from an async client: read it by `async for`, not by `for`"):
                list(stream)

    asyncio.run(read())
