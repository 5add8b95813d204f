"""An SDK's client as it looks from outside, made up, and a client of ours around it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from dragoman import Mode
from dragoman.client.instructor.verbatim import Verbatim


class Sdk:
    """What an SDK's client looks like from outside. `fails` is what its methods raise, if anything."""

    def __init__(self, face: str) -> None:
        self.fails: Exception | None = None
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.chat = SimpleNamespace(completions=SimpleNamespace(create=self.own("chat", face), parse=lambda: "parsed"))
        self.responses = SimpleNamespace(retrieve=lambda name: f"response {name}")
        self.models = SimpleNamespace(list=lambda: ["a", "b"])

    def own(self, path: str, face: str) -> Any:
        async def later(**arguments: Any) -> str:
            return f"answer of {self.note(path, arguments)}"

        def now(**arguments: Any) -> str:
            return f"answer of {self.note(path, arguments)}"

        return later if face == "async" else now

    def note(self, path: str, arguments: dict[str, Any]) -> str:
        self.calls.append((path, arguments))
        if self.fails:
            raise self.fails
        return path


def wrapped(made: Any, sdk: Sdk, **options: Any) -> Any:
    """A client like `made`, whose calls for no value go to `sdk`."""
    create = type(made.create_fn)(made.create_fn.llms, verbatim=Verbatim(sdk.chat.completions.create, "openai_chat"))
    return type(made)(sdk, create, Mode.TOOLS, "openai", model="gpt-4o", **options)
