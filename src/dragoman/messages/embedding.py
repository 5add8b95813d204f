"""Embeddings: texts in, vectors out, in no provider's words.

Vectors are lists of `float`: they print, compare and go into JSON and databases as they are. `array('f')` would take an
eighth of the memory (6 kB in place of 49 kB for 1,536 numbers) and be made in half the time, but rounds what hosts
send as decimals, is no list to those who ask, and no JSON encoder knows it (measured 2026-11-21, CPython 3.11).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from dragoman.messages.media import Image
from dragoman.messages.part_base import Extra
from dragoman.messages.response import Attempt, Loss
from dragoman.messages.usage import Usage

EmbeddingInput: TypeAlias = str | tuple[int, ...] | Image
"""What becomes one vector: a text, the ids of its tokens, or a picture."""

VectorType: TypeAlias = Literal["float", "int8", "uint8", "binary", "ubinary"]
"""What a vector's numbers are. `binary` and `ubinary` pack eight dimensions into one (signed or unsigned) byte."""

InputType: TypeAlias = str
"""What the vectors are for: `query`, `document`, `classification`, `clustering`, `similarity`, or a provider's word."""

_BITS: dict[str, int] = {"binary": 8, "ubinary": 8}
"""Dimensions in one number of a vector, where it is not one."""


class EmbeddingRequest(Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """One call for embeddings.

    A field that is `None` was not given, and the provider's default holds: codecs add nothing.

    Attributes:
        dimensions: How long the vectors shall be, for models that can shorten them.
        dtype: What their numbers shall be.
        encoding: How they travel: as JSON numbers or as base64, which is smaller. They arrive the same.
        truncate: Whether to cut off what is too long, or to refuse it.
        user: The caller's own user, for the provider's abuse checks.
        extra: Fields that only one codec knows, or (`dialect=None`) that the caller wants in the body as they are.
    """

    model: str
    inputs: tuple[EmbeddingInput, ...]
    dimensions: int | None = None
    input_type: InputType | None = None
    dtype: VectorType | None = None
    encoding: Literal["float", "base64"] | None = None
    truncate: bool | None = None
    user: str | None = None
    extra: tuple[Extra, ...] = ()


class EmbeddingResponse(Struct, frozen=True, kw_only=True):
    """A vector for each input, in the order of the inputs. It is a sequence of them: `len`, `[0]`, `for`.

    Attributes:
        vectors: Lists of `float`; of `int` when `dtype` is none of floats.
        dtype: What the numbers are; see `VectorType`.
        model: The model that answered, as the provider names it.
        usage: Tokens of all inputs.
        cost: US dollars over all attempts, or `None` when any part of it is unknown; then `cost_note` says why.
        latency_seconds: From the call to the last vector, retries and waits included.
        attempts: A record of each try of each request: many inputs take several requests.
        warnings: What the provider could not be told.
        raw: The provider's body as decoded JSON, or a list of them when it took several requests.
    """

    vectors: tuple[list[float], ...] = ()
    dtype: VectorType = "float"
    model: str = ""
    usage: Usage = Usage()  # an immutable record may be shared
    id: str | None = None
    request_id: str | None = None
    provider: str | None = None
    cost: Decimal | None = None
    cost_note: str | None = None
    latency_seconds: float | None = None
    attempts: tuple[Attempt, ...] = ()
    warnings: tuple[Loss, ...] = ()
    raw: Any = None

    @property
    def dimensions(self) -> int:
        """The length of the vectors, 0 when there are none. Bits count, where they are packed."""
        return len(self.vectors[0]) * _BITS.get(self.dtype, 1) if self.vectors else 0

    def __len__(self) -> int:
        return len(self.vectors)

    def __iter__(self) -> Iterator[list[float]]:
        return iter(self.vectors)

    def __getitem__(self, index: int) -> list[float]:
        return self.vectors[index]

    def __hash__(self) -> int:
        """By what can be hashed: vectors and body cannot."""
        return hash((self.model, self.id, len(self.vectors)))

    def __repr__(self) -> str:
        served = f"{self.provider}/{self.model}" if self.provider else self.model
        tokens = "" if self.usage.input_tokens is None else f" {self.usage.input_tokens} tokens"
        cost = "" if self.cost is None else f" ${self.cost:f}"
        return f"<EmbeddingResponse {served} {len(self)} vectors of {self.dimensions} {self.dtype}{tokens}{cost}>"
