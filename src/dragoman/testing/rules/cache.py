"""A prompt cache: a prefix that ends at a mark is read when it was seen before, and written when it was not."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from dragoman.messages import Request, Usage
from dragoman.testing.rules.tokens import pieces_of

_MOST_PREFIXES: Final = 10_000


class PromptCache:
    """Remembers marked prefixes, by model, for as long as the emulator runs."""

    def __init__(self) -> None:
        self._seen: dict[bytes, None] = {}

    def clear(self) -> None:
        self._seen.clear()

    def usage(self, request: Request) -> Usage:
        """The input side of the usage: all tokens, and how many were read from and written to the cache.

        The cache counts stay `None` when nothing was marked.
        """
        total = read = marked = hour = 0
        digest, new = sha256(request.model.encode()), list[bytes]()
        for piece in pieces_of(request):
            digest.update(b"\0" + piece.text.encode("utf-8", "surrogatepass"))
            total += piece.tokens
            if piece.mark is None:
                continue
            prefix = digest.digest()
            if prefix in self._seen:
                read, new, hour = total, [], 0
            else:
                new.append(prefix)
                hour += total - marked if piece.mark.ttl == "1h" else 0
            marked = total
        self._remember(new)
        if not marked:
            return Usage(input_tokens=total)
        return Usage(
            input_tokens=total,
            cache_read_tokens=read,
            cache_write_tokens=marked - read,
            cache_write_1h_tokens=hour or None,
        )

    def _remember(self, prefixes: list[bytes]) -> None:
        self._seen.update(dict.fromkeys(prefixes))
        while len(self._seen) > _MOST_PREFIXES:
            del self._seen[next(iter(self._seen))]
