"""Amazon Bedrock: counts tokens, and lists models as its service for that does.

Real models are listed at another host (`bedrock`, not `bedrock-runtime`); here the same one answers for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from dragoman.dialects.base import Wire
from dragoman.dialects.serving.base import NO_SIGN, Counting, Listing, Serving
from dragoman.errors import Rejected
from dragoman.messages import ModelInfo


def _summary(model: ModelInfo) -> Wire:
    return {
        "modelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{model.id}",
        "modelId": model.id,
        "modelName": model.name or model.id,
        "providerName": model.owner or "",
        "inputModalities": ["TEXT", "IMAGE"],
        "outputModalities": ["TEXT"],
        "responseStreamingSupported": True,
        "inferenceTypesSupported": ["ON_DEMAND"],
        "modelLifecycle": {"status": "ACTIVE"},
    }


def _models(models: Sequence[ModelInfo]) -> Wire:
    return {"modelSummaries": [_summary(model) for model in models]}


def _model(model: ModelInfo) -> Wire:
    return {"modelDetails": _summary(model)}


def _counted(wire: Wire) -> Wire:
    """The request to be counted, which stands in the body as one of several kinds."""
    given = wire.get("input")
    inner = cast("Wire", given).get("converse") if isinstance(given, dict) else None
    if not isinstance(inner, dict):
        raise Rejected("Only `input.converse` is counted here", http_status=400, code="ValidationException")
    return cast("Wire", inner)


SERVING = Serving(
    request_id_header="x-amzn-requestid",
    listing=Listing(models=_models, model=_model, path="/foundation-models"),
    counting=Counting(
        path="/model/MODEL-NAME/count-tokens", request=_counted, reply=lambda tokens: {"inputTokens": tokens}
    ),
    sign_of_life=NO_SIGN,
)
