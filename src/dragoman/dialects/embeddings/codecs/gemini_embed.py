"""Gemini's embeddings: `batchEmbedContents`, which its SDK uses too (ai.google.dev/api/embeddings).

Each input is a request of its own inside the body; fields that only this codec knows go into each of them. A body holds
at most 100.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, cast
from urllib.parse import quote

from dragoman.dialects.base import Encoded, Wire, list_in, object_in, unknown_fields, write_extra
from dragoman.dialects.embeddings.base import EmbeddingCodec, Limits, input_type_for, refuse_inputs, rows_in
from dragoman.errors import Rejected
from dragoman.messages import EmbeddingInput, EmbeddingRequest, EmbeddingResponse, Image, Loss, Usage

TASK_TYPES: Final = {
    "query": "RETRIEVAL_QUERY",
    "document": "RETRIEVAL_DOCUMENT",
    "classification": "CLASSIFICATION",
    "clustering": "CLUSTERING",
    "similarity": "SEMANTIC_SIMILARITY",
}
INPUT_TYPES: Final = {google: ours for ours, google in TASK_TYPES.items()}

_KNOWN: Final = frozenset({"model", "content", "taskType", "outputDimensionality"})


class GeminiEmbed:
    """The codec, without state."""

    name: str = "gemini_embed"
    home: str = "gemini"
    fields: frozenset[str] = frozenset({"requests"})
    smallest: Literal["base64"] | None = None
    default_input_type: str | None = None

    def limits(self, model: str) -> Limits:  # noqa: ARG002  # the same for every model
        return Limits(inputs=100)

    def path(self, request: EmbeddingRequest) -> str:
        return f"/{quote(_resource(request.model), safe='/@:')}:batchEmbedContents"

    def encode_request(self, request: EmbeddingRequest) -> Encoded:
        refuse_inputs(request, str, Image, codec=self.name)
        losses = google_losses(request)
        common: Wire = {"model": _resource(request.model)}
        options: Wire = {
            "taskType": input_type_for(request.input_type, TASK_TYPES, losses),
            "outputDimensionality": request.dimensions,
        }
        common |= {name: value for name, value in options.items() if value is not None}
        if request.truncate is not None:
            losses.append(
                Loss(effect="dropped", where="truncate", why="this provider always cuts off what is too long")
            )
        for extra in request.extra:
            write_extra(common, extra, self.name, "", losses)
        rows = [{**common, "content": {"parts": [_part(each)]}} for each in request.inputs]
        return Encoded({"requests": rows}, tuple(losses))

    def decode_request(self, wire: Wire, path: str = "") -> EmbeddingRequest:
        rows = rows_in(wire, "requests")
        first = rows[0]
        extra = unknown_fields(first, _KNOWN, self.name)
        task = first.get("taskType")
        return EmbeddingRequest(
            model=model_in(path) or str(first.get("model", "")).removeprefix("models/"),
            inputs=tuple(_input(row) for row in rows),
            dimensions=first.get("outputDimensionality"),
            input_type=INPUT_TYPES.get(task, task) if task else None,
            extra=(extra,) if extra else (),
        )

    def encode_response(self, response: EmbeddingResponse, request: EmbeddingRequest) -> Encoded:  # noqa: ARG002  # one form
        wire: Wire = {"embeddings": [{"values": vector} for vector in response.vectors]}
        if response.usage.input_tokens is not None:
            wire["usageMetadata"] = {"promptTokenCount": response.usage.input_tokens}
        return Encoded(wire)

    def decode_response(self, wire: Wire, request: EmbeddingRequest) -> EmbeddingResponse:  # noqa: ARG002  # one form
        tokens = object_in(wire, "usageMetadata").get("promptTokenCount")
        return EmbeddingResponse(
            vectors=tuple(row["values"] for row in wire["embeddings"]),
            usage=Usage(input_tokens=tokens),
            raw=wire,
        )


def google_losses(request: EmbeddingRequest) -> list[Loss]:
    """What no endpoint of Google's for embeddings can be told."""
    asked = {"dtype": request.dtype, "encoding": request.encoding, "user": request.user}
    return [
        Loss(effect="dropped", where=name, why="this provider's embeddings do not know it")
        for name, value in asked.items()
        if value not in (None, "float")
    ]


def model_in(path: str) -> str:
    """The model that a path names, `""` when it names none."""
    return path.partition("?")[0].rpartition("models/")[2].partition(":")[0] if "models/" in path else ""


def _resource(model: str) -> str:
    return model if "/" in model else f"models/{model}"


def _part(each: EmbeddingInput) -> Mapping[str, Any]:
    if not isinstance(each, Image):
        return {"text": each}
    if each.data is None:
        uri = {"fileUri": each.url or each.file_id}
        return {"fileData": {**({"mimeType": each.media_type} if each.media_type else {}), **uri}}
    return {"inlineData": {"mimeType": each.media_type, "data": each.data}}


def _input(row: Wire) -> EmbeddingInput:
    parts: list[Wire] = list_in(object_in(row, "content"), "parts")
    match parts:
        case [{"inlineData": {"mimeType": str(kind), "data": str(data)}}]:
            return Image(data=data, media_type=kind)
        case [{"fileData": {"fileUri": str(uri)} as file}]:
            return Image(url=uri, media_type=cast("Wire", file).get("mimeType"))
        case [_, *_] if all(isinstance(part.get("text"), str) for part in parts):
            return "".join(part["text"] for part in parts)
        case _:
            raise Rejected("content: a text or one picture is required", http_status=400)


CODEC: Final[EmbeddingCodec] = GeminiEmbed()
