"""Names of Instructor's that are not there yet. A program may import them; using one says what to do until then."""

from __future__ import annotations

from typing import Any, NoReturn

from dragoman.errors import UnsupportedFeature


class _Later:
    instead = "ask for all with `asyncio.gather` and an async client, at the full price"

    def __new__(cls, *_: Any, **__: Any) -> NoReturn:
        raise UnsupportedFeature(f"`{cls.__name__}` is not there yet: {cls.instead}")


class BatchProcessor(_Later):
    """Jobs at half the price that take a day: not there yet, as `UnsupportedFeature` says."""


class BatchRequest(_Later):
    """One line of such a job: not there yet, as `UnsupportedFeature` says."""


class BatchJob(_Later):
    """Such a job's file, read: not there yet, as `UnsupportedFeature` says."""
