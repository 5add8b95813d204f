"""Wrong answers first, right ones second: by every technique, in every dialect, in both faces, over real sockets.

The emulator is strict, so a conversation that a provider would refuse fails here.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dragoman import LLMResponse, Mode, OutputError
from dragoman.client.abilities import modes_of
from dragoman.providers import get_spec
from dragoman.testing import Emulator

from ..drive import MODES as FACES
from .wrong_answers import (
    ADA,
    CALLING,
    DIALECTS,
    FAULTS,
    FINAL,
    MENDED,
    MESSAGES,
    MODES,
    OBJECTS,
    RIGHT,
    SAYS_NOT,
    TOOLS,
    answer,
    ask,
    is_valid,
    said,
)

faces = pytest.mark.parametrize("face", FACES)
CELLS = [
    (dialect, mode)
    for dialect, (provider, _) in DIALECTS.items()
    for mode in MODES
    if mode in modes_of((dialect,), get_spec(provider).lacks)
]


def cells(name: str, rows: Any, leave_out: Callable[[str, str, Mode], bool] = lambda *_: False) -> Any:
    """Each of `rows` in each dialect by each of its modes, but for what cannot be said there."""
    table = [(row, *cell) for row in rows for cell in CELLS if not leave_out(row, *cell)]
    return pytest.mark.parametrize((name, "dialect", "mode"), table, ids=["-".join(map(str, row)) for row in table])


def is_no_object(fault: str, dialect: str, mode: Mode) -> bool:
    return fault in ("stringified", "nearly JSON") and mode in CALLING and dialect in OBJECTS


def is_not_said(ending: str, dialect: str, mode: Mode) -> bool:
    return dialect in SAYS_NOT.get(ending, ())


@pytest.fixture(scope="module")
def started() -> Iterator[Emulator]:
    with Emulator(strict=True) as emulator:
        yield emulator


@faces
@cells("fault", FAULTS)
def test_a_wrong_answer_is_recovered_from(emulator: Emulator, face: str, dialect: str, mode: Mode, fault: str) -> None:
    """S0.4, S0.11: the history is right, the bill is whole, and nothing of the caller's is changed."""
    given = copy.deepcopy((MESSAGES, TOOLS))
    emulator.script(FAULTS[fault](mode), answer(mode, RIGHT, id="call_2"))
    on_loss = "warn" if dialect == "cohere_v2" and mode in CALLING else "error"  # it cannot name one tool of several
    found = ask(emulator, face, dialect, mode, on_loss=on_loss)
    assert found.value == ADA
    assert [loss for loss in found.response.warnings if loss.where.startswith("messages")] == []  # ours are no loss
    first, second = (seen.request for seen in emulator.requests)
    before = len(first.messages) - 1  # the last may go on: Bedrock takes no two turns of the user
    assert second.messages[:before] == first.messages[:before]
    assert said(second.messages).startswith(said(first.messages))
    assert (second.tools, second.tool_choice, second.output_format) == (
        first.tools, first.tool_choice, first.output_format,
    )  # fmt: skip
    is_valid(second.messages)
    assert said(second.messages[before:]).count("This does not fit") == 1
    assert [seen.notes for seen in emulator.requests] == [(), ()]
    assert len(found.response.attempts) == len(emulator.bill) == 2
    assert found.response.cost == emulator.bill.cost
    assert found.response.usage.input_tokens == emulator.bill.usage.input_tokens
    assert found.response.usage.output_tokens == emulator.bill.usage.output_tokens
    assert given == (MESSAGES, TOOLS)


@faces
@cells("fault", MENDED, is_no_object)
def test_what_can_be_read_is_not_asked_for_again(
    emulator: Emulator, face: str, dialect: str, mode: Mode, fault: str
) -> None:
    emulator.script(MENDED[fault](mode))
    found = ask(emulator, face, dialect, mode)
    assert found.value == ADA
    assert len(emulator.requests) == 1
    told = [loss for loss in found.response.warnings if loss.where.startswith("answer")]
    assert told or (fault == "right, and another tool" and mode not in CALLING)


@faces
@cells("ending", FINAL, is_not_said)
def test_what_would_be_no_better_is_not_asked_for_again(
    emulator: Emulator, face: str, dialect: str, mode: Mode, ending: str
) -> None:
    first, kind = FINAL[ending]
    emulator.script(first(mode))
    with pytest.raises(OutputError) as caught:
        ask(emulator, face, dialect, mode)
    assert type(caught.value) is kind
    assert len(emulator.requests) == len(caught.value.responses) == 1
    assert caught.value.cost == emulator.bill.cost


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_one(fault: str) -> None:
    """The table has no answer that would be right."""
    make: Callable[[Mode], LLMResponse] = FAULTS[fault]
    assert all(make(mode) != answer(mode, RIGHT) for mode in MODES)
