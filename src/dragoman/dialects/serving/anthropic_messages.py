"""Anthropic: counts tokens, lists models in pages, pings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from dragoman.dialects.base import Wire
from dragoman.dialects.serving.base import Counting, Listing, Serving
from dragoman.messages import ModelInfo


def _model(model: ModelInfo) -> Wire:
    born = datetime.fromtimestamp(model.created_at or 0, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"type": "model", "id": model.id, "display_name": model.name or model.id, "created_at": born}


def _models(models: Sequence[ModelInfo]) -> Wire:
    first, last = (models[0].id, models[-1].id) if models else (None, None)
    return {"data": [_model(model) for model in models], "has_more": False, "first_id": first, "last_id": last}


def _with_limit(wire: Wire) -> Wire:
    """A body to be counted has no `max_tokens`, which only an answer needs."""
    return {"max_tokens": 1, **wire}


SERVING = Serving(
    request_id_header="request-id",
    passed_headers=("anthropic-version", "anthropic-beta"),
    elsewhere=tuple(
        f"/publishers/anthropic/models/MODEL-NAME:{verb}" for verb in ("rawPredict", "streamRawPredict")
    ),  # Vertex AI
    listing=Listing(models=_models, model=_model),
    counting=Counting(
        path="/messages/count_tokens", request=_with_limit, reply=lambda tokens: {"input_tokens": tokens}
    ),
    sign_of_life=b'event: ping\ndata: {"type":"ping"}\n\n',
)
