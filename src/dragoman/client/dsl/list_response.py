"""A list of values that remembers the answer it came from."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any, SupportsIndex, TypeVar, overload

T = TypeVar("T")


class ListResponse(list[T]):
    """What a call for `list[T]` gives: a list in every way, with the answer it was read from.

    A slice of it remembers too; what else is made of it (`sorted`, `+`) is a list.
    """

    def __init__(self, iterable: Iterable[T] = (), *, raw_response: Any = None, total_usage: Any = None) -> None:
        super().__init__(iterable)
        self._raw_response = raw_response
        self._total_usage = total_usage

    @classmethod
    def from_list(cls, items: Iterable[T], *, raw_response: Any = None, total_usage: Any = None) -> ListResponse[T]:
        """`items`, read from `raw_response`."""
        return cls(items, raw_response=raw_response, total_usage=total_usage)

    def get_raw_response(self) -> Any:
        """The whole answer, as `create_with_completion` gives it."""
        return self._raw_response

    def get_total_usage(self) -> Any:
        """The tokens of all tries together."""
        return self._total_usage

    async def __aiter__(self) -> AsyncIterator[T]:
        """The same values, for programs that know lists only as something that comes."""
        for value in self:
            yield value

    @overload
    def __getitem__(self, key: SupportsIndex, /) -> T: ...

    @overload
    def __getitem__(self, key: slice, /) -> ListResponse[T]: ...

    def __getitem__(self, key: SupportsIndex | slice, /) -> T | ListResponse[T]:
        if isinstance(key, slice):
            found = super().__getitem__(key)
            return ListResponse(found, raw_response=self._raw_response, total_usage=self._total_usage)
        return super().__getitem__(key)
