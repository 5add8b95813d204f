"""Embeddings of Vertex AI: `predict` (cloud.google.com/vertex-ai/generative-ai/docs/embeddings/get-text-embeddings).

At most 250 texts and 20,000 tokens a request; `gemini-embedding-001` takes one text (read 2026-11-21).
"""

from __future__ import annotations

from typing import Final, Literal
from urllib.parse import quote

from dragoman.dialects.base import Encoded, Wire, object_in, unknown_fields, write_extra
from dragoman.dialects.embeddings.base import EmbeddingCodec, Limits, input_type_for, refuse_inputs, rows_in
from dragoman.dialects.embeddings.codecs.gemini_embed import INPUT_TYPES, TASK_TYPES, google_losses, model_in
from dragoman.errors import Rejected
from dragoman.messages import EmbeddingRequest, EmbeddingResponse, Usage

_FIELDS: Final = frozenset({"instances", "parameters"})
_ONE_BY_ONE: Final = "gemini-embedding-"


class VertexPredictEmbed:
    """The codec, without state. Fields that only it knows go into each instance (`title`, for one)."""

    name: str = "vertex_predict_embed"
    home: str = "gemini"
    fields: frozenset[str] = _FIELDS
    smallest: Literal["base64"] | None = None
    default_input_type: str | None = None

    def limits(self, model: str) -> Limits:
        return Limits(inputs=1 if model.startswith(_ONE_BY_ONE) else 250, tokens=20_000)

    def path(self, request: EmbeddingRequest) -> str:
        return f"/models/{quote(request.model)}:predict"

    def encode_request(self, request: EmbeddingRequest) -> Encoded:
        refuse_inputs(request, str, codec=self.name)
        losses = google_losses(request)
        task = input_type_for(request.input_type, TASK_TYPES, losses)
        common: Wire = {"task_type": task} if task else {}
        for extra in request.extra:
            write_extra(common, extra, self.name, "", losses)
        wire: Wire = {"instances": [{"content": each, **common} for each in request.inputs]}
        options = {"outputDimensionality": request.dimensions, "autoTruncate": request.truncate}
        parameters = {name: value for name, value in options.items() if value is not None}
        if parameters:
            wire["parameters"] = parameters
        return Encoded(wire, tuple(losses))

    def decode_request(self, wire: Wire, path: str = "") -> EmbeddingRequest:
        rows = rows_in(wire, "instances")
        if not all(isinstance(row.get("content"), str) for row in rows):
            raise Rejected("instances: each must have a `content` that is a text", http_status=400)
        parameters = object_in(wire, "parameters")
        task = rows[0].get("task_type")
        extra = unknown_fields(rows[0], frozenset({"content", "task_type"}), self.name)
        return EmbeddingRequest(
            model=model_in(path),
            inputs=tuple(row["content"] for row in rows),
            dimensions=parameters.get("outputDimensionality"),
            truncate=parameters.get("autoTruncate"),
            input_type=INPUT_TYPES.get(task, task) if task else None,
            extra=(extra,) if extra else (),
        )

    def encode_response(self, response: EmbeddingResponse, request: EmbeddingRequest) -> Encoded:
        """The tokens are counted text by text: they are shared out evenly, the rest to the first."""
        count = len(response.vectors)
        each, rest = divmod(response.usage.input_tokens or 0, max(count, 1))
        rows = [
            {"embeddings": {"values": vector, "statistics": {"token_count": each + (rest if index == 0 else 0)}}}
            for index, vector in enumerate(response.vectors)
        ]
        characters = sum(len("".join(text.split())) for text in request.inputs if isinstance(text, str))
        return Encoded({"predictions": rows, "metadata": {"billableCharacterCount": characters}})

    def decode_response(self, wire: Wire, request: EmbeddingRequest) -> EmbeddingResponse:  # noqa: ARG002  # one form
        rows: list[Wire] = [row["embeddings"] for row in wire["predictions"]]
        counts = [count for row in rows if (count := object_in(row, "statistics").get("token_count")) is not None]
        return EmbeddingResponse(
            vectors=tuple(row["values"] for row in rows),
            usage=Usage(input_tokens=int(sum(counts)) if counts else None),
            raw=wire,
        )


CODEC: Final[EmbeddingCodec] = VertexPredictEmbed()
