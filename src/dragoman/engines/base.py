"""What an engine offers: it finds a model's files and loads them, and the loaded model turns tokens into more tokens.

All the rest is common to engines and lies beside this: the prompt from a request, text and tool calls from tokens,
which models are in memory, and the transport by which a call gets here.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

from msgspec import Struct

from dragoman.messages import JsonObject


class Sampling(Struct, frozen=True, kw_only=True):
    """How the next token is chosen. `None` leaves it to the model's own settings."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    repetition_penalty: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    seed: int | None = None


class Prompt(Struct, frozen=True, kw_only=True):
    """A conversation as chat templates take it: plain dicts in the form that transformers has made usual.

    `thinking` is whether the model shall think, for templates that ask.
    """

    messages: Sequence[dict[str, Any]]
    tools: Sequence[dict[str, Any]] = ()
    thinking: bool | None = None


class ModelFiles(Struct, frozen=True, kw_only=True):
    """A model on this machine's disk.

    Attributes:
        name: As the caller named it.
        path: A folder, or the one file that holds everything.
        size_bytes: Of the weights.
        note: What was chosen for the caller, where there was a choice.
    """

    name: str
    path: Path
    size_bytes: int
    note: str | None = None


class LoadedModel(Protocol):
    """A model in memory. One thread uses it, always the same."""

    context_tokens: int | None
    """How many tokens prompt and answer may be together; `None` where the files do not say."""
    end_tokens: frozenset[int]
    """Tokens that end an answer."""
    hidden_tokens: frozenset[int]
    """Tokens that are marks for the model and no text for a reader."""
    chat_template: str
    """The template's source, in which the form of tool calls and of thinking can be recognised; `""`: there is none."""

    def encode(self, prompt: Prompt) -> list[int]:
        """The prompt's tokens, up to where the answer begins."""
        ...

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens. What is cut within a character ends in U+FFFD."""
        ...

    def tokens(self, prompt: Sequence[int], sampling: Sampling, schema: JsonObject | None) -> Generator[int]:
        """Tokens that go on from `prompt`, without end; closing the generator stops the computation.

        With a JSON Schema only tokens that keep to it come, and an end token when it is fulfilled.
        """
        ...

    def close(self) -> None:
        """Let go of all memory."""
        ...


class Engine(Protocol):
    """A library that runs models in this process."""

    name: str

    def check(self) -> None:
        """Raises `MissingPackage` when the library is absent, `ConfigurationError` when it cannot run here."""
        ...

    def find(self, model: str) -> ModelFiles:
        """The files of `model`: a folder, a file, or a name on the Hugging Face hub. Raises `UnknownModel`."""
        ...

    def load(self, files: ModelFiles) -> LoadedModel: ...


_ENGINES: Final = "dragoman.engines.libraries"


def get_engine(name: str) -> Engine:
    """The engine called `name`; its library is not imported yet."""
    return import_module(f"{_ENGINES}.{name}").ENGINE
