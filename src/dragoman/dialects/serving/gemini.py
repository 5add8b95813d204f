"""Google: the Gemini API counts tokens, and lists models as resources. Its SDK stumbles over comments in a stream."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from dragoman.dialects.base import Wire
from dragoman.dialects.serving.base import NO_SIGN, Counting, Listing, Serving
from dragoman.messages import ModelInfo

_METHODS: Final = ["generateContent", "countTokens"]


def _model(model: ModelInfo) -> Wire:
    limits = {"inputTokenLimit": model.context_tokens, "outputTokenLimit": model.max_output_tokens}
    return {
        "name": f"models/{model.id}",
        "displayName": model.name or model.id,
        "supportedGenerationMethods": _METHODS,
        **{name: limit for name, limit in limits.items() if limit is not None},
    }


def _models(models: Sequence[ModelInfo]) -> Wire:
    return {"models": [_model(model) for model in models]}


def _to_be_counted(wire: Wire) -> Wire:
    """A whole request may be counted too, inside the body."""
    inside = wire.get("generateContentRequest")
    return cast("Wire", inside) if isinstance(inside, dict) else wire


SERVING = Serving(
    telling_headers={"x-goog-api-key": None},
    elsewhere=tuple(
        f"/publishers/google/models/MODEL-NAME:{verb}" for verb in ("generateContent", "streamGenerateContent")
    ),  # Vertex AI
    listing=Listing(models=_models, model=_model, parameter="key"),
    prefix="/v1beta",
    events_asked_by="alt=sse",
    counting=Counting(
        path="/models/MODEL-NAME:countTokens", request=_to_be_counted, reply=lambda tokens: {"totalTokens": tokens}
    ),
    sign_of_life=NO_SIGN,
)
