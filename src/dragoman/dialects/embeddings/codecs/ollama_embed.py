"""Ollama's embeddings (docs.ollama.com/api/embed). It says nothing of limits, and sends numbers only."""

from __future__ import annotations

from typing import Final, Literal

from dragoman.dialects.base import Encoded, Wire, list_in, unknown_fields, write_extra
from dragoman.dialects.embeddings.base import EmbeddingCodec, Limits, refuse_inputs
from dragoman.errors import Rejected
from dragoman.messages import EmbeddingInput, EmbeddingRequest, EmbeddingResponse, Loss, Usage

_FIELDS: Final = frozenset({"model", "input", "dimensions", "truncate"})
_UNKNOWN: Final = ("input_type", "dtype", "encoding", "user")


class OllamaEmbed:
    """The codec, without state. `options` and `keep_alive` go by `extra_body`."""

    name: str = "ollama_embed"
    home: str = "ollama"
    fields: frozenset[str] = _FIELDS | {"options", "keep_alive"}
    smallest: Literal["base64"] | None = None
    default_input_type: str | None = None

    def limits(self, model: str) -> Limits:  # noqa: ARG002  # none is known
        return Limits()

    def path(self, request: EmbeddingRequest) -> str:  # noqa: ARG002  # the same for every request
        return "/api/embed"

    def encode_request(self, request: EmbeddingRequest) -> Encoded:
        refuse_inputs(request, str, codec=self.name)
        losses = [
            Loss(effect="dropped", where=name, why="this provider's embeddings do not know it")
            for name in _UNKNOWN
            if getattr(request, name) not in (None, "float")
        ]
        options = {"dimensions": request.dimensions, "truncate": request.truncate}
        given = {name: value for name, value in options.items() if value is not None}
        wire: Wire = {"model": request.model, "input": list(request.inputs), **given}
        for extra in request.extra:
            write_extra(wire, extra, self.name, "", losses)
        return Encoded(wire, tuple(losses))

    def decode_request(self, wire: Wire, path: str = "") -> EmbeddingRequest:  # noqa: ARG002  # all is in the body
        given = wire.get("input")
        if not isinstance(wire.get("model"), str) or not isinstance(given, str | list):
            raise Rejected("invalid request: model and input are required", http_status=400)
        inputs: tuple[EmbeddingInput, ...] = (given,) if isinstance(given, str) else tuple(list_in(wire, "input"))
        extra = unknown_fields(wire, _FIELDS, self.name)
        return EmbeddingRequest(
            model=wire["model"],
            inputs=inputs,
            dimensions=wire.get("dimensions"),
            truncate=wire.get("truncate"),
            extra=(extra,) if extra else (),
        )

    def encode_response(self, response: EmbeddingResponse, request: EmbeddingRequest) -> Encoded:  # noqa: ARG002  # one form
        wire: Wire = {"model": response.model, "embeddings": list(response.vectors)}
        if response.usage.input_tokens is not None:
            wire["prompt_eval_count"] = response.usage.input_tokens
        return Encoded(wire)

    def decode_response(self, wire: Wire, request: EmbeddingRequest) -> EmbeddingResponse:  # noqa: ARG002  # one form
        return EmbeddingResponse(
            vectors=tuple(wire["embeddings"]),
            model=wire.get("model") or "",
            usage=Usage(input_tokens=wire.get("prompt_eval_count")),
            raw=wire,
        )


CODEC: Final[EmbeddingCodec] = OllamaEmbed()
