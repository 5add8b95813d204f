"""`CitationMixin`: quotes that are really in the text they are from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Self, cast

from pydantic import BaseModel, Field, ValidationInfo, model_validator

_MOST_ERRORS: Final = 5
"""Characters that may be wrong, missing or too many in a quote, as in Instructor."""

_SURE: Final = 4
"""One error for so many characters at most: a short quote with five would be found in any text."""


class CitationMixin(BaseModel):
    """Adds `substring_quotes`: passages that support what is said.

    With `context={"context": text}` every quote becomes the passage of `text` that it means, and one that is not in
    it is taken away.
    """

    substring_quotes: list[str] = Field(
        description="List of unique and specific substrings of the quote that was used to answer the question."
    )

    @model_validator(mode="after")
    def validate_sources(self, info: ValidationInfo) -> Self:
        """Keep the quotes that are in the context, as they stand there."""
        given = cast("Mapping[str, Any]", info.context or {})
        text = given.get("context")
        if text is not None:
            self.substring_quotes = [text[start:end] for start, end in self.get_spans(text)]
        return self

    def get_spans(self, context: str) -> Iterator[tuple[int, int]]:
        """Where in `context` each quote is, as `(start, end)`; a quote that is not there has none."""
        for quote in self.substring_quotes:
            span = find_quote(quote, context)
            if span is not None:
                yield span


def find_quote(quote: str, text: str) -> tuple[int, int] | None:
    """Where `quote` first stands in `text`, word for word or else with the fewest errors."""
    start = text.find(quote)
    if start >= 0:
        return start, start + len(quote)
    found = _nearest_end(quote, text, min(_MOST_ERRORS, len(quote) // _SURE))
    if found is None:
        return None
    end, errors = found
    backwards = _nearest_end(quote[::-1], text[max(0, end - len(quote) - errors) : end][::-1], errors, at_start=True)
    return None if backwards is None else (end - backwards[0], end)


def _nearest_end(quote: str, text: str, most: int, *, at_start: bool = False) -> tuple[int, int] | None:
    """Where the passage of `text` ends that is the nearest to `quote`, and how many errors that has.

    The columns of the table of edit distances as bits of two numbers, one step for each character of `text`: Myers,
    "A fast bit-vector algorithm for approximate string matching", Journal of the ACM 46 (1999). `at_start` has the
    passage begin where `text` does, and be the longest of the nearest.
    """
    places: dict[str, int] = {}
    for place, character in enumerate(quote):
        places[character] = places.get(character, 0) | 1 << place
    full, last = (1 << len(quote)) - 1, 1 << (len(quote) - 1) if quote else 0
    more, less, errors = full, 0, len(quote)
    best: tuple[int, int] | None = None
    for end, character in enumerate(text, 1):
        same = places.get(character, 0)
        across = (((same & more) + more) ^ more) | same
        up, down = less | full & ~(across | more), more & across
        errors += bool(up & last) - bool(down & last)
        same |= less
        up, down = up << 1 | at_start, down << 1
        more, less = full & (down | ~(same | up)), full & up & same
        if errors <= most and (best is None or errors < best[1] + at_start):
            best = end, errors
    return best
