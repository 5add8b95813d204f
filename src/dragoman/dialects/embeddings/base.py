"""What every codec for embeddings offers, how one is found by its name, and how inputs become several requests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import Final, Literal, Protocol

from msgspec import Struct

from dragoman.dialects.base import Encoded, Wire, list_in
from dragoman.errors import ConfigurationError, Rejected, UnsupportedFeature
from dragoman.messages import EmbeddingInput, EmbeddingRequest, EmbeddingResponse, Image, Loss


class Limits(Struct, frozen=True, kw_only=True):
    """What one request may hold; `None` is no limit that is known. `tokens` are those of all its inputs together."""

    inputs: int | None = None
    images: int | None = None
    tokens: int | None = None


class EmbeddingCodec(Protocol):
    """A two-way codec between the canonical records and one wire.

    Attributes:
        home: The chat dialect of those who speak it: errors are worded as there.
        fields: Every field of a request's body that it knows.
        smallest: The encoding that makes answers smallest, where there is a choice.
        default_input_type: What to send when the caller names none, where one is demanded; codecs do not fill it in.
    """

    name: str
    home: str
    fields: frozenset[str]
    smallest: Literal["base64"] | None
    default_input_type: str | None

    def limits(self, model: str) -> Limits: ...

    def path(self, request: EmbeddingRequest) -> str:
        """Where a request goes, below the provider's prefix."""
        ...

    def encode_request(self, request: EmbeddingRequest) -> Encoded:
        """The inputs of a request are of one kind. Raises `UnsupportedFeature` for a kind that cannot be sent."""
        ...

    def decode_request(self, wire: Wire, path: str = "") -> EmbeddingRequest:
        """Raises `Rejected` (status 400) when the body is not a request."""
        ...

    def encode_response(self, response: EmbeddingResponse, request: EmbeddingRequest) -> Encoded: ...

    def decode_response(self, wire: Wire, request: EmbeddingRequest) -> EmbeddingResponse:
        """`request` is what was asked: some answers do not say what their bytes are."""
        ...


_CODECS: Final = "dragoman.dialects.embeddings.codecs"
"""A module in there is a codec; nothing else names it."""


def embedding_codec_names() -> list[str]:
    """The names `get_embedding_codec` takes."""
    return sorted(module.name for module in iter_modules(import_module(_CODECS).__path__))


def get_embedding_codec(name: str) -> EmbeddingCodec:
    """The codec called `name`, loaded on first use. Raises `ConfigurationError` for a name that is none."""
    if name not in embedding_codec_names():
        known = ", ".join(embedding_codec_names())
        raise ConfigurationError(f"there is no codec for embeddings `{name}`; known are {known}")
    return import_module(f"{_CODECS}.{name}").CODEC


def batches(inputs: Sequence[EmbeddingInput], limits: Limits) -> Iterator[tuple[EmbeddingInput, ...]]:
    """`inputs` cut, in their order, into what one request may hold: of one kind, and within `limits`.

    What is too long even alone goes alone: how long is too long is for the provider to say.
    """
    batch: list[EmbeddingInput] = []
    tokens = 0
    for each in inputs:
        count = 0 if limits.tokens is None else _most_tokens(each)
        if batch and (type(each) is not type(batch[0]) or _is_full(batch, tokens + count, limits)):
            yield tuple(batch)
            batch, tokens = [], 0
        batch.append(each)
        tokens += count
    if batch:
        yield tuple(batch)


def _is_full(batch: list[EmbeddingInput], tokens: int, limits: Limits) -> bool:
    """Whether nothing more goes into `batch`, which with it would hold `tokens`."""
    most = limits.images if isinstance(batch[0], Image) and limits.images else limits.inputs
    return (most is not None and len(batch) >= most) or (limits.tokens is not None and tokens > limits.tokens)


def _most_tokens(each: EmbeddingInput) -> int:
    """A number of tokens that ordinary text stays below: one in two bytes. A request half full costs little."""
    match each:
        case str():
            return len(each.encode("utf-8", "surrogatepass")) // 2 + 1
        case tuple():
            return len(each)
        case Image():
            return 0


_WORDS: Final = frozenset({"query", "document", "classification", "clustering", "similarity"})
"""Input types that mean the same everywhere; any other is the provider's own word."""


def input_type_for(word: str | None, words: Mapping[str, str], losses: list[Loss]) -> str | None:
    """The provider's word for an input type, by `words`; a loss when it has none for ours."""
    if word is None or word not in _WORDS:
        return word
    if word in words:
        return words[word]
    losses.append(Loss(effect="dropped", where="input_type", why=f"this provider has no word for `{word}`"))
    return None


def rows_in(wire: Wire, name: str) -> list[Wire]:
    """The objects in the list `name` of a request. Raises `Rejected` when there are none, or others among them."""
    rows = list_in(wire, name)
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise Rejected(f"{name}: a list of at least one object is required", http_status=400)
    return rows


def refuse_inputs(request: EmbeddingRequest, *kinds: type[EmbeddingInput], codec: str) -> None:
    """Raise `UnsupportedFeature` unless all inputs are of `kinds`: an input cannot be left out."""
    other = next((each for each in request.inputs if not isinstance(each, kinds)), None)
    if other is not None:
        what = "pictures" if isinstance(other, Image) else "token ids"
        raise UnsupportedFeature(f"`{codec}` takes no {what} to embed", model=request.model)
