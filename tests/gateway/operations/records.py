"""Calls that are over, made up."""

from decimal import Decimal
from typing import Any

from dragoman.gateway.record import CallRecord
from dragoman.messages import Attempt, Usage

USAGE = Usage(input_tokens=42, output_tokens=64, total_tokens=106, cache_read_tokens=10)


def tried(target: str = "openai/gpt-4o-mini", outcome: str = "ok", seconds: float = 0.2) -> Attempt:
    return Attempt(target=target, outcome=outcome, seconds=seconds)


def a_call(**changed: Any) -> CallRecord:
    """A call that went well, but for what is `changed`."""
    facts: dict[str, Any] = {
        "request_id": "req_1",
        "surface": "openai_chat",
        "action": "generate",
        "model": "fast",
        "status": 200,
        "outcome": "ok",
        "when": 1_790_000_000.5,
        "seconds": 0.25,
        "provider": "openai",
        "served": "gpt-4o-mini-2024-07-18",
        "usage": USAGE,
        "cost": Decimal("0.000044700"),
        "attempts": (tried(),),
    }
    return CallRecord(**(facts | changed))


def a_refusal(**changed: Any) -> CallRecord:
    """A call that went to no provider."""
    nobody = {"provider": "", "served": "", "usage": Usage(), "cost": Decimal(0), "attempts": ()}
    return a_call(**({"status": 404, "outcome": "UnknownModel", **nobody} | changed))
