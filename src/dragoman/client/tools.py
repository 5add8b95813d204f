"""Python functions as tools: schema from the signature, descriptions from the docstring, and how they are run."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast, get_args

from dragoman.client.options import ToolLike
from dragoman.client.tool_forms import tools_of_dict
from dragoman.errors import ConfigurationError, UnsupportedFeature
from dragoman.flow import Flow, invoke, is_async
from dragoman.messages import (
    AnyTool,
    LLMResponse,
    Message,
    Opaque,
    Role,
    ServerTool,
    ServerToolName,
    Tool,
    ToolCall,
    ToolResult,
    encode_json,
)
from dragoman.structured.docstrings import read_docstring
from dragoman.structured.kept import kept_with_type

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def tools_of(tools: Iterable[ToolLike]) -> tuple[AnyTool, ...]:
    """Tools of all forms as canonical ones. Raises `ConfigurationError` for two of one name, or a name nobody knows."""
    found = tuple(each for tool in tools for each in _tools_of(tool))
    names = [tool.name for tool in found if not isinstance(tool, Opaque)]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ConfigurationError(f"there are two tools named `{twice}`: the model could not tell them apart")
    return found


def _tools_of(tool: ToolLike) -> tuple[AnyTool, ...]:
    if isinstance(tool, Tool | Opaque):
        return (tool,)
    if isinstance(tool, str | ServerTool):
        return (_server_tool(tool),)
    if isinstance(tool, Mapping):
        return tools_of_dict(dict(cast("Mapping[str, Any]", tool)))
    if callable(tool):
        return (tool_of_function(tool),)
    raise ConfigurationError(
        f"a tool is a function, a Tool, a dict or the name of a server-side tool, not {type(tool).__name__}"
    )


def _server_tool(tool: str | ServerTool) -> ServerTool:
    found = ServerTool(cast("ServerToolName", tool)) if isinstance(tool, str) else tool
    if found.name not in _SERVER_TOOLS:
        known = ", ".join(_SERVER_TOOLS)
        raise ConfigurationError(f"providers run no tool called `{found.name}`; known are {known}")
    return found


_SERVER_TOOLS: Final[tuple[ServerToolName, ...]] = get_args(ServerToolName)


@kept_with_type
def tool_of_function(function: Callable[..., Any]) -> Tool:
    """The tool a function makes; compiled once for each function.

    Its name is the function's, its description the docstring's text, its parameters those of the signature with
    their annotations, and each parameter's description what the docstring's `Args` say of it.
    """
    from pydantic.errors import PydanticUserError

    named: Any = _original(function)
    name = getattr(named, "__name__", type(named).__name__)
    if not name.isidentifier():
        raise ConfigurationError(f"no tool can be made of a `{name}`: the model needs a name to call it by; use `def`")
    try:
        schema = _adapter(function).json_schema()
    except (PydanticUserError, NameError) as error:
        raise ConfigurationError(f"no tool can be made of `{name}`: {str(error).splitlines()[0]}") from error
    if schema.get("type") != "object":
        raise ConfigurationError(f"no tool can be made of `{name}`: its parameters must have names")
    said = named.__doc__ if inspect.isclass(named) else inspect.getdoc(named)  # a class would inherit its parent's
    text, of_parameter = read_docstring(inspect.cleandoc(said or ""))
    properties = {key: _described(value, of_parameter.get(key)) for key, value in schema["properties"].items()}
    return Tool(name=name, description=text or None, parameters={**schema, "properties": properties}, function=function)


def _original(function: Any) -> Any:
    """The function that has a name and a docstring: what stands inside a `functools.partial`."""
    return _original(function.func) if isinstance(function, partial) else function


@kept_with_type
def _adapter(function: Callable[..., Any]) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(cast("Any", function))


def _described(schema: dict[str, Any], description: str | None) -> dict[str, Any]:
    schema = {key: value for key, value in schema.items() if key != "title"}
    return {"description": description, **schema} if description else schema


def run_tools(response: LLMResponse, tools: Iterable[ToolLike]) -> Flow[Message]:
    """Run what the model asked for, and give the turn that answers it.

    Arguments are validated by the function's annotations. What a function raises becomes a result marked as error, so
    that the model can react; a call of a tool that is not there likewise.
    """
    functions = {tool.name: tool.function for tool in tools_of(tools) if isinstance(tool, Tool) and tool.function}
    results: list[ToolResult] = []
    for call in response.tool_calls:
        result = yield from _run(call, functions.get(call.name))
        results.append(result)
    return Message(Role.TOOL, tuple(results))


def _run(call: ToolCall, function: Callable[..., Any] | None) -> Flow[ToolResult]:
    if function is None:
        return ToolResult(id=call.id, name=call.name, content=f"there is no tool `{call.name}`", is_error=True)
    if not call.complete:
        return ToolResult(id=call.id, name=call.name, content="the arguments were cut off", is_error=True)
    try:
        value = yield from _invoke(function, call)
        content = value if isinstance(value, str) else _as_text(value)
    except UnsupportedFeature:  # an async tool in a synchronous call is the caller's mistake, not the model's
        raise
    except Exception as error:  # noqa: BLE001  # a tool may fail in any way; the model is told
        return ToolResult(id=call.id, name=call.name, content=f"{type(error).__name__}: {error}", is_error=True)
    return ToolResult(id=call.id, name=call.name, content=content)


def _invoke(function: Callable[..., Any], call: ToolCall) -> Flow[Any]:
    from pydantic_core import ArgsKwargs

    adapter = _adapter(function)

    def sync() -> Any:
        return adapter.validate_python(ArgsKwargs((), call.arguments))

    async def asynchronous() -> Any:
        return await sync()

    if is_async(function):
        return (yield from invoke(async_=asynchronous))
    return (yield from invoke(sync=sync))


def _as_text(value: Any) -> str:
    from pydantic_core import to_jsonable_python

    return encode_json(to_jsonable_python(value)).decode()
