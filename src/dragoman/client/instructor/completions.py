"""What the provider answered in one call, as the caller knows it: the SDK's own objects, or `Completion`s of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from msgspec import Struct

from dragoman.client.completion import Completion
from dragoman.client.instructor.usage_sums import with_usage_of_all
from dragoman.messages import LLMResponse
from dragoman.structured.rules import Nobody


class Seen(Protocol):
    """A transport that has seen the SDK's last answer."""

    def last(self) -> Callable[[], Any]:
        """What makes the SDK's own object of it; that is `None` when there is none, as of a stream."""
        ...


class Completions(Struct, frozen=True):
    """The answers of one call, and the SDK that gave them, if one did. The objects are made when they are wanted."""

    sdk: Seen | None = None
    answers: list[tuple[LLMResponse, Callable[[], Any]]] = []

    def answered(self, response: LLMResponse) -> None:
        """`response` is what the last answer was."""
        if self.sdk is not None:
            self.answers.append((response, self.sdk.last()))

    def of(self, response: LLMResponse) -> Any:
        """The object for one answer, as the provider sent it."""
        own = next((make() for answered, make in self.answers if answered is response), None)
        return Completion(response) if own is None else own

    def of_all(self, response: LLMResponse) -> Any:
        """The object for the last answer, with the usage of all, of which `response` tells."""
        made = [make() for _, make in self.answers]
        if not made or made[-1] is None:
            return Completion(response)
        return with_usage_of_all([each for each in made if each is not None])


class Noting(Nobody):
    """A watcher that notes which answer became which response."""

    def __init__(self, completions: Completions) -> None:
        self._completions = completions

    def answered(self, response: LLMResponse) -> None:
        self._completions.answered(response)
