"""Amazon Bedrock: counts tokens, signs thinking as Claude does, and lists models as its service for that does.

Real models are listed at another host (`bedrock`, not `bedrock-runtime`); here the same one answers for both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from msgspec.structs import replace

from dragoman.errors import Rejected
from dragoman.messages import Message, Part, Reasoning, Request
from dragoman.testing.emulator.customs.base import Counting, Customs, Listing, Wire
from dragoman.testing.rules.signatures import check_signatures, signed


def _summary(name: str) -> Wire:
    return {
        "modelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{name}",
        "modelId": name,
        "modelName": name,
        "providerName": "dragoman",
        "inputModalities": ["TEXT", "IMAGE"],
        "outputModalities": ["TEXT"],
        "responseStreamingSupported": True,
        "inferenceTypesSupported": ["ON_DEMAND"],
        "modelLifecycle": {"status": "ACTIVE"},
    }


def _models(names: Sequence[str]) -> Wire:
    return {"modelSummaries": [_summary(name) for name in names]}


def _model(name: str) -> Wire:
    return {"modelDetails": _summary(name)}


def _counted(wire: Wire) -> Wire:
    """The request to be counted, which stands in the body as one of several kinds."""
    given = wire.get("input")
    inner = cast("Wire", given).get("converse") if isinstance(given, dict) else None
    if not isinstance(inner, dict):
        raise Rejected("The emulator counts `input.converse` only", http_status=400, code="ValidationException")
    return cast("Wire", inner)


def _check_reasoning(request: Request) -> None:
    """Thinking with a signature must be genuine; what models give without one goes back without."""
    messages = tuple(replace(message, content=_signed_alone(message)) for message in request.messages)
    check_signatures(replace(request, messages=messages))


def _signed_alone(message: Message) -> tuple[Part, ...]:
    return tuple(
        part for part in message.parts if not isinstance(part, Reasoning) or "signature" in (part.payload or {})
    )


CUSTOMS = Customs(
    price_list="bedrock",
    request_id_header="x-amzn-requestid",
    listing=Listing(models=_models, model=_model, path="/foundation-models"),
    counting=Counting(
        path="/model/MODEL-NAME/count-tokens", request=_counted, reply=lambda tokens: {"inputTokens": tokens}
    ),
    sign=lambda text: signed(text, "bedrock_converse"),
    check_reasoning=_check_reasoning,
)
