"""The ways to have an answer of a form: how the request says it, where the answer is read, how it is asked for again.

technique        the request says                                     the answer is
---------------  ---------------------------------------------------  -------------------------
`tools`          a tool, and that it must be called                   the arguments of the call
`tools_offered`  a tool, and in words that it be called               the arguments of the call
`tools_strict`   a tool whose schema the provider enforces, demanded  the arguments of the call
`json_schema`    the schema, as the form that the provider enforces   the text
`grammar`        the schema with all its words, likewise              the text
`json_object`    any JSON as the form, and the schema in words        the text
`json_text`      the schema in words                                  the text
`parallel_tools` a tool for each type, and that they be called        the arguments of all the calls

`tools_offered` is what `tools` becomes where a call cannot be demanded, `tools_strict_offered` what `tools_strict`
does; `grammar` is what `json_schema` becomes for models in this process, which are held to all words. Which one a model
gets is not decided here, nor in which words the schema is said: the output knows those (`subsets.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias, TypeVar, cast

from msgspec import Struct
from msgspec.structs import replace

from dragoman.exceptions import ResponseParsingError
from dragoman.messages import (
    LLMResponse,
    Loss,
    Message,
    OutputFormat,
    Request,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
)
from dragoman.messages.json_text import encode_json
from dragoman.structured.output import OutputType
from dragoman.structured.parallel import ParallelType, calls_as_json, calls_of

T = TypeVar("T")

Output: TypeAlias = OutputType[Any]


class Technique(Struct, frozen=True):
    """One way to have an answer of a form.

    Attributes:
        shape: Makes the request ask for it.
        find: The text of the answer in which the JSON is. Raises `ResponseParsingError` when there is none.
        again: The words that ask for another try.
        ignored: What else is in the answer and is not run or read.
        hears: Where that JSON is while it comes: in the text, in the arguments of a call, or in those of all.
    """

    shape: Callable[[Request, Output], Request]
    find: Callable[[LLMResponse, Output], str]
    again: Callable[[Output], str]
    ignored: Callable[[LLMResponse, Output], tuple[Loss, ...]] = lambda _response, _output: ()
    hears: Literal["text", "call", "calls"] = "text"


# ---------------------------------------------------------------------- a tool


def _demand_call(request: Request, output: Output) -> Request:
    return _demanded(request, output.tool)


def _offer_tool(request: Request, output: Output) -> Request:
    return _offered(request, output.tool)


def _demand_strict_call(request: Request, output: Output) -> Request:
    return _demanded(request, _strict_tool(output))


def _offer_strict_tool(request: Request, output: Output) -> Request:
    return _offered(request, _strict_tool(output))


def _strict_tool(output: Output) -> Tool:
    """In the words of the form; not strict where those cannot say the schema: validation enforces it."""
    form = output.format
    return replace(output.tool, parameters=form.schema or output.schema, strict=form.strict)


def _demanded(request: Request, tool: Tool) -> Request:
    """Named only beside others: LM Studio takes no name (github.com/lmstudio-ai/lmstudio-bug-tracker/issues/670)."""
    choice = ToolChoice(mode="required", names=(tool.name,) if request.tools else ())
    return replace(request, tools=(*request.tools, tool), tool_choice=choice)


def _offered(request: Request, tool: Tool) -> Request:
    offered = replace(request, tools=(*request.tools, tool), tool_choice=None)
    return _told(offered, f"Give the answer by calling the tool `{tool.name}`, not as text.")


def call_of(response: LLMResponse, output: Output) -> ToolCall | None:
    """The call that holds the value, if there is one."""
    return next((call for call in response.tool_calls if call.name == output.name), None)


def _arguments(response: LLMResponse, output: Output) -> str:
    call = call_of(response, output)
    if call is None:
        raise ResponseParsingError(f"the tool `{output.name}` was not called", raw_response=response)
    return call.arguments_json


def _other_calls(response: LLMResponse, output: Output) -> tuple[Loss, ...]:
    read = call_of(response, output)
    return tuple(
        Loss(
            effect="dropped",
            where=f"answer.tool_calls[{place}]",
            why=f"`{call.name}` was not run: one value was asked for",
        )
        for place, call in enumerate(response.tool_calls)
        if call is not read
    )


def _call_again(output: Output) -> str:
    return f"Correct it and call the tool `{output.name}` again."


# ---------------------------------------------------------------------- several tools


def _demand_calls(request: Request, output: Output) -> Request:
    tools = _tools(output)
    choice = ToolChoice(mode="required", names=tuple(tool.name for tool in tools) if request.tools else ())
    return replace(request, tools=(*request.tools, *tools), tool_choice=choice)


def _offer_tools(request: Request, output: Output) -> Request:
    tools = _tools(output)
    offered = replace(request, tools=(*request.tools, *tools), tool_choice=None)
    names = cast("ParallelType", output).names
    return _told(offered, f"Give the answer by calling the tools {names}, each as often as needed, not as text.")


def _tools(output: Output) -> tuple[Tool, ...]:
    return tuple(member.tool for member in cast("ParallelType", output).members.values())


def _all_arguments(response: LLMResponse, output: Output) -> str:
    return calls_as_json(calls_of(response, cast("ParallelType", output)))


def _call_all_again(output: Output) -> str:
    return f"Correct it and make all the calls again: {cast('ParallelType', output).names}."


# ---------------------------------------------------------------------- JSON as text


def _demand_schema(request: Request, output: Output) -> Request:
    return replace(request, output_format=output.format)


def _demand_json(request: Request, output: Output) -> Request:
    return replace(_ask_in_words(request, output), output_format=OutputFormat(kind="json_object"))


def _ask_in_words(request: Request, output: Output) -> Request:
    return _told(replace(request, output_format=None), f"Answer with JSON only, no other text. {_schema(output)}")


def _json(response: LLMResponse, _: Output) -> str:
    if not response.content.strip():
        raise ResponseParsingError("the answer has no text", raw_response=response)
    return response.content


def _write_again(_: Output) -> str:
    return "Correct it and answer with the whole JSON only."


def _write_again_by_schema(output: Output) -> str:
    """With the schema: a server that was to enforce it may not have (github.com/ollama/ollama/issues/17183)."""
    return f"{_write_again(output)} {_schema(output)}"


def _schema(output: Output) -> str:
    return f"The JSON must fit this JSON Schema:\n{encode_json(output.schema).decode()}"


def _told(request: Request, instruction: str) -> Request:
    """With `instruction` at the end of the system message that opens the conversation, or as one."""
    if not request.messages or request.messages[0].role is not Role.SYSTEM:
        return replace(request, messages=(Message(Role.SYSTEM, instruction), *request.messages))
    opening, *rest = request.messages
    said, more = opening.content, f"\n\n{instruction}"
    content = f"{said}{more}" if isinstance(said, str) else (*said, Text(more))
    return replace(request, messages=(replace(opening, content=content), *rest))


TECHNIQUES: Final[dict[str, Technique]] = {
    "tools": Technique(_demand_call, _arguments, _call_again, _other_calls, hears="call"),
    "tools_offered": Technique(_offer_tool, _arguments, _call_again, _other_calls, hears="call"),
    "tools_strict": Technique(_demand_strict_call, _arguments, _call_again, _other_calls, hears="call"),
    "tools_strict_offered": Technique(_offer_strict_tool, _arguments, _call_again, _other_calls, hears="call"),
    "json_schema": Technique(_demand_schema, _json, _write_again_by_schema),
    "grammar": Technique(_demand_schema, _json, _write_again_by_schema),
    "json_object": Technique(_demand_json, _json, _write_again),
    "json_text": Technique(_ask_in_words, _json, _write_again),
    "parallel_tools": Technique(_demand_calls, _all_arguments, _call_all_again, hears="calls"),
    "parallel_tools_offered": Technique(_offer_tools, _all_arguments, _call_all_again, hears="calls"),
}
