"""Marks in what a model writes: where it thinks, and where it calls a tool. Which marks is read from its template.

Sources: the chat templates of Qwen, Hermes, Mistral and Llama on the Hugging Face hub, as vLLM's and mlx-lm's tool
parsers describe them (docs.vllm.ai/en/latest/features/tool_calling.html, read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal, TypeAlias, cast

from msgspec import Struct

from dragoman.engines.detokenize import begun
from dragoman.messages import decode_json

Kind: TypeAlias = Literal["text", "thinking", "calls"]


class CallMarks(Struct, frozen=True):
    """How tool calls are written: between `begin` and `end` (`""`: to the end of the answer), found by `known_by`."""

    known_by: str
    begin: str
    end: str


CALL_MARKS: Final = (
    CallMarks("<tool_call>", "<tool_call>", "</tool_call>"),
    CallMarks("[TOOL_CALLS]", "[TOOL_CALLS]", ""),
    CallMarks("<|python_tag|>", "<|python_tag|>", ""),
)

_THINK: Final = ("<think>", "</think>")

MARKS: Final = frozenset(_THINK) | {mark for marks in CALL_MARKS for mark in (marks.begin, marks.end) if mark}
"""Text that is looked for, though a tokenizer may call it special."""


def call_marks(template: str) -> CallMarks | None:
    """How a model with this chat template writes its calls; `None`: it knows no tools, or writes calls otherwise."""
    if "tools" not in template:
        return None
    return next((marks for marks in CALL_MARKS if marks.known_by in template), None)


def begins_thinking(prompt: str) -> bool:
    """Whether the template has already opened the thinking that the answer begins with."""
    return prompt.rstrip().endswith(_THINK[0])


class Splitter:
    """Text in; out come pieces of text and of thinking as they come, and each block of calls whole."""

    __slots__ = ("_block", "_held", "_kind", "_marks", "_pending")

    def __init__(self, marks: CallMarks | None, *, thinking: bool = False) -> None:
        self._marks = marks
        self._kind: Kind = "thinking" if thinking else "text"
        self._held = ""
        self._block = ""

    def feed(self, text: str) -> Iterator[tuple[Kind, str]]:
        self._held += text
        while self._held:
            mark, follows = self._next_mark()
            if mark is None:
                keep = max((begun(self._held, mark) for mark, _ in self._awaited()), default=0)
                yield from self._pass_on(self._held[: len(self._held) - keep])
                self._held = self._held[len(self._held) - keep :]
                return
            before, _, self._held = self._held.partition(mark)
            yield from self._pass_on(before)
            yield from self._enter(follows)

    def finish(self) -> Iterator[tuple[Kind, str]]:
        """What was held back, and a block of calls that ends with the answer."""
        yield from self._pass_on(self._held)
        self._held = ""
        yield from self._enter("text")

    def _awaited(self) -> list[tuple[str, Kind]]:
        """The marks that may come here, and what begins with each."""
        if self._kind == "thinking":
            return [(_THINK[1], "text")]
        if self._kind == "calls":
            assert self._marks is not None
            return [(self._marks.end, "text")] if self._marks.end else []
        calls: list[tuple[str, Kind]] = [(self._marks.begin, "calls")] if self._marks else []
        return [(_THINK[0], "thinking"), *calls]

    def _next_mark(self) -> tuple[str | None, Kind]:
        there = [awaited for awaited in self._awaited() if awaited[0] in self._held]
        return min(there, key=lambda awaited: self._held.find(awaited[0]), default=(None, self._kind))

    def _pass_on(self, text: str) -> Iterator[tuple[Kind, str]]:
        if self._kind == "calls":
            self._block += text
        elif text:
            yield self._kind, text

    def _enter(self, kind: Kind) -> Iterator[tuple[Kind, str]]:
        if self._kind == "calls":
            block, self._block = self._block, ""
            yield "calls", block
        self._kind = kind


def calls_in(block: str) -> list[tuple[str, dict[str, Any]]] | None:
    """The calls in a block, as (name, arguments); `None` when it holds none: then it is text after all."""
    try:
        value = decode_json(block.strip().encode())
    except ValueError:
        return None
    calls = [_call_of(each) for each in (cast("list[Any]", value) if isinstance(value, list) else [value])]
    return None if None in calls or not calls else [call for call in calls if call is not None]


def _call_of(value: Any) -> tuple[str, dict[str, Any]] | None:
    if not isinstance(value, dict):
        return None
    call = cast("dict[str, Any]", value)
    name, arguments = call.get("name"), call.get("arguments", call.get("parameters"))
    return (name, arguments) if isinstance(name, str) and isinstance(arguments, dict) else None  # pyright: ignore[reportUnknownVariableType]  # JSON
