"""What a record says, as a list of statements: the language in which two dialects are compared.

A statement is a path, as losses write it, and what stands there. Two records say the same when their statements are
the same in the same order; the paths may differ, for turns are split, joined and hoisted on the way. `unsaid` is the
law: whatever of a record is not found again must be under a path that was reported.

What makes no statement, and why, is in `LABELS`; the rest of the normal form is in the functions, each with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from msgspec import Struct

from dragoman.messages import (
    AnyTool,
    Audio,
    CacheMark,
    Citation,
    Document,
    Extra,
    Image,
    LLMResponse,
    Loss,
    Message,
    OutputFormat,
    Part,
    Reasoning,
    ReasoningOptions,
    Refusal,
    Request,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Usage,
)


class Statement(NamedTuple):
    path: str
    meaning: str
    value: Any

    @property
    def said(self) -> tuple[str, Any]:
        return self.meaning, self.value


LABELS: dict[tuple[type, str], str] = {
    (Image, "name"): "no model sees a file's name",
    (Image, "media_type"): "said by the data's own first bytes, or by the URL",
    (Audio, "name"): "no model sees a file's name",
    (Document, "name"): "Anthropic shows a title, not a file's name",
    (Document, "media_type"): "said by the data itself, or by the URL",
    (Tool, "function"): "runs here and is never sent",
    (Tool, "parameters"): "stated apart: a free-form tool has none",
    (ToolCall, "arguments"): "stated apart, as text or as an object",
    (ToolCall, "arguments_json"): "stated apart",
    (ToolCall, "complete"): "follows from the text",
    (ToolResult, "name"): "the id of the call says which tool it was",
    (OutputFormat, "name"): "OpenAI needs it to tell formats apart",
    (Reasoning, "payload"): "stated apart",
    (Reasoning, "dialect"): "whose the payload is",
    (Request, "stream"): "how to answer, not what",
    (Request, "include_usage"): "how to answer; that Anthropic cannot leave usage out is tested by itself",
    (LLMResponse, "content"): "is in the parts",
    (LLMResponse, "raw"): "the source's own words",
    (LLMResponse, "raw_finish_reason"): "the source's own word",
    (LLMResponse, "created_at"): "Anthropic stamps no answers",
    (Usage, "billed_input_tokens"): "what Cohere charges for; what the model read is said",
    (Usage, "billed_output_tokens"): "what Cohere charges for; what the model wrote is said",
    (Usage, "total_tokens"): "a sum; Anthropic reports none, and OpenAI's clients want one",
}
"""Fields that say nothing to a model or a client, or that are stated in another way."""

# ---------------------------------------------------------------------- requests


def of_request(request: Request) -> list[Statement]:
    return _ordered([*_numbered(_conversation(request.messages)), *_settings(request)])


def _numbered(statements: Iterable[Statement]) -> Iterator[Statement]:
    """With ids of calls as numbers: an id says which result answers which call, and may be spelled anew."""
    numbers: dict[str, int] = {}
    for each in statements:
        if each.meaning in ("ToolCall.id", "ToolResult.id"):
            yield each._replace(value=numbers.setdefault(each.value, len(numbers)))
        else:
            yield each


def _ordered(statements: Iterable[Statement]) -> list[Statement]:
    """Citations stand beside the text where it is one string; a mark on a message is one on its last part."""
    return sorted(statements, key=_place)


def _place(statement: Statement) -> tuple[int, str]:
    last = _LAST.get(statement.meaning.partition(".")[0], 0)
    return last, str(statement.value) if statement.meaning == "cache" else ""


_LAST = {"citation": 1, "cache": 2}


def _settings(request: Request) -> Iterator[Statement]:
    for number, tool in enumerate(request.tools):
        yield from _tool(tool, f"tools[{number}]")
    for name in request.__struct_fields__:
        value = getattr(request, name)
        if name in ("messages", "tools") or (Request, name) in LABELS or value is None or value == ():
            continue
        match value:
            case ToolChoice():
                yield from _choice(value)
            case OutputFormat(kind="text"):
                pass  # the default, which needs no word
            case OutputFormat():  # Anthropic enforces every schema: there is no word for it
                yield from _fields(value, name, "format", but=("strict",))
                if value.strict is False:
                    yield Statement("output_format.strict", "format.strict", value.strict)
                yield from _extra(value.extra, name)
            case ReasoningOptions():
                yield from _reasoning(value)
            case _ if name == "extra":
                for extra in value:
                    yield from _extra(extra, "")
            case _ if name == "metadata":
                for key, each in value.items():
                    yield Statement(f"metadata.{key}", f"metadata.{key}", each)
            case _ if name == "n" and value == 1:
                pass  # the default
            case _ if name == "logprobs" and value is False:
                pass  # the default
            case _:
                yield Statement(name, name, value)


def _tool(tool: AnyTool, path: str) -> Iterator[Statement]:
    yield from _fields(tool, path, "tool")
    if isinstance(tool, Tool) and tool.text_format is None:
        yield Statement(f"{path}.parameters", "tool.parameters", dict(tool.parameters))
    yield from _marks(tool, path)


def _choice(choice: ToolChoice) -> Iterator[Statement]:
    if choice.mode != "auto":  # the default, which needs no word
        yield Statement("tool_choice.mode", "choice.mode", choice.mode)
    if choice.names:
        yield Statement("tool_choice.names", "choice.names", choice.names)


def _reasoning(options: ReasoningOptions) -> Iterator[Statement]:
    """`enabled=False` and the effort `none` say the same; `enabled=True` is said by an effort or a budget too."""
    off = options.enabled is False or (options.enabled is None and options.effort == "none")
    if off:
        yield Statement("reasoning.enabled", "reasoning", "off")
    elif options.enabled and options.budget_tokens is None and options.effort in (None, "none"):
        yield Statement("reasoning.enabled", "reasoning", "on")
    if options.effort is not None and not (off and options.effort == "none"):
        yield Statement("reasoning.effort", "effort", options.effort)
    if options.budget_tokens is not None:
        yield Statement("reasoning.budget_tokens", "budget", options.budget_tokens)
    yield from _extra(options.extra, "reasoning")


# ---------------------------------------------------------------------- messages


def _conversation(messages: Iterable[Message]) -> Iterator[Statement]:
    for number, message in enumerate(messages):
        path = f"messages[{number}]"
        placed = [(f"{path}.content[{n}]", part) for n, part in enumerate(message.parts)]
        yield from _TURNS[message.role](message, placed, path)
        marks = [part.cache for part in message.parts]
        if message.cache is not None and message.cache not in marks:  # marked twice is marked once
            yield from _cache(message.cache, path)
        yield from _extra(message.extra, path)


Placed = list[tuple[str, Part]]


def _system(_: Message, placed: Placed, path: str) -> Iterator[Statement]:
    """Where one system message ends and the next begins is not said everywhere; what they say is."""
    for where, part in placed:
        yield from _part(part, where, f"{Role.SYSTEM}.")


def _user(_: Message, placed: Placed, path: str) -> Iterator[Statement]:
    """Results come first, for they stand in turns of their own in one dialect and first in the turn in the other.

    What is no result in a tool's turn is the user's word.
    """
    results = [each for each in placed if isinstance(each[1], ToolResult)]
    rest = [each for each in placed if not isinstance(each[1], ToolResult)]
    for where, part in results:
        yield from _part(part, where, "")
    if rest or not placed:  # a turn beside results stands and falls with what is in it
        yield Statement(rest[0][0] if results else f"{path}.role", "turn", "user")
    for where, part in rest:
        yield from _part(part, where, "")


def _assistant(_: Message, placed: Placed, path: str) -> Iterator[Statement]:
    """OpenAI remembers the sounds it has made by their ids: nothing else of them need be sent again."""
    yield Statement(f"{path}.role", "turn", "assistant")
    yield from _turn_parts([(where, _remembered(part)) for where, part in placed])
    for where, part in placed:
        if isinstance(part, Audio) and part.id:
            said = (part.transcript, part.data, part.url, part.file_id, part.media_type)
            yield from (Statement(where, REMEMBERED, value) for value in said if value)


def _remembered(part: Part) -> Part:
    return Audio(id=part.id, cache=part.cache, extra=part.extra) if isinstance(part, Audio) and part.id else part


REMEMBERED = "remembered"
"""A statement that need not come again."""


def _turn_parts(placed: Placed) -> Iterator[Statement]:
    """OpenAI has one place each for reasoning, text, refusal and calls: only the order inside each is said.

    Empty text says nothing, and pieces of plain text that touch are one.
    """
    ranked = sorted(placed, key=lambda each: _RANK.get(type(each[1]), 1))
    for where, part in ranked:
        if part != Text(""):
            yield from _part(part, where, "")


_RANK = {Reasoning: 0, Refusal: 2, Image: 3, Audio: 4, ToolCall: 5}
_TURNS = {Role.SYSTEM: _system, Role.USER: _user, Role.TOOL: _user, Role.ASSISTANT: _assistant}


# ---------------------------------------------------------------------- parts


def _part(part: Part, path: str, before: str) -> Iterator[Statement]:
    meaning = before + type(part).__name__
    match part:
        case ToolCall():
            yield from _fields(part, path, meaning)
            yield from _arguments(part, path)
        case ToolResult():
            yield from _fields(part, path, meaning)
            yield from _result_content(part, path)
        case Text():
            if part.text:
                yield Statement(f"{path}.text", f"{before}Text", part.text)
            yield from _citations(part.citations, path)
        case Reasoning():
            yield from _fields(part, path, meaning)
            yield from _payload(part, path)
        case Document(text=None, data=str()) if (part.media_type or "").startswith("text/"):
            yield Statement(f"{path}.text", meaning, part.content_bytes().decode())
            yield from _fields(part, path, meaning, but=("data",))
        case Audio(url=str(), data=None):  # whoever fetches it is told its type there
            yield from _fields(part, path, meaning, but=("media_type",))
        case _:
            yield from _fields(part, path, meaning)
    yield from _marks(part, path)


def _arguments(call: ToolCall, path: str) -> Iterator[Statement]:
    if call.text is not None:
        return
    if call.complete:
        yield Statement(f"{path}.arguments", "arguments", call.arguments)
    else:
        yield Statement(f"{path}.arguments_json", "cut off", call.arguments_json)


def _payload(part: Reasoning, path: str) -> Iterator[Statement]:
    """What goes back with the thinking; a name alone only says which field the text itself came in."""
    for name, value in (part.payload or {}).items():
        if value is not None:
            yield Statement(f"{path}.payload", f"payload.{name}", value)


def _result_content(result: ToolResult, path: str) -> Iterator[Statement]:
    """Text alone and one part of text say the same; so do nothing and empty text."""
    parts = (Text(result.content),) if isinstance(result.content, str) else result.content
    for number, part in enumerate(parts):
        if part != Text(""):
            yield from _part(part, f"{path}.content[{number}]", "result.")


def _citations(citations: tuple[Citation, ...], path: str) -> Iterator[Statement]:
    """The path leaves out which: a dialect may report all of a text's citations at once.

    A passage from 0 to 0 is none: it is what clients are told that want numbers.
    """
    for citation in citations:
        nowhere = not citation.start and not citation.end
        for name in ("unit", "url", "title", "cited_text", "document_index", "start", "end"):
            value = getattr(citation, name)
            if name in ("start", "end") and nowhere:
                continue
            if value is not None and (name, value) != ("unit", "answer"):
                yield Statement(f"{path}.citations.{name}", f"citation.{name}", value)
        yield from _extra(citation.extra, f"{path}.citations")


def _fields(record: Struct, path: str, meaning: str, but: tuple[str, ...] = ()) -> Iterator[Statement]:
    """One statement for each field that says something."""
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if name in ("cache", "extra", "content", *but) or (type(record), name) in LABELS:
            continue
        if value is not None and value is not False and value not in ("", ()):
            yield Statement(f"{path}.{name}", f"{meaning}.{name}", value)


def _marks(record: Any, path: str) -> Iterator[Statement]:
    cache = getattr(record, "cache", None)
    if cache is not None:
        yield from _cache(cache, path)
    yield from _extra(getattr(record, "extra", None), path)


def _cache(mark: CacheMark, path: str) -> Iterator[Statement]:
    yield Statement(f"{path}.cache", "cache", mark.ttl)


def _extra(extra: Extra | None, path: str) -> Iterator[Statement]:
    for name, value in (extra.fields if extra else {}).items():
        yield Statement(f"{path}.{name}".lstrip("."), f"extra.{name}", value)


# ---------------------------------------------------------------------- answers


_USUAL_TIER = {"default", "standard", "on_demand"}
"""Each dialect has its own word for it."""


def of_response(response: LLMResponse) -> list[Statement]:
    statements = [*_answer(response, "")]
    for number, other in enumerate(response.alternatives):
        statements += _answer(other, f"alternatives[{number}].")
    for name in ("id", "model", "stop_sequence"):
        if getattr(response, name):
            statements.append(Statement(name, name, getattr(response, name)))
    if response.service_tier:
        tier = "default" if response.service_tier in _USUAL_TIER else response.service_tier
        statements.append(Statement("service_tier", "service_tier", tier))
    for name in Usage.__struct_fields__:
        value = getattr(response.usage, name)
        if value and (Usage, name) not in LABELS:  # a part that is 0 says nothing
            statements.append(Statement(f"usage.{name}", name, value))
    return _ordered([*statements, *_extra(response.extra, "")])


def _answer(answer: LLMResponse, path: str) -> Iterator[Statement]:
    parts = list(enumerate(answer.parts))
    refusals = [(f"{path}refusal", part) for _, part in parts if isinstance(part, Refusal)]
    placed = [(f"{path}parts[{number}]", part) for number, part in parts if not isinstance(part, Refusal)]
    yield from _turn_parts([*placed, *refusals])
    for token in answer.logprobs or ():
        yield Statement(f"{path}logprobs", "logprob", token)
    yield Statement(f"{path}finish_reason", "finish", _reason(answer))


def _reason(answer: LLMResponse) -> str | None:
    """Calls and refusals say why an answer ended when its word does not: `stop` or none, which clients need filled."""
    if answer.finish_reason not in (None, "stop"):
        return answer.finish_reason
    return "tool_calls" if answer.tool_calls else "refusal" if answer.refusal is not None else "stop"


# ---------------------------------------------------------------------- the law


def covers(loss: Loss, path: str) -> bool:
    """Whether a loss speaks of what is at `path`: of itself, or of the whole it is part of."""
    where = _without_number_of_citation(loss.where)
    return path == where or path.startswith((f"{where}.", f"{where}["))


def _without_number_of_citation(where: str) -> str:
    head, found, tail = where.partition(".citations[")
    return f"{head}.citations{tail.partition(']')[2]}" if found else where


class Comparison(NamedTuple):
    """`silent`: what was neither said nor reported. `invented`: what was said that was not in the record."""

    silent: list[Statement]
    invented: list[Statement]


def compare(before: list[Statement], after: list[Statement], losses: Iterable[Loss]) -> Comparison:
    """Hold what was said before and after against each other.

    Unreported statements must come again, in their order. Anything else that comes must be what became of a reported
    one: a value in it.
    """
    losses = list(losses)
    lost = [each for each in before if any(covers(loss, each.path) for loss in losses)]
    kept = [each for each in before if each not in lost and each.meaning != REMEMBERED]
    silent, rest = _matched(kept, joined(after))
    known = [*lost, *(each for each in before if each.meaning == REMEMBERED)]
    spare = [*(str(each.value) for each in known), *(loss.why for loss in losses)]
    lost_meanings = {each.meaning for each in lost}
    rest = [each for each in rest if each.meaning not in _REPLACED or each.meaning not in lost_meanings]
    invented = [each for each in rest if not losses or not _is_explained(each.value, spare)]
    return Comparison(silent, invented)


def _is_explained(value: Any, spare: list[str]) -> bool:
    """Whether `value` is, or is put together of, what was reported."""
    if isinstance(value, dict) and value:
        return all(_is_explained(each, spare) for each in value.values())
    if value in _FILLERS or any(str(value) in each for each in spare):
        return True
    text = str(value)
    for each in sorted(spare, key=len, reverse=True):
        text = text.replace(each, "") if each else text
    return not text


_REPLACED = ("finish", "input_tokens", "logprob", "format.kind")
"""What has another value once it was reported."""

_FILLERS: tuple[Any, ...] = ("", 0, {}, "stop")
"""What clients are told in place of something that was reported: no text, no count, no arguments."""


def _matched(before: list[Statement], after: list[Statement]) -> tuple[list[Statement], list[Statement]]:
    """Those of `before` that do not come again in order, and those of `after`, or pieces of them, that answer to none.

    A text may be a piece of a longer one.
    """
    rest = [[each] for each in after]
    silent, place = list[Statement](), 0
    for statement in before:
        found = next((n for n in range(place, len(rest)) if _comes_in(statement, rest[n])), None)
        if found is None:
            silent.append(statement)
            continue
        place = found
        last = rest[found].pop()
        if statement.meaning in TEXTS:
            head, _, tail = last.value.partition(statement.value)
            rest[found] += [last._replace(value=piece) for piece in (head, tail) if piece]
    return silent, [each for pieces in rest for each in pieces]


def _comes_in(statement: Statement, pieces: list[Statement]) -> bool:
    if not pieces or pieces[-1].meaning != statement.meaning:
        return False
    whole = pieces[-1].value
    return statement.value in whole if statement.meaning in TEXTS else statement.value == whole


def joined(statements: list[Statement]) -> list[Statement]:
    """Plain texts that touch, as one: OpenAI has one string for all the text of an assistant's turn."""
    whole: list[Statement] = []
    for each in statements:
        last = whole[-1] if whole else None
        if last is not None and each.meaning == last.meaning and each.meaning in TEXTS:
            whole[-1] = last._replace(value=last.value + each.value)
        else:
            whole.append(each)
    return whole


TEXTS = frozenset({"Text", "system.Text", "result.Text", "Refusal.text", "Reasoning.text"})
