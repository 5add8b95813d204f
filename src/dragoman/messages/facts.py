"""What can be asked of a provider besides answers: how many tokens something is, which models there are."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from dragoman.messages.response import Loss


class TokenCount(Struct, frozen=True, kw_only=True):
    """How many tokens a prompt is. `int(count)` is the number.

    Attributes:
        tokens: The input tokens: messages, tools and media.
        exact: Whether the provider counted all of it. Otherwise it is an estimate, or the count of a part.
        method: How it was counted: the endpoint asked, or how it was estimated.
        warnings: What the dialect that counts could not express.
    """

    tokens: int
    exact: bool
    method: str
    warnings: tuple[Loss, ...] = ()

    def __int__(self) -> int:
        return self.tokens

    def __repr__(self) -> str:
        return f"<TokenCount {'' if self.exact else 'about '}{self.tokens} by {self.method}>"


class ModelInfo(Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """A model that a provider lists. What it does not say is `None`.

    Attributes:
        id: Its name, as calls want it.
        name: Its name for people.
        created_at: When it was made, in seconds since 1970.
        owner: Whose it is, as the provider says.
        context_tokens: Its window; the catalog's number where the provider gives none.
        max_output_tokens: The longest answer it gives; likewise.
        abilities: What the provider says it can do, in the provider's words.
        prices: US dollars per million tokens from the catalog, by `input`, `output`, `cache_read` and so on; of its
            lowest step where the price depends on the length. Empty when the catalog does not know the model.
        raw: Its entry in the provider's list as decoded JSON.
    """

    id: str
    provider: str | None = None
    name: str | None = None
    created_at: int | None = None
    owner: str | None = None
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    abilities: frozenset[str] = frozenset()
    prices: Mapping[str, Decimal] = {}
    raw: Any = None

    def __hash__(self) -> int:
        """By what can be hashed: the entry cannot."""
        return hash((self.provider, self.id))

    def __repr__(self) -> str:
        window = "" if self.context_tokens is None else f" {self.context_tokens} tokens"
        return f"<ModelInfo {'/'.join(filter(None, (self.provider, self.id)))}{window}>"
