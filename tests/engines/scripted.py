"""A model whose words are known beforehand: a token is a character, and what it writes is written in the test."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from dragoman.engines.base import ModelFiles, Prompt, Sampling
from dragoman.messages import JsonObject

END = 0x110000
"""The token that ends an answer: no character."""


class ScriptedModel:
    """Writes `text`, then an end token, then `.` for ever. It keeps what it was asked and how far it came."""

    context_tokens: int | None = 4096
    end_tokens = frozenset({END})
    hidden_tokens = frozenset({ord("\x00")})

    def __init__(self, text: str, template: str = "{{ messages }}", opening: str = "") -> None:
        self.text = text
        self.chat_template = template
        self.opening = opening
        self.asked: list[tuple[Prompt, Sampling, JsonObject | None]] = []
        self.written = 0
        self.stopped = 0
        self.closed = False
        self.threads: set[str] = set()
        self._prompt: Prompt | None = None

    def encode(self, prompt: Prompt) -> list[int]:
        self.threads.add(threading.current_thread().name)
        self._prompt = prompt
        return [ord(letter) for turn in prompt.messages for letter in turn["content"] + self.opening]

    def decode(self, tokens: Sequence[int]) -> str:
        return "".join(chr(token) for token in tokens if token != END)

    def tokens(self, prompt: Sequence[int], sampling: Sampling, schema: JsonObject | None) -> Generator[int]:
        assert self._prompt is not None
        self.asked.append((self._prompt, sampling, schema))
        try:
            for letter in self.text:
                self.written += 1
                yield ord(letter)
            yield END
            while True:
                self.written += 1
                yield ord(".")
        finally:
            self.stopped += 1

    def close(self) -> None:
        self.closed = True


class Paused(ScriptedModel):
    """Says when it has written its first letter, and waits for `go_on` before the next."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.reached, self.go_on, self.freed = threading.Event(), threading.Event(), threading.Event()

    def tokens(self, *arguments: Any) -> Generator[int]:
        with closing(super().tokens(*arguments)) as letters:
            yield next(letters)
            self.reached.set()
            assert self.go_on.wait(20)
            yield from letters

    def close(self) -> None:
        super().close()
        self.freed.set()


class ScriptedEngine:
    """Loads `ScriptedModel`s by name."""

    name = "scripted"

    def __init__(self, size_bytes: int = 1000, **models: Any) -> None:
        self.size_bytes = size_bytes
        self.made = models
        self.loaded: list[ScriptedModel] = []
        self.note: str | None = None

    def check(self) -> None:
        """It is always there."""

    def find(self, model: str) -> ModelFiles:
        return ModelFiles(name=model, path=Path("/models") / model, size_bytes=self.size_bytes, note=self.note)

    def load(self, files: ModelFiles) -> ScriptedModel:
        made = self.made.get(files.name, "Hello.")
        if isinstance(made, Exception):
            raise made
        model = ScriptedModel(made) if isinstance(made, str) else made()
        self.loaded.append(model)
        return model
