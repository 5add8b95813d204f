"""Anthropic: counts tokens, signs its thinking, lists models in pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from dragoman.testing.emulator.customs.base import BIRTHDAY, Counting, Customs, Listing, Wire
from dragoman.testing.rules.signatures import check_signatures, signed

_BORN: Final = datetime.fromtimestamp(BIRTHDAY, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _model(name: str) -> Wire:
    return {"type": "model", "id": name, "display_name": name, "created_at": _BORN}


def _models(names: Sequence[str]) -> Wire:
    first, last = (names[0], names[-1]) if names else (None, None)
    return {"data": [_model(name) for name in names], "has_more": False, "first_id": first, "last_id": last}


def _with_limit(wire: Wire) -> Wire:
    """A body to be counted has no `max_tokens`, which only an answer needs."""
    return {"max_tokens": 1, **wire}


CUSTOMS = Customs(
    price_list="anthropic",
    request_id_header="request-id",
    elsewhere=tuple(
        f"/publishers/anthropic/models/MODEL-NAME:{verb}" for verb in ("rawPredict", "streamRawPredict")
    ),  # Vertex AI
    listing=Listing(models=_models, model=_model),
    counting=Counting(
        path="/messages/count_tokens", request=_with_limit, reply=lambda tokens: {"input_tokens": tokens}
    ),
    sign=lambda text: signed(text, "anthropic_messages"),
    check_reasoning=check_signatures,
)
