"""What every peer is asked, and the answer it must hand to its caller.

Standard library only: the upstream and every peer's environment import it. The upstream reads from the question how
many events a stream has, and whether they come one by one.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

OPENAI_MODEL = "gpt-4o-mini"
OPENAI_SERVED = "gpt-4o-mini-2024-07-18"
ANTHROPIC_MODEL = "claude-sonnet-4-20250514"

SYSTEM = "You are a terse support assistant. Answer from the ticket only."
TICKET = "printer on floor 3 reported smoke at 09:15, alarm was raised, building evacuated; " * 3
TEXT = ("The quick brown fox jumps over the lazy dog. " * 12).strip()
INPUT_TOKENS = 57
OUTPUT_TOKENS = 117
MAX_TOKENS = 1000
TIMEOUT_SECONDS = 30


FIELDS = {
    "number": 4711,
    "title": "Smoke from the printer",
    "floor": 3,
    "severity": "high",
    "evacuated": True,
    "cost": 1250.5,
    "tags": ["printer", "smoke", "alarm"],
}
"""The value that is asked for, but for its last field: `steps`, of which there are as many as make the events."""

DELTA = 8
"""How many characters of the value an event brings."""


def value(events: int = 0) -> dict[str, Any]:
    """The object of 8 fields whose JSON is about so many events long, or one with three steps."""
    count = max(3, events * DELTA // 64)
    steps = [
        {"place": place, "done": place % 2 == 0, "text": f"step {place:05} of the procedure"} for place in range(count)
    ]
    return {**FIELDS, "steps": steps}


def value_pieces(events: int) -> list[str]:
    """Its JSON, cut as it is streamed."""
    text = json.dumps(value(events))
    return [text[start : start + DELTA] for start in range(0, len(text), DELTA)]


def model() -> Any:
    """The type of the value, where pydantic is installed."""
    from typing import Literal

    from pydantic import BaseModel

    class Step(BaseModel):
        place: int
        done: bool
        text: str

    class Incident(BaseModel):
        number: int
        title: str
        floor: int
        severity: Literal["low", "high"]
        evacuated: bool
        cost: float
        tags: list[str]
        steps: list[Step]

    return Incident


class Answer(NamedTuple):
    """What a call gave the caller."""

    text: str
    input_tokens: int
    output_tokens: int


ANSWER = Answer(TEXT, INPUT_TOKENS, OUTPUT_TOKENS)


def question(events: int = 0, *, paced: bool = False) -> str:
    """The user's message. `paced`: each event is sent by itself, a millisecond or more after the one before."""
    return f"Summarise this ticket ({events} events{', paced' if paced else ''}): {TICKET}"


def asked_for(body: bytes) -> tuple[int, bool]:
    """`question`, read back: the number of events, and whether they are paced."""
    found = re.search(rb"\((\d+) events(, paced)?\)", body)
    return (int(found[1]), found[2] is not None) if found else (0, False)


def chat(text: str) -> list[dict[str, Any]]:
    """The conversation in OpenAI's form."""
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}]


def pieces(events: int) -> list[str]:
    """What a stream's events say, one string each."""
    return [f"tok{number:04} " for number in range(events)]
