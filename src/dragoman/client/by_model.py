"""One provider, any of its models: a client for each model that is asked for, all with the same settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from dragoman.client.llm import LLMBase
from dragoman.errors import ConfigurationError

AnyLLM = TypeVar("AnyLLM", bound=LLMBase)


class ByModel(Generic[AnyLLM]):
    """Clients by the names of their models, made when first asked for. They share the provider's connections."""

    def __init__(self, make: Callable[[str], AnyLLM]) -> None:
        self._make = make
        self._made: dict[str, AnyLLM] = {}
        self._closed = False

    def __getitem__(self, model: str) -> AnyLLM:
        self._refuse_closed()
        made = self._made.get(model)
        if made is None:  # of two threads the first one's is kept: the other's, never used, holds nothing
            made = self._made.setdefault(model, self._make(model))
        self._refuse_closed()  # again: what was made since is not among those that `end` gave
        return made

    def end(self) -> list[AnyLLM]:
        """Make no more; those that were made are given, to be closed."""
        self._closed = True
        return list(self._made.values())

    def _refuse_closed(self) -> None:
        if self._closed:
            raise ConfigurationError("this client is closed: make a new one")
