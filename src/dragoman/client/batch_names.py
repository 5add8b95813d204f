"""Names of Instructor's that are not there. A program may import them; using one says what to do instead.

Instructor's batches are jobs of the provider's own (OpenAI's and Anthropic's batch APIs): a file is handed in, and a
day later answers are fetched, at half the price. `llm.batch` asks now and at the full price, so it does not stand in
for them under their name.
"""

from __future__ import annotations

from typing import Any, NoReturn

from dragoman.errors import UnsupportedFeature


class _Later:
    instead = (
        "ask now, at the full price, with `llm.batch(prompts, response_model=...)`, or from file to file with "
        "`dragoman batch`; jobs of the provider's own are made with its SDK"
    )

    def __new__(cls, *_: Any, **__: Any) -> NoReturn:
        raise UnsupportedFeature(f"`{cls.__name__}` is not there yet: {cls.instead}")


class BatchProcessor(_Later):
    """Jobs at half the price that take a day: not there, as `UnsupportedFeature` says."""


class BatchRequest(_Later):
    """One line of such a job: not there, as `UnsupportedFeature` says."""


class BatchJob(_Later):
    """Such a job's file, read: not there, as `UnsupportedFeature` says."""
