"""Options of a call: checked, merged, and made a request."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.client.options import BUDGETS, REQUEST_FIELDS, GenerateOptions, check_options, timeouts_of
from dragoman.client.requests import request_of
from dragoman.errors import ConfigurationError
from dragoman.http import Timeouts
from dragoman.messages import Extra, Opaque, OutputFormat, ReasoningOptions, Tool, ToolChoice


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"temprature": 1}, "did you mean `temperature`"),
        ({"num_beams": 4}, "extra_body="),
        ({"organization": "a"}, "there is no option `organization`. What"),
        ({"temperature": 2.1}, "temperature must be a number from 0 to 2"),  # S2.2
        ({"temperature": "hot"}, "temperature must be a number"),
        ({"temperature": -0.1}, "temperature"),
        ({"max_tokens": 0}, "max_tokens must be a whole number of at least 1, not 0"),
        ({"max_tokens": 5.5}, "max_tokens must be a whole number"),
        ({"temperature": True}, "temperature must be a number from 0 to 2, not True"),
        ({"top_p": 1.5}, "top_p"),
        ({"n": 0}, "n must be a whole number from 1 to 128, not 0"),
        ({"n": True}, "n must be a whole number"),
        ({"n": 5.5}, "n must be a whole number"),
        ({"n": "2"}, "n must be a whole number"),
        ({"system": ["Be brief"]}, "system must be text, not list"),
        ({"images": "photo.png"}, r"images must be a list, not str: write images=\['photo.png'\]"),
        ({"documents": b"%PDF"}, r"documents must be a list, not bytes: write documents=\[\.\.\.\]"),
        ({"messages": {"role": "user", "content": "x"}}, "messages must be a list, not dict"),
        ({"tools": print}, "tools must be a list"),
        ({"timeout": "5"}, "timeout must be a positive number of seconds or Timeouts, not '5'"),
        ({"timeout": 0}, "timeout must be a positive number"),
        ({"timeout": -1}, "timeout must be a positive number"),
        ({"timeout": True}, "timeout must be a positive number of seconds or Timeouts, not True"),
        ({"timeout": float("nan")}, "timeout must be a positive number"),
        ({"timeout": Timeouts(connect=0)}, "timeout: `connect` must be a positive number"),
        ({"retry_config": 3}, "retry_config must be a RetryConfig, not int"),
        ({"headers": [("a", "b")]}, "headers must be a mapping"),
        ({"headers": {"x-count": 5}}, "`x-count` must be text or a Secret, not int"),
        ({"output_format": 5}, "output_format must be 'text', 'json', a JSON Schema"),
        ({"stop": 5}, "stop must be a text or a list of texts, not 5"),
        ({"stop": ["END", 5]}, r"stop must be a text or a list of texts, not \['END', 5\]"),
        ({"extra_body": [1]}, "extra_body must be a mapping"),
        ({"reasoning_effort": 5}, "reasoning_effort must be 'none' or 'minimal' or 'low' or .* or 'max', not 5"),
        ({"reasoning_effort": "hard"}, "reasoning_effort must be 'none' or .*, not 'hard'"),
        ({"seed": "7"}, "seed must be a whole number"),
        ({"on_loss": "ignore"}, "on_loss must be 'warn' or 'error'"),
        ({"fetch": "all"}, "fetch must be 'public' or 'any' or 'never'"),
        ({"mode": "json_mode"}, r"mode must be a Mode such as Mode\.TOOLS, not 'json_mode'"),
        ({"model": "gpt-4o"}, "`model` belongs to the client"),
        ({"max_completion_tokens": 5}, "did you mean `max_tokens`"),
        ({"response_format": {}}, "did you mean `response_model` or `output_format`"),
        ({"stop_sequences": ["a"]}, "did you mean `stop`"),
        ({"api_base": "a"}, "did you mean `base_url`"),
        ({"apikey": "a"}, "did you mean `api_key`"),
    ],
)
def test_options_that_cannot_be_right_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        check_options(options)


def test_good_options_pass() -> None:
    """S2.2, S2.3."""
    check_options({"temperature": 0, "max_tokens": 4000, "top_p": 1, "timeout": 30, "seed": None, "stop": ("END",)})
    check_options({"timeout": Timeouts(connect=0.5, total=None), "stop": "END"})


@pytest.mark.parametrize(
    ("option", "value", "field", "expected"),
    [
        ("temperature", 0.7, "temperature", 0.7),
        ("max_tokens", 1000, "max_tokens", 1000),
        ("stop", "END", "stop", ("END",)),
        ("stop", ["a", "b"], "stop", ("a", "b")),
        ("tool_choice", "auto", "tool_choice", ToolChoice(mode="auto")),
        ("tool_choice", "any", "tool_choice", ToolChoice(mode="required")),
        ("tool_choice", "none", "tool_choice", ToolChoice(mode="none")),
        ("tool_choice", "get_weather", "tool_choice", ToolChoice(mode="required", names=("get_weather",))),
        ("tool_choice", {"type": "function", "function": {"name": "f"}}, "tool_choice",
         ToolChoice(mode="required", names=("f",))),
        ("tool_choice", {"type": "tool", "name": "f"}, "tool_choice", ToolChoice(mode="required", names=("f",))),
        ("tool_choice", {"type": "any"}, "tool_choice", ToolChoice(mode="required")),
        ("output_format", "json", "output_format", OutputFormat(kind="json_object")),
        ("output_format", {"title": "T", "type": "object"}, "output_format",
         OutputFormat(kind="json_schema", schema={"title": "T", "type": "object"}, name="T")),
        ("reasoning_effort", "high", "reasoning", ReasoningOptions(effort="high")),
        ("reasoning_budget", 2048, "reasoning", ReasoningOptions(budget_tokens=2048)),
        ("extra_body", {"min_p": 0.1}, "extra", (Extra(fields={"min_p": 0.1}),)),
        ("seed", 7, "seed", 7),
        ("parallel_tool_calls", False, "parallel_tool_calls", False),
    ],
)  # fmt: skip
def test_each_option_reaches_its_field(option: str, value: Any, field: str, expected: Any) -> None:
    tools = (Tool(name="get_weather"), Tool(name="f"))
    assert getattr(request_of("m", (), tools, {option: value}), field) == expected


@pytest.mark.parametrize(
    ("tools", "says"),
    [
        ((), "tool_choice names `f`, and no tools are given"),
        ((Tool(name="g"), Tool(name="h")), "tool_choice names `f`, and tools has `g`, `h`"),
    ],
)
@pytest.mark.parametrize("choice", ["f", ToolChoice(mode="required", names=("f",)), {"type": "tool", "name": "f"}])
def test_a_chosen_tool_must_be_there(choice: Any, tools: tuple[Tool, ...], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        request_of("m", (), tools, {"tool_choice": choice})


def test_a_chosen_tool_may_be_one_that_only_the_provider_knows() -> None:
    search = Opaque(dialect="anthropic_messages", payload={"type": "web_search_20250305", "name": "web_search"})
    expected = ToolChoice(mode="required", names=("web_search",))
    assert request_of("m", (), (search,), {"tool_choice": "web_search"}).tool_choice == expected
    body = {"tool_choice": "web_search", "extra_body": {"tools": [{"type": "web_search"}]}}
    assert request_of("m", (), (), body).tool_choice == expected


def test_every_option_is_documented_or_speaks_for_itself() -> None:
    """Options without a field in the request are the client's own."""
    own = {"system", "messages", "images", "documents", "tools", "headers", "timeout", "retry_config", "on_loss", "stop",
           "tool_choice", "output_format", "reasoning_effort", "reasoning_budget", "extra_body",
           "mode", "fetch"}  # fmt: skip
    assert set(GenerateOptions.__annotations__) == own | REQUEST_FIELDS | BUDGETS


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, Timeouts()),
        (30, Timeouts(total=30)),
        (0.5, Timeouts(total=0.5)),
        (Timeouts(connect=1), Timeouts(connect=1)),
    ],
)
def test_a_number_is_the_total(given: Any, expected: Timeouts) -> None:
    assert timeouts_of(given) == expected


def test_an_unknown_output_format_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="output_format"):
        request_of("m", (), (), {"output_format": "yaml"})
