"""`BaseCache`, what every cache has, and `AutoCache`, which keeps its entries in memory."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, ClassVar, Final

from msgspec import Struct

from dragoman.errors import ConfigurationError


class BaseCache(ABC):
    """Where answers are kept. Write one for a store of your own: two methods, called from any number of threads.

    Keys are texts of 64 letters and digits; they hold no key of a provider's and nothing of a prompt. Values are JSON
    texts. What a method raises is logged, and the model is asked as if there were no cache.
    """

    blocks: ClassVar[bool] = True
    """Whether to keep it off an event loop: `AsyncInstructor` then calls it in a thread."""

    @abstractmethod
    def get(self, key: str) -> Any:
        """What `set` has got under `key`; `None` when there is nothing, or nothing any more."""

    @abstractmethod
    def set(self, key: str, value: Any, ttl: int | None = None) -> None:
        """Keep `value` under `key`, for `ttl` seconds if that is given."""


class AutoCache(BaseCache):
    """In memory: the `maxsize` answers that were wanted last.

    Args:
        maxsize: How many to keep; the one that was wanted longest ago goes first.
        clock: Seconds on a clock that never goes back.
    """

    blocks = False

    def __init__(self, maxsize: int = 128, *, clock: Callable[[], float] = time.monotonic) -> None:
        if maxsize < 1:
            raise ConfigurationError(f"maxsize must be > 0, not {maxsize}")
        self._most = maxsize
        self._clock = clock
        self._entries: OrderedDict[str, tuple[Any, float]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str) -> Any:
        with self._lock:
            value, until = self._entries.get(key, _NOTHING)
            if until <= self._clock():
                self._entries.pop(key, None)
                return None
            self._entries.move_to_end(key)
            return value

    def set(self, key: str, value: Any, ttl: int | None = None) -> None:
        with self._lock:
            self._entries[key] = value, float("inf") if ttl is None else self._clock() + ttl
            self._entries.move_to_end(key)
            if len(self._entries) > self._most:
                self._entries.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {len(self)} of {self._most}>"


_NOTHING: Final[tuple[Any, float]] = (None, float("-inf"))


class Caching(Struct, frozen=True, kw_only=True):
    """Where answers are kept, and for how many seconds (`None`: as long as the cache keeps them)."""

    cache: BaseCache
    ttl: int | None = None
