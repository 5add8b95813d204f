"""Events add up to a response, and a response comes apart into events: one undoes the other."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dragoman.messages import (
    Assembler,
    ChoiceFinish,
    Citation,
    CitationDelta,
    Event,
    Extra,
    Finish,
    Image,
    LLMResponse,
    LogprobsDelta,
    Opaque,
    PartAdded,
    Reasoning,
    ReasoningDelta,
    ReasoningEnd,
    Refusal,
    RefusalDelta,
    ResponseStart,
    Restarted,
    Seam,
    Text,
    TextDelta,
    TokenLogprob,
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    UsageUpdate,
    events_of,
)


def assembled(*events: Event) -> LLMResponse:
    assembler = Assembler()
    for event in events:
        assembler.add(event)
    return assembler.response()


def test_what_only_a_dialect_knows_of_a_part_comes_with_its_pieces() -> None:
    first, last = (Extra(dialect="d", spelling={"status": status}) for status in ("in_progress", "completed"))
    response = assembled(
        ReasoningDelta("h", 0, 0, first), ReasoningEnd(index=0, extra=last),
        TextDelta("He", 1, 0, first), TextDelta("llo", index=1), TextDelta("", 1, 0, last),
        RefusalDelta("No", 2, 0, first),
    )  # fmt: skip
    assert response.parts == (Reasoning("h", extra=last), Text("Hello", extra=last), Refusal("No", extra=first))
    assert assembled(*events_of(response, piece=2)) == response


def test_deltas_of_one_place_are_one_part() -> None:
    call = ToolCall(id="c", name="f", arguments_json='{"a":1}')
    response = assembled(
        ResponseStart(id="r", model="m", created_at=5),
        ReasoningDelta("h"), ReasoningDelta("m"),
        ReasoningEnd(payload={"signature": "s"}, dialect="d"),
        TextDelta("He", index=1), CitationDelta(citation=Citation(url="u"), index=1), TextDelta("llo", index=1),
        ToolCallStart(id="c", name="f", index=2), ToolCallDelta(arguments='{"a"', index=2),
        ToolCallDelta(arguments=":1}", index=2), ToolCallEnd(call=call, index=2),
        PartAdded(part=Opaque("d", {"x": 1}), index=3),
        LogprobsDelta(tokens=(TokenLogprob(token="He", logprob=-0.1),)),
        UsageUpdate(usage=Usage(input_tokens=1)), UsageUpdate(usage=Usage(input_tokens=2)),
        Finish(finish_reason="stop", raw_finish_reason="end", stop_sequence="."),
    )  # fmt: skip
    assert response == LLMResponse(
        "Hello", "m", Usage(input_tokens=2), "stop", "end", ".",
        parts=(
            Reasoning("hm", payload={"signature": "s"}, dialect="d"),
            Text("Hello", (Citation(url="u"),)),
            call,
            Opaque("d", {"x": 1}),
        ),
        logprobs=(TokenLogprob(token="He", logprob=-0.1),),
        id="r", created_at=5,
    )  # fmt: skip


def test_interleaved_answers_stay_apart() -> None:
    response = assembled(
        TextDelta("a"), TextDelta("x", choice=1), TextDelta("b"), RefusalDelta("y", index=1, choice=1),
        ChoiceFinish(choice=1, finish_reason="length"), Finish(finish_reason="stop"),
    )  # fmt: skip
    assert response.content == "ab"
    assert [(other.content, other.refusal, other.finish_reason) for other in response.alternatives] == [
        ("x", "y", "length")
    ]


def test_only_the_first_answer_is_visible_text() -> None:
    assert [TextDelta("a").content, TextDelta("x", choice=1).content, ReasoningDelta("h").content] == ["a", "", ""]


def test_what_has_arrived_can_be_asked_for_at_any_time() -> None:
    assert assembled() == LLMResponse(finish_reason=None)
    cut = assembled(TextDelta("He"), ToolCallStart(id="c", name="f", index=1), ToolCallDelta(arguments='{"a', index=1))
    assert cut.content == "He"
    assert cut.tool_calls == (ToolCall(id="c", name="f", arguments_json='{"a', complete=False),)
    assert cut.finish_reason is None


def test_a_restart_voids_what_came_before_and_a_seam_does_not() -> None:
    void = (ResponseStart(id="1", model="m"), TextDelta("void"), UsageUpdate(usage=Usage(input_tokens=1)))
    after = assembled(*void, Restarted(target="p/m", reason="x"), TextDelta("new"))
    assert after == LLMResponse("new", finish_reason=None)
    assert assembled(TextDelta("one "), Seam(target="p/m", reason="x"), TextDelta("two")).content == "one two"


texts = st.text(max_size=60)
parts = st.one_of(
    st.builds(Text, texts, st.lists(st.builds(Citation, url=texts), max_size=2).map(tuple)),
    st.builds(
        Reasoning, texts, payload=st.none() | st.dictionaries(texts, texts, max_size=2), dialect=st.none() | texts
    ),
    st.builds(Refusal, texts),
    st.builds(ToolCall, id=texts, name=texts, arguments=st.dictionaries(texts, st.integers(), max_size=3)),
    st.builds(ToolCall, id=texts, name=texts, text=texts),
    st.builds(Image, url=texts),
    st.builds(Opaque, texts, st.dictionaries(texts, texts, max_size=2)),
)
reasons = st.sampled_from([None, "stop", "length", "tool_calls", "other"])
usages = st.builds(Usage, input_tokens=st.none() | st.integers(0, 9), output_tokens=st.none() | st.integers(0, 9))


def responses(alternatives: st.SearchStrategy[tuple[LLMResponse, ...]]) -> st.SearchStrategy[LLMResponse]:
    return st.builds(
        LLMResponse,
        parts=st.lists(parts, max_size=5).map(tuple),
        model=st.just("m"),
        finish_reason=reasons,
        raw_finish_reason=st.none() | texts,
        logprobs=st.none()
        | st.lists(st.builds(TokenLogprob, token=texts, logprob=st.floats(-9, 0)), min_size=1, max_size=3).map(tuple),
        alternatives=alternatives,
    )


ALONE = responses(st.just(()))
ANY = responses(st.lists(ALONE, max_size=2).map(tuple))

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine draws these slowly, and that is no failure."""


