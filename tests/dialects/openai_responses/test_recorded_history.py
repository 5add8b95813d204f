"""Recorded answers, appended to the conversation: each item goes back as the recorded next request sent it."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.dialects import get_dialect
from dragoman.messages import LLMResponse, Request, decode_json, encode_json
from tests.conformance.corpus import Exchange, exchanges
from tests.conformance.test_codecs import understand

RESPONSES = get_dialect("openai_responses")
RECORDED = exchanges("openai_responses")
ANSWERED = [each for each in RECORDED if each.expect.get("blocks")]
"""Those with items in them."""

BY_CALLER = frozenset({"status", "content", "annotations", "logprobs"})
"""What the recorded clients left out of an item or put into it; `content` is checked for its text."""


def items_of(exchange: Exchange) -> list[dict[str, Any]]:
    body = exchange.request["body"] or {}
    return [item for item in body.get("input") or () if isinstance(item, dict)]


def key(item: dict[str, Any]) -> tuple[Any, ...] | None:
    """What tells an item from all others: ids that were not made alike when they were taken out of the recordings."""
    kind = item.get("type")
    mark = item.get("encrypted_content") or item.get("call_id") or (item.get("id") if kind == "message" else None)
    return None if not mark or "REDACTED" in mark or kind == "function_call_output" else (kind, mark)


def sent_back(exchange: Exchange) -> list[dict[str, Any]]:
    answer = understand(exchange, [exchange.body])
    assert isinstance(answer, LLMResponse)
    encoded = RESPONSES.encode_request(Request(model="m", messages=(answer.message,)))
    assert encoded.losses == ()
    return decode_json(encode_json(encoded.wire))["input"]


def pairs() -> list[Any]:
    """Answers and the items of them that a later request of the same host sent back, in order."""
    found: list[Any] = []
    later = {(each.provider, key(item)): item for each in RECORDED for item in items_of(each) if key(item)}
    for exchange in ANSWERED:
        again = [(item, later.get((exchange.provider, key(item)))) for item in sent_back(exchange) if key(item)]
        matched = [(ours, theirs) for ours, theirs in again if theirs is not None]
        if matched:
            found.append(pytest.param(matched, id=exchange.id))
    return found


PAIRS = pairs()


@pytest.mark.skipif(not RECORDED, reason="the recorded traffic is not beside the repository")
def test_enough_is_recorded() -> None:
    assert len(PAIRS) > 10


@pytest.mark.parametrize("matched", PAIRS)
def test_an_item_goes_back_as_it_was_sent_back(matched: list[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    for ours, theirs in matched:
        expected = {name: value for name, value in theirs.items() if name not in BY_CALLER}
        assert {name: as_json(ours.get(name)) for name in expected} == {
            name: as_json(expected[name]) for name in expected
        }


@pytest.mark.parametrize("exchange", ANSWERED, ids=lambda exchange: exchange.id)
def test_every_item_of_an_answer_goes_back_in_its_place(exchange: Exchange) -> None:
    """Also where no next request was recorded: ids, phases, encrypted content and the work of OpenAI's own tools."""
    answered, returned = output_of(exchange), sent_back(exchange)
    assert [item.get("type") for item in returned] == [item.get("type") for item in answered]
    for before, after in zip(answered, returned, strict=True):
        for name in ("id", "phase", "encrypted_content", "summary", "call_id", "name", "arguments", "action", "output"):
            assert after.get(name) == before.get(name), name


def as_json(value: Any) -> Any:
    """Arguments as an object: one of the recorded clients wrote them anew, with blanks."""
    return decode_json(value) if isinstance(value, str) and value.startswith("{") else value


def output_of(exchange: Exchange) -> list[dict[str, Any]]:
    """The items as the wire has them.

    Of a stream, those that were done: the last event encrypts them anew. It alone has some of those that ran side by
    side.
    """
    if not exchange.streamed:
        return decode_json(exchange.body)["output"]
    events = [decode_json(line[5:]) for line in exchange.body.splitlines() if line.startswith(b"data: {")]
    items = dict(enumerate(events[-1]["response"]["output"]))
    items |= {event["output_index"]: event["item"] for event in events if event["type"] == "response.output_item.done"}
    return [items[place] for place in sorted(items)]
