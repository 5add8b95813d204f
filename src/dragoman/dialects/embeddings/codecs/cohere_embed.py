"""Cohere's embeddings, version 2; answers of version 1 are read too (docs.cohere.com/reference/embed).

At most 96 texts, or one picture, a request. Models since version 3 demand an `input_type`.
"""

from __future__ import annotations

from typing import Any, Final, Literal, cast

from dragoman.dialects.base import Encoded, Wire, list_in, object_in, unknown_fields, write_extra
from dragoman.dialects.embeddings.base import EmbeddingCodec, Limits, input_type_for, refuse_inputs
from dragoman.dialects.embeddings.numbers import numbers_of, text_of
from dragoman.errors import Rejected
from dragoman.messages import EmbeddingInput, EmbeddingRequest, EmbeddingResponse, Image, Loss, Usage, VectorType

_FIELDS: Final = frozenset({
    "model", "texts", "images", "input_type", "embedding_types", "output_dimension", "truncate",
})  # fmt: skip

_INPUT_TYPES: Final = {
    "query": "search_query",
    "document": "search_document",
    "classification": "classification",
    "clustering": "clustering",
}
_OUR_TYPES: Final = {cohere: ours for ours, cohere in _INPUT_TYPES.items()}
_PICTURE: Final = "image"
"""The input type that pictures are sent with, whatever they are for."""

_TRUNCATE: Final = {True: "END", False: "NONE"}
_CUT_OFF: Final = {"END": True, "START": True, "NONE": False}


class CohereEmbed:
    """The codec, without state."""

    name: str = "cohere_embed"
    home: str = "cohere_v2"
    fields: frozenset[str] = _FIELDS
    smallest: Literal["base64"] | None = None
    default_input_type: str | None = "document"

    def limits(self, model: str) -> Limits:  # noqa: ARG002  # the same for every model
        return Limits(inputs=96, images=1)

    def path(self, request: EmbeddingRequest) -> str:  # noqa: ARG002  # the same for every request
        return "/v2/embed"

    def encode_request(self, request: EmbeddingRequest) -> Encoded:
        refuse_inputs(request, str, Image, codec=self.name)
        losses: list[Loss] = []
        pictures = [each for each in request.inputs if isinstance(each, Image)]
        kind = _PICTURE if pictures else input_type_for(request.input_type, _INPUT_TYPES, losses)
        given: Wire = {
            "images" if pictures else "texts": [*map(_address, pictures)] if pictures else list(request.inputs),
            "input_type": kind,
            "embedding_types": _types(request),
            "output_dimension": request.dimensions,
            "truncate": None if request.truncate is None else _TRUNCATE[request.truncate],
        }
        if request.encoding == "base64" and request.dtype not in (None, "float"):
            losses.append(Loss(effect="dropped", where="encoding", why="only floats come as base64 here"))
        if request.user is not None:
            losses.append(Loss(effect="dropped", where="user", why="this provider's embeddings do not know it"))
        wire: Wire = {"model": request.model, **{name: value for name, value in given.items() if value is not None}}
        for extra in request.extra:
            write_extra(wire, extra, self.name, "", losses)
        return Encoded(wire, tuple(losses))

    def decode_request(self, wire: Wire, path: str = "") -> EmbeddingRequest:  # noqa: ARG002  # all is in the body
        pictures: list[str] = list_in(wire, "images")
        inputs: list[EmbeddingInput] = [*map(Image.from_url, pictures)] or list_in(wire, "texts")
        if not inputs or not isinstance(wire.get("model"), str):
            raise Rejected("invalid request: model and texts or images are required", http_status=400)
        types = list_in(wire, "embedding_types") or [None]
        if len(types) > 1:
            raise Rejected(f"ask for one of embedding_types at a time, not {len(types)}", http_status=400)
        kind = wire.get("input_type")
        extra = unknown_fields(wire, _FIELDS, self.name)
        return EmbeddingRequest(
            model=wire["model"],
            inputs=tuple(inputs),
            dimensions=wire.get("output_dimension"),
            input_type=_OUR_TYPES.get(kind, kind) if kind and kind != _PICTURE else None,
            dtype=None if types[0] == "base64" else types[0],
            encoding="base64" if types[0] == "base64" else None,
            truncate=_CUT_OFF.get(wire.get("truncate") or ""),
            extra=(extra,) if extra else (),
        )

    def encode_response(self, response: EmbeddingResponse, request: EmbeddingRequest) -> Encoded:
        vectors: list[Any] = list(response.vectors)
        key: str = response.dtype
        if request.encoding == "base64" and response.dtype == "float":
            key, vectors = "base64", [text_of(vector, "float") for vector in response.vectors]
        wire: Wire = {"id": response.id, "embeddings": {key: vectors}, "response_type": "embeddings_by_type"}
        wire["texts"] = [each for each in request.inputs if isinstance(each, str)]
        units = {"input_tokens": response.usage.input_tokens} if response.usage.input_tokens is not None else {}
        return Encoded({**wire, "meta": {"api_version": {"version": "2"}, "billed_units": units}})

    def decode_response(self, wire: Wire, request: EmbeddingRequest) -> EmbeddingResponse:  # noqa: ARG002  # it says itself
        by_type = object_in(wire, "embeddings") or {"float": wire["embeddings"]}  # a bare list in version 1
        kind, vectors = next(iter(by_type.items()))
        if kind == "base64":
            kind, vectors = "float", [numbers_of(text, "float") for text in vectors]
        tokens = object_in(object_in(wire, "meta"), "billed_units").get("input_tokens")
        return EmbeddingResponse(
            vectors=tuple(vectors),
            dtype=cast("VectorType", kind),
            usage=Usage(input_tokens=None if tokens is None else int(tokens)),
            id=wire.get("id"),
            raw=wire,
        )


def _types(request: EmbeddingRequest) -> list[str] | None:
    """What the numbers shall be; base64 is one more kind here, of floats only."""
    if request.encoding == "base64" and request.dtype in (None, "float"):
        return ["base64"]
    return [request.dtype] if request.dtype else None


def _address(picture: Image) -> str:
    return picture.data_url() if picture.url is None else picture.url


CODEC: Final[EmbeddingCodec] = CohereEmbed()
