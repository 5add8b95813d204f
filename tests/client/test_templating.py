"""Messages as templates: what is rendered, what is not, and that nothing of the caller's changes."""

from __future__ import annotations

import sys
from copy import deepcopy
from typing import Any

import pytest
from jinja2.exceptions import SecurityError, TemplateSyntaxError

from dragoman import MissingPackage
from dragoman.client import templating
from dragoman.client.templating import templated, templated_text
from dragoman.messages import Image, Message, Role, Text, ToolResult

CONTEXT = {"name": "Ann", "items": ["a", "b"]}
PICTURE = Image(url="https://h/{{ name }}.png")

ROWS: dict[str, tuple[Any, Any]] = {
    "text": ({"role": "user", "content": "Hi {{ name }}"}, {"role": "user", "content": "Hi Ann"}),
    "system": ({"role": "system", "content": "{{ name }}"}, {"role": "system", "content": "Ann"}),
    "assistant": ({"role": "assistant", "content": "{{ name }}"}, {"role": "assistant", "content": "Ann"}),
    "parts": (
        {"role": "user", "content": [{"type": "text", "text": "{{ name }}"}, "{{ name }}", Text("{{ name }}"), PICTURE]},
        {"role": "user", "content": [{"type": "text", "text": "Ann"}, "Ann", Text("Ann"), PICTURE]},
    ),
    "Gemini's": ({"role": "user", "parts": ["{{ name }}", {"text": "{{ name }}"}]}, {"role": "user", "parts": ["Ann", {"text": "Ann"}]}),
    "Cohere's": ({"role": "USER", "message": "{{ name }}"}, {"role": "USER", "message": "Ann"}),
    "ours": (Message("user", "Hi {{ name }}"), Message("user", "Hi Ann")),
    "ours in parts": (Message("user", [Text("{{ name }}"), PICTURE]), Message("user", [Text("Ann"), PICTURE])),
    "loop": ({"role": "user", "content": "{% for x in items %}<{{ x }}>{% endfor %}"}, {"role": "user", "content": "<a><b>"}),
    "comment": ({"role": "user", "content": "a{# not said #}b"}, {"role": "user", "content": "ab"}),
    "indented": ({"role": "user", "content": "\n    Hi\n      {{ name }}\n"}, {"role": "user", "content": "\nHi\n  Ann"}),
}  # fmt: skip

UNTOUCHED: dict[str, Any] = {
    "no template": {"role": "user", "content": "    {name} { } %}"},
    "tool": {"role": "tool", "tool_call_id": "t", "content": "{{ name }}"},
    "tool result": {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "{{ name }}"}]},
    "tool call": {"role": "assistant", "tool_calls": [{"id": "t", "function": {"name": "{{ name }}", "arguments": "{{ name }}"}}]},
    "our tool": Message(Role.TOOL, [ToolResult(id="t", content="{{ name }}")]),
}  # fmt: skip


@pytest.mark.parametrize(("message", "rendered"), ROWS.values(), ids=ROWS)
def test_rendered(message: Any, rendered: Any) -> None:
    before = deepcopy(message)
    assert templated([message], CONTEXT) == [rendered]
    assert message == before


@pytest.mark.parametrize("message", UNTOUCHED.values(), ids=UNTOUCHED)
def test_left_as_it_is(message: Any) -> None:
    assert templated([message], CONTEXT) == [message]


@pytest.mark.parametrize("context", [None, {}])
def test_without_a_context_braces_are_braces(context: Any) -> None:
    message = {"role": "user", "content": "{{ name }} {% nonsense"}
    assert templated([message], context) == [message]
    assert templated_text("{{ name }}", context) == "{{ name }}"


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ self.__init__.__globals__ }}",
    ],
)
def test_the_sandbox_holds(text: str) -> None:
    with pytest.raises(SecurityError):
        templated_text(text, CONTEXT)


def test_a_wrong_template_is_the_caller_s_mistake() -> None:
    with pytest.raises(TemplateSyntaxError):
        templated_text("{% nonsense %}", CONTEXT)


def test_without_jinja_only_templates_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    templating._environment.cache_clear()
    monkeypatch.setitem(sys.modules, "jinja2.sandbox", None)
    assert templated_text("Hi", CONTEXT) == "Hi"
    with pytest.raises(MissingPackage, match=r"pip install 'dragoman\[templates\]'"):
        templated_text("Hi {{ name }}", CONTEXT)
