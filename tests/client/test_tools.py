"""Python functions as tools."""

from __future__ import annotations

import asyncio
import functools
from typing import Annotated, Any, Literal, cast

import pytest
from pydantic import BaseModel, Field

from dragoman import create_llm
from dragoman.client.tools import run_tools, tool_of_function, tools_of
from dragoman.errors import ConfigurationError, UnsupportedFeature
from dragoman.flow import async_run, run
from dragoman.messages import LLMResponse, Opaque, ServerTool, Tool, ToolCall, ToolResult
from dragoman.testing import Emulator


class Place(BaseModel):
    city: str
    country: str = "France"


def get_weather(
    place: Place, unit: Literal["C", "F"] = "C", days: Annotated[int, Field(ge=1, le=7)] = 1
) -> dict[str, Any]:
    """Tell the weather.

    It is always sunny.

    Args:
        place: Where to look.
        unit: Celsius or
            Fahrenheit.
        days (int): How many days.

    Returns:
        A report.
    """
    return {"city": place.city, "unit": unit, "days": days}


async def slow_add(a: int, b: int) -> int:
    """Add.

    :param a: The first.
    :param b: The second.
    """
    await asyncio.sleep(0)
    return a + b


def explode() -> None:
    raise RuntimeError("boom")


def test_a_signature_becomes_a_schema_and_the_docstring_its_words() -> None:
    tool = tool_of_function(get_weather)
    assert (tool.name, tool.description) == ("get_weather", "Tell the weather.\n\nIt is always sunny.")
    properties = tool.parameters["properties"]
    assert {name: schema.get("description") for name, schema in properties.items()} == {
        "place": "Where to look.",
        "unit": "Celsius or Fahrenheit.",
        "days": "How many days.",
    }
    assert properties["unit"]["enum"] == ["C", "F"]
    assert (properties["days"]["minimum"], properties["days"]["maximum"]) == (1, 7)
    assert tool.parameters["required"] == ["place"]
    assert "Place" in tool.parameters["$defs"]
    assert tool.function is get_weather


def test_sphinx_docstrings_are_read_too() -> None:
    tool = tool_of_function(slow_add)
    assert tool.description == "Add."
    assert tool.parameters["properties"]["b"]["description"] == "The second."


def numpy_style(city: str, days: int = 1) -> str:
    """Tell the weather.

    Parameters
    ----------
    city : str
        The city, with
        its country.
    days : int, optional
        How many.

    Returns
    -------
    str
        The weather.
    """
    return f"{city} {days}"


def sphinx_style(city: str, days: int = 1) -> str:
    """Tell the weather.

    :param str city: The city, with
        its country.
    :param days: How many.
    :returns: The weather
        of those days.
    """
    return f"{city} {days}"


@pytest.mark.parametrize("function", [numpy_style, sphinx_style])
def test_other_ways_to_write_docstrings_are_read_too(function: Any) -> None:
    tool = tool_of_function(function)
    said = {name: schema["description"] for name, schema in tool.parameters["properties"].items()}
    assert tool.description == "Tell the weather."
    assert said == {"city": "The city, with its country.", "days": "How many."}


def test_a_model_without_a_docstring_does_not_speak_with_its_parents() -> None:
    class Place(BaseModel):
        city: str

    assert tool_of_function(Place).description is None


def test_a_partial_has_the_name_and_the_words_of_its_function() -> None:
    tool = tool_of_function(functools.partial(sphinx_style, days=3))
    assert (tool.name, tool.description) == ("sphinx_style", "Tell the weather.")


def test_two_tools_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="two tools named `f`"):
        tools_of([Tool(name="f"), {"name": "f", "parameters": {"type": "object", "properties": {}}}])


def test_a_function_is_compiled_once() -> None:
    assert tool_of_function(get_weather) is tool_of_function(get_weather)


@pytest.mark.parametrize(
    "given",
    [
        {
            "type": "function",
            "function": {"name": "f", "description": "d", "parameters": {"type": "object", "properties": {}}},
        },
        {"name": "f", "description": "d", "input_schema": {"type": "object", "properties": {}}},
        {"name": "f", "description": "d", "parameters": {"type": "object", "properties": {}}},
        {"name": "f", "description": "d", "parameters": {}},
        Tool(name="f", description="d"),
    ],
)
def test_tools_may_be_given_in_any_form(given: Any) -> None:
    (tool,) = tools_of([given])
    assert isinstance(tool, Tool)
    assert (tool.name, tool.description, dict(tool.parameters)) == ("f", "d", {"type": "object", "properties": {}})


BASH = {"type": "bash_20250124", "name": "bash"}
FETCH = {"type": "web_fetch_20250910", "name": "web_fetch", "max_uses": 2}


@pytest.mark.parametrize(
    ("given", "tool"),
    [
        ("web_search", ServerTool("web_search")),
        (ServerTool("web_search", {"max_uses": 3}), ServerTool("web_search", {"max_uses": 3})),
        (FETCH, ServerTool("url_context", {"max_uses": 2}, "anthropic_messages")),
        (BASH, Opaque("anthropic_messages", BASH)),
    ],
)
def test_tools_that_the_provider_runs(given: Any, tool: ServerTool | Opaque) -> None:
    assert tools_of([given]) == (tool,)


SEARCH = {"type": "web_search"}
SMALL_SEARCH = {**SEARCH, "search_context_size": "low"}
TOOLSET = {"type": "mcp_toolset", "mcp_server_name": "s"}
SHELL = {"type": "local_shell"}


