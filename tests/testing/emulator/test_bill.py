"""The bill: one line a call, at the catalog's prices."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dragoman.messages import LLMResponse, Usage
from dragoman.testing import Bill, BillLine, Emulator, Fault

from .conftest import PATHS, Client, body, running

NOVEMBER = 1_795_230_000.0


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_line_has_what_was_answered(client: Client, emulator: Emulator, stream: bool) -> None:
    answer = client.ask("openai_chat", "Say exactly: hello", stream=stream).decoded()
    (line,) = emulator.bill
    assert (line.number, line.dialect, line.model, line.outcome, line.status) == (
        1,
        "openai_chat",
        "gpt-4o-mini",
        "ok",
        200,
    )
    assert line.id == answer.id
    assert line.usage is not None
    assert (line.usage.input_tokens, line.usage.output_tokens) == (
        answer.usage.input_tokens,
        answer.usage.output_tokens,
    )
    assert line.streamed is stream
    assert line.delivered == line.pieces


COSTS = [
    ("openai_chat", "gpt-4o-mini", Usage(input_tokens=1_000_000, output_tokens=1_000_000), Decimal("0.75")),
    (
        "openai_chat",
        "gpt-4o",
        Usage(input_tokens=1_000_000, output_tokens=0, cache_read_tokens=1_000_000),
        Decimal("1.25"),
    ),
    ("anthropic_messages", "claude-sonnet-4-5", Usage(input_tokens=1_000, output_tokens=1_000), Decimal("0.018")),
    ("openai_chat", "claude-sonnet-4-5", Usage(input_tokens=1_000, output_tokens=1_000), Decimal("0.018")),
    ("openai_chat", "nobody-knows", Usage(input_tokens=1, output_tokens=1), None),
]


@pytest.mark.parametrize(("dialect", "model", "usage", "cost"), COSTS)
def test_costs_are_the_catalogs(dialect: str, model: str, usage: Usage, cost: Decimal | None) -> None:
    with running(clock=lambda: NOVEMBER) as (emulator, client):
        emulator.script(LLMResponse("hi", usage=usage))
        client.ask(dialect, model=model)
        assert emulator.bill[0].cost == cost


def test_the_sum_of_a_bill(client: Client, emulator: Emulator) -> None:
    for dialect in PATHS:
        client.ask(dialect)
    client.ask("openai_chat", fault="status=500")
    bill = emulator.bill
    assert len(bill) == len(PATHS) + 1
    assert bill.cost == sum(line.cost or 0 for line in bill) > 0
    assert bill.usage.input_tokens == sum(line.usage.input_tokens or 0 for line in bill if line.usage)
    assert [line.cost for line in bill][-1] == 0
    assert len(bill[:2]) == 2
    client.ask("openai_chat", model="nobody-knows")
    assert emulator.bill.cost is None
    assert Bill().cost == 0


OUTCOMES: list[tuple[Fault, str, bool]] = [
    (Fault(), "ok", True),
    (Fault(status=400), "refused", False),
    (Fault(status=529), "refused", False),
    (Fault(body="{"), "failed", False),
    (Fault(error_after=3), "failed", True),
    (Fault(end_after=3), "ok", True),
    (Fault(cut_after=3, framing="close"), "cut", True),
]


@pytest.mark.parametrize(("fault", "outcome", "charged"), OUTCOMES, ids=str)
@pytest.mark.parametrize("dialect", PATHS)
def test_outcomes_and_what_is_charged_for(
    client: Client, emulator: Emulator, dialect: str, fault: Fault, outcome: str, charged: bool
) -> None:
    emulator.fault(fault)
    client.ask(dialect, "Count to 99", stream=True)
    (line,) = emulator.bill
    assert line.outcome == outcome
    assert (line.usage is not None) is charged
    assert ((line.cost or 0) > 0) is charged


def test_a_body_that_is_no_request_is_on_the_bill_without_a_model(client: Client, emulator: Emulator) -> None:
    client.post(PATHS["openai_chat"], b"{")
    assert [(line.model, line.outcome, line.cost) for line in emulator.bill] == [(None, "refused", 0)]


def test_lists_of_models_cost_nothing(client: Client, emulator: Emulator) -> None:
    client.send("GET", "/v1/models")
    client.send("GET", "/nowhere")
    assert len(emulator.bill) == 0
    assert len(emulator.requests) == 2


def test_waiting_for_a_line_that_does_not_come_ends() -> None:
    with Emulator() as emulator, pytest.raises(TimeoutError, match="1 lines on the bill"):
        emulator.wait_for_bill(1, timeout_seconds=0.01)


def test_the_oldest_requests_are_forgotten() -> None:
    with running(keep_requests=2) as (emulator, client):
        for n in range(4):
            client.ask("openai_chat", str(n))
        assert [seen.number for seen in emulator.requests] == [3, 4]
        assert len(emulator.bill) == 4


def test_a_bill_shows_itself() -> None:
    line = BillLine(number=1, dialect="d", model="m", outcome="ok", status=200, cost=Decimal("0.000000125"))
    assert repr(Bill([line])) == "<Bill 1 calls, Usage(), $0.000000125>"
    assert Bill([line]).shown()["cost"] == "0.000000125"


def test_reset_forgets(client: Client, emulator: Emulator) -> None:
    first = client.ask("openai_chat").decoded().id
    emulator.script("never said")
    emulator.fault(status=500)
    emulator.reset()
    assert (len(emulator.bill), len(emulator.requests)) == (0, 0)
    assert client.ask("openai_chat").decoded().id == first
    assert body("openai_chat")["messages"] == emulator.requests[0].wire["messages"]
