"""What a policy may know of a request. None of its text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

Need = Literal[
    "tools", "forced_tools", "vision", "audio", "video", "documents", "json_schema", "reasoning", "value", "stream"
]
"""What the target must be able to do. `value`: answer with a value of the caller's type, in whatever way."""

_NO_LABELS: Final[Mapping[str, str]] = {}


class Features(Struct, frozen=True, kw_only=True):
    """What a decision depends on.

    Attributes:
        tenant: Who asks, in the application's own words; so are `task`, `tier` and `session`.
        labels: Further words of the application's, for rules of its own.
        model: The model that the caller named, or `None`.
        prompt_characters: How long the text of the prompt and the messages is.
        input_tokens: About how many tokens the whole input is.
        output_tokens: `max_tokens`, where it is said.
        needs: What the target must be able to do.
    """

    tenant: str | None = None
    task: str | None = None
    tier: str | None = None
    session: str | None = None
    labels: Mapping[str, str] = _NO_LABELS
    model: str | None = None
    prompt_characters: int = 0
    input_tokens: int = 0
    output_tokens: int | None = None
    needs: frozenset[Need] = frozenset()

    @property
    def purpose(self) -> str:
        """What policies go by, for people."""
        names = ("tenant", "task", "tier", "session", "model")
        words: dict[str, str | None] = {**{name: getattr(self, name) for name in names}, **self.labels}
        return (
            ", ".join(f"{name} {word!r}" for name, word in words.items() if word is not None) or "a call of no purpose"
        )