@pytest.mark.parametrize(
    ("given", "tool"),
    [
        (SEARCH, ServerTool("web_search")),
        (SMALL_SEARCH, ServerTool("web_search", {"search_context_size": "low"}, "openai_responses")),
        ({"type": "web_search_20250305", "name": "web_search"}, ServerTool("web_search")),
        ({"google_search": {}}, ServerTool("web_search")),
        ({"googleSearch": {}}, ServerTool("web_search")),
        (SHELL, Opaque("openai_responses", SHELL)),
        (TOOLSET, Opaque("anthropic_messages", TOOLSET)),
    ],
)
def test_a_dict_is_read_in_the_form_that_it_has(given: dict[str, Any], tool: ServerTool | Opaque) -> None:
    assert tools_of([given]) == (tool,)


@pytest.mark.parametrize(
    ("model", "options", "tools"),
    [
        ("openai/gpt-4o-mini", {"dialect": "openai_responses"}, [SEARCH]),
        ("anthropic/claude-sonnet-4-5", {}, [{"type": "web_search_20250305", "name": "web_search"}]),
        ("google/gemini-2.5-flash", {}, [{"googleSearch": {}}]),
    ],
)
def test_a_search_in_the_form_of_one_is_a_search_at_each(model: str, options: Any, tools: list[Any]) -> None:
    with Emulator() as emulator, create_llm(model, base_url=emulator.url, api_key="k", **options) as llm:
        assert llm.generate("Hi", tools=[SEARCH]).warnings == ()
        assert emulator.requests[-1].wire["tools"] == tools


def test_googles_form_may_hold_several_functions() -> None:
    found = tools_of([{"functionDeclarations": [{"name": "f"}, {"name": "g"}], "codeExecution": {}}])
    assert [tool.name for tool in found if not isinstance(tool, Opaque)] == ["f", "g", "code_execution"]


@pytest.mark.parametrize("given", [{}, {"name": "f"}, {"name": "f", "description": "d"}, {"search": True}])
def test_a_dict_in_no_form_says_which_there_are(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=r'is a tool in no form that we know\. Give a function.*"web_search"'):
        tools_of([given])


@pytest.mark.parametrize("tools", [["web_serch"], [ServerTool(cast("Any", "web_serch"))], ["web_search", "web_search"]])
def test_a_name_that_is_no_server_side_tool_or_is_there_twice(tools: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"known are web_search|two tools named `web_search`"):
        tools_of(tools)


@pytest.mark.parametrize(("wrong", "error"), [(7, ConfigurationError), ({"type": "function"}, ConfigurationError)])
def test_what_is_no_tool_is_refused(wrong: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        tools_of([wrong])


def test_a_function_without_names_for_its_parameters_is_refused() -> None:
    def nameless(x: int, /) -> int:
        return x

    with pytest.raises(ConfigurationError, match="must have names"):
        tools_of([nameless])


def test_a_result_that_is_no_json_is_told_to_the_model() -> None:
    def handle(city: str) -> object:
        return object()

    turn = run(run_tools(asked(("handle", {"city": "Oslo"})), [handle]))
    (result,) = turn.tool_results
    assert result.is_error
    assert "PydanticSerializationError" in str(result.content)


def test_a_lambda_is_refused_since_the_model_could_not_name_it() -> None:
    with pytest.raises(ConfigurationError, match="use `def`"):
        tools_of([lambda x: x])


def asked(*calls: tuple[str, dict[str, Any]]) -> LLMResponse:
    return LLMResponse(
        parts=tuple(ToolCall(id=f"c{i}", name=name, arguments=args) for i, (name, args) in enumerate(calls))
    )


TOOLS = [get_weather, slow_add, explode, Tool(name="unrunnable")]


@pytest.mark.parametrize(
    ("name", "arguments", "content", "is_error"),
    [
        ("get_weather", {"place": {"city": "Paris"}, "days": "2"}, '{"city":"Paris","unit":"C","days":2}', False),
        ("get_weather", {"place": {"city": "Paris"}, "days": 9}, "less than or equal to 7", True),
        ("get_weather", {}, "Field required|Missing required", True),
        ("slow_add", {"a": 1, "b": 2}, "3", False),
        ("explode", {}, "RuntimeError: boom", True),
        ("nobody", {}, "there is no tool `nobody`", True),
        ("unrunnable", {}, "there is no tool `unrunnable`", True),
    ],
)
def test_running_what_the_model_asked_for(name: str, arguments: dict[str, Any], content: str, is_error: bool) -> None:
    import re

    (result,) = asyncio.run(async_run(run_tools(asked((name, arguments)), TOOLS))).tool_results
    assert (result.id, result.name, result.is_error) == ("c0", name, is_error)
    assert re.search(content if is_error else re.escape(content), result.text)


def test_every_call_is_answered_in_order() -> None:
    message = run(run_tools(asked(("explode", {}), ("get_weather", {"place": {"city": "Rome"}})), TOOLS))
    assert message.role == "tool"
    assert [(result.id, result.is_error) for result in message.tool_results] == [("c0", True), ("c1", False)]


def test_arguments_that_were_cut_off_are_not_guessed() -> None:
    cut = LLMResponse(parts=(ToolCall(id="c", name="get_weather", arguments_json='{"place": {"ci'),))
    (result,) = run(run_tools(cut, TOOLS)).tool_results
    assert result == ToolResult(id="c", name="get_weather", content="the arguments were cut off", is_error=True)


def test_an_async_tool_needs_an_async_client() -> None:
    """It is the caller's mistake, not the model's."""
    with pytest.raises(UnsupportedFeature, match="async_client=True"):
        run(run_tools(asked(("slow_add", {"a": 1, "b": 2})), TOOLS))
