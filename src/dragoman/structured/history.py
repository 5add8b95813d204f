"""What is said to have a better answer: the one that did not fit, and what is wrong with it, as the next turns.

They are valid in every dialect: each call has its result, no turn is empty, thinking goes back as it came and never
without what was thought of. The caller's own messages stay as they are.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from dragoman.messages import LLMResponse, Message, Part, Reasoning, Role, Text, ToolCall, ToolResult
from dragoman.structured.explaining import explained
from dragoman.structured.techniques import Output, Technique, call_of

_MOST_QUOTED: Final = 300


def correction(technique: Technique, response: LLMResponse, output: Output, error: ValueError) -> tuple[Message, ...]:
    """The turns that follow an answer that did not fit. Every call in it gets its result."""
    said = f"This does not fit. {technique.again(output)}\n{explained(error, values=True)}"
    if not response.tool_calls:
        return (*_answer(response), Message(Role.USER, said))
    wrong = call_of(response, output) or response.tool_calls[0]
    results = [
        ToolResult(
            id=call.id, name=call.name, content=_result(call, said if call is wrong else "not run"), is_error=True
        )
        for call in response.tool_calls
    ]
    return (*_answer(response), Message(Role.TOOL, results))


def _result(call: ToolCall, said: str) -> str:
    """With what was written, where the call itself cannot show it."""
    if call.complete:
        return said
    written = call.arguments_json
    shown = written if len(written) <= _MOST_QUOTED else f"{written[:_MOST_QUOTED]}..."
    return f"{said}\nThe arguments were: {shown}"


def _answer(response: LLMResponse) -> tuple[Message, ...]:
    """The answer as a turn, unless nothing is left of it.

    Providers refuse texts of blanks, and thinking that nothing follows (Anthropic, OpenAI's Responses API).
    """
    parts = [_sendable(part) for part in response.parts if not _is_blank(part)]
    return (Message(Role.ASSISTANT, tuple(parts)),) if any(not isinstance(part, Reasoning) for part in parts) else ()


def _is_blank(part: Part) -> bool:
    return isinstance(part, Text) and not part.text.strip()


def _sendable(part: Part) -> Part:
    """A call whose arguments are no JSON, without any: most dialects carry an object, and servers refuse the rest."""
    if isinstance(part, ToolCall) and not part.complete:
        return replace(part, arguments={}, arguments_json="{}", complete=True)
    return part
