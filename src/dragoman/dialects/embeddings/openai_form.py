"""The form that OpenAI gave embeddings, which others took over with fields of their own."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any, Final, Literal, cast

from dragoman.dialects.base import Encoded, Wire, unknown_fields, write_extra
from dragoman.dialects.embeddings.base import Limits, input_type_for, refuse_inputs
from dragoman.dialects.embeddings.numbers import byte_count, numbers_of, text_of
from dragoman.dialects.openai_chat.errors import error_of, is_error
from dragoman.errors import Rejected
from dragoman.messages import EmbeddingInput, EmbeddingRequest, EmbeddingResponse, Loss, Usage, VectorType

_OPTIONS: Final = ("dimensions", "input_type", "dtype", "encoding", "truncate", "user")
"""Fields of `EmbeddingRequest` that a host may have a name for."""


class OpenAIForm:
    """The codec of a host that has this form.

    `names`: our options → its fields. `input_types`: our words → its own.
    """

    home: str = "openai_chat"
    default_input_type: str | None = None

    def __init__(
        self,
        name: str,
        *,
        names: Mapping[str, str],
        limits: Limits,
        smallest: Literal["base64"] | None,
        input_types: Mapping[str, str] | None = None,
        token_ids: bool = False,
    ) -> None:
        self.name = name
        self.smallest: Literal["base64"] | None = smallest
        self.fields = frozenset({"model", "input", *names.values()})
        self._names = dict(names)
        self._limits = limits
        self._input_types = input_types or {}
        self._kinds: tuple[type[EmbeddingInput], ...] = (str, tuple) if token_ids else (str,)

    def limits(self, model: str) -> Limits:  # noqa: ARG002  # the same for every model
        return self._limits

    def path(self, request: EmbeddingRequest) -> str:  # noqa: ARG002  # the same for every request
        return "/embeddings"

    # ------------------------------------------------------------------ requests

    def encode_request(self, request: EmbeddingRequest) -> Encoded:
        refuse_inputs(request, *self._kinds, codec=self.name)
        losses: list[Loss] = []
        wire: Wire = {"model": request.model, "input": list(request.inputs)}
        for option in _OPTIONS:
            value = getattr(request, option)
            if value not in (None, "float") and option not in self._names:  # floats are what comes anyway
                losses.append(Loss(effect="dropped", where=option, why="this provider's embeddings do not know it"))
            elif option == "input_type":
                value = input_type_for(value, self._input_types, losses)
            if value is not None and option in self._names:
                wire[self._names[option]] = value
        for extra in request.extra:
            write_extra(wire, extra, self.name, "", losses)
        return Encoded(wire, tuple(losses))

    def decode_request(self, wire: Wire, path: str = "") -> EmbeddingRequest:  # noqa: ARG002  # all is in the body
        if not isinstance(wire.get("model"), str):
            raise Rejected("you must provide a model parameter", http_status=400, code="invalid_request_error")
        options = {option: wire[field] for option, field in self._names.items() if wire.get(field) is not None}
        extra = unknown_fields(wire, self.fields, self.name)
        return EmbeddingRequest(
            model=wire["model"],
            inputs=inputs_of(wire.get("input")),
            extra=(extra,) if extra else (),
            **options,
        )

    # ------------------------------------------------------------------ responses

    def encode_response(self, response: EmbeddingResponse, request: EmbeddingRequest) -> Encoded:
        counts = {"prompt_tokens": response.usage.input_tokens, "total_tokens": response.usage.total_tokens}
        as_text = request.encoding == "base64" or response.dtype not in ("float", request.dtype)
        data = [
            {"object": "embedding", "index": index, "embedding": text_of(vector, response.dtype) if as_text else vector}
            for index, vector in enumerate(response.vectors)
        ]
        usage = {name: count for name, count in counts.items() if count is not None}
        wire: Wire = {"object": "list", "data": data, "model": response.model, "usage": usage}
        return Encoded({"id": response.id, **wire} if response.id else wire)  # Mistral's SDK demands one

    def decode_response(self, wire: Wire, request: EmbeddingRequest) -> EmbeddingResponse:
        if "data" not in wire and is_error(wire):
            raise error_of(200, {}, wire)
        rows = sorted(wire["data"], key=itemgetter("index"))  # in whatever order they come
        dtype = _dtype_of(rows, request, request.dtype if "dtype" in self._names else None)
        return EmbeddingResponse(
            vectors=tuple(_read(row["embedding"], dtype) for row in rows),
            dtype=dtype,
            model=wire.get("model") or "",
            usage=usage_of(wire.get("usage") or {}),
            id=wire.get("id"),
            raw=wire,
        )


def inputs_of(given: Any) -> tuple[EmbeddingInput, ...]:
    """`input` in its four forms: a text, token ids, or a list of either."""
    match given:
        case str():
            return (given,)
        case [int(), *_]:
            return (tuple(cast("list[int]", given)),)
        case [_, *_] if all(isinstance(each, str | list) for each in cast("list[object]", given)):
            return tuple(
                each if isinstance(each, str) else tuple(each) for each in cast("list[str | list[int]]", given)
            )
        case _:
            raise Rejected(
                "'input' is no text, nor a list of texts or of tokens", http_status=400, code="invalid_input"
            )


def usage_of(counts: Mapping[str, Any]) -> Usage:
    """All tokens of embeddings are input; Voyage reports only the total."""
    total = counts.get("total_tokens")
    tokens = counts.get("prompt_tokens")
    return Usage(input_tokens=total if tokens is None else tokens, total_tokens=total)


def _dtype_of(rows: list[dict[str, Any]], request: EmbeddingRequest, asked: VectorType | None) -> VectorType:
    """What the numbers are: what the host was asked for, unless the bytes cannot be that.

    Perplexity sends base64 of `int8` unasked: 256 bytes for 256 dimensions (recorded).
    """
    first = rows[0]["embedding"] if rows else None
    if asked is None and isinstance(first, str) and byte_count(first) == request.dimensions:
        return "int8"
    return asked or "float"


def _read(embedding: str | list[float], dtype: VectorType) -> list[float]:
    return numbers_of(embedding, dtype) if isinstance(embedding, str) else embedding