@unhurried
@given(ANY, usages, st.integers(1, 30))
def test_taking_apart_and_adding_up_are_inverse(response: LLMResponse, usage: Usage, piece: int) -> None:
    import msgspec

    whole = msgspec.structs.replace(response, usage=usage, id="r", created_at=1)
    assert assembled(*events_of(whole, piece=piece)) == whole


@unhurried
@given(ANY)
def test_joining_the_events_gives_the_content(response: LLMResponse) -> None:
    assert "".join(event.content for event in events_of(response)) == response.content


@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_pieces_are_as_asked(piece: int) -> None:
    deltas = [event.text for event in events_of(LLMResponse("abcdefgh"), piece=piece) if isinstance(event, TextDelta)]
    assert all(len(delta) <= piece for delta in deltas)
    assert "".join(deltas) == "abcdefgh"


def test_an_unfinished_call_keeps_what_has_come_in_its_own_form() -> None:
    free = assembled(ToolCallStart(id="c", name="f", free_form=True), ToolCallDelta(arguments="SELECT 1"))
    cut = assembled(ToolCallStart(id="c", name="f"), ToolCallDelta(arguments='{"a'))
    assert [(call.text, call.complete) for call in free.tool_calls] == [("SELECT 1", False)]
    assert [(call.arguments_json, call.complete) for call in cut.tool_calls] == [('{"a', False)]


def test_the_tier_and_what_one_dialect_knows_come_with_the_end() -> None:
    extra = Extra(fields={"container": {"id": "c"}}, dialect="d")
    response = LLMResponse("hi", service_tier="flex", extra=extra)
    again = assembled(*events_of(response))
    assert (again.service_tier, again.extra) == ("flex", extra)
    assert assembled(*events_of(response), Restarted(target="b", reason="r")).extra is None
