"""Marks in what a model writes: thinking and tool calls, however the text is cut."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.engines.markup import CALL_MARKS, Splitter, begins_thinking, call_marks, calls_in

HERMES, MISTRAL, LLAMA = CALL_MARKS
CALL = '{"name": "f", "arguments": {"x": 1}}'

SPLITS = [
    ("Hi", None, [("text", "Hi")]),
    ("<think>Hm</think>Hi", None, [("thinking", "Hm"), ("text", "Hi")]),
    ("1 < 2 <thin", None, [("text", "1 < 2 <thin")]),
    (f"So <tool_call>\n{CALL}\n</tool_call> there", HERMES, [("text", "So "), ("calls", f"\n{CALL}\n"), ("text", " there")]),
    (f"[TOOL_CALLS][{CALL}]", MISTRAL, [("calls", f"[{CALL}]")]),
    (f"<|python_tag|>{CALL}", LLAMA, [("calls", CALL)]),
    (f"<tool_call>{CALL}", HERMES, [("calls", CALL)]),
    (f"<tool_call>{CALL}</tool_call>", None, [("text", f"<tool_call>{CALL}</tool_call>")]),
]  # fmt: skip


def joined(pieces: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Neighbours of a kind as one."""
    whole: list[tuple[str, str]] = []
    for kind, text in pieces:
        if whole and whole[-1][0] == kind and kind != "calls":
            whole[-1] = (kind, whole[-1][1] + text)
        else:
            whole.append((kind, text))
    return whole


@pytest.mark.parametrize(("text", "marks", "expected"), SPLITS)
def test_the_kinds_of_text(text: str, marks: Any, expected: list[tuple[str, str]]) -> None:
    for cut in range(1, len(text) + 1):
        splitter = Splitter(marks)
        pieces = [piece for start in range(0, len(text), cut) for piece in splitter.feed(text[start : start + cut])]
        assert joined([*pieces, *splitter.finish()]) == expected


def test_a_template_may_begin_the_thinking() -> None:
    assert begins_thinking("<|assistant|>\n<think>\n")
    assert not begins_thinking("<think>done</think>\n<|assistant|>")
    splitter = Splitter(None, thinking=True)
    assert joined([*splitter.feed("Hm</think>Hi"), *splitter.finish()]) == [("thinking", "Hm"), ("text", "Hi")]


@pytest.mark.parametrize(
    ("block", "calls"),
    [
        (CALL, [("f", {"x": 1})]),
        (f"[{CALL}, {CALL}]", [("f", {"x": 1})] * 2),
        ('{"name": "f", "parameters": {}}', [("f", {})]),
        ("not JSON", None),
        ("[]", None),
        ('{"name": 1, "arguments": {}}', None),
        (f'[{CALL}, "x"]', None),
    ],
)
def test_calls_in_a_block(block: str, calls: list[tuple[str, dict[str, Any]]] | None) -> None:
    assert calls_in(block) == calls


@pytest.mark.parametrize(
    ("template", "marks"),
    [
        ("{% if tools %}<tool_call>", HERMES),
        ("{% if tools %}[AVAILABLE_TOOLS][TOOL_CALLS]", MISTRAL),
        ("{% if tools %}<|python_tag|>", LLAMA),
        ("{{ messages }}<tool_call>", None),
        ("{% if tools %}<other>", None),
    ],
)
def test_the_marks_of_a_template(template: str, marks: Any) -> None:
    assert call_marks(template) == marks
