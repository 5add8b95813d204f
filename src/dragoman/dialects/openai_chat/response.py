"""A whole answer, both ways."""

from __future__ import annotations

from typing import Any, Final, NoReturn, cast

from msgspec.structs import replace

from dragoman.dialects.base import Encoded, Wire
from dragoman.dialects.openai_chat.annotations import (
    decode_annotations,
    decode_logprobs,
    decode_sources,
    encode_annotations,
    encode_logprobs,
    sources_fields,
)
from dragoman.dialects.openai_chat.content import content_parts, images_in
from dragoman.dialects.openai_chat.errors import error_of, is_error
from dragoman.dialects.openai_chat.finish import (
    details_reason,
    encode_finish,
    finish_reason,
    raw_reason,
    report_ending,
)
from dragoman.dialects.openai_chat.losses import Losses, extra_of, join, restore
from dragoman.dialects.openai_chat.parts import encode_part
from dragoman.dialects.openai_chat.reasoning import OWN_FIELD, decode_reasoning
from dragoman.dialects.openai_chat.tool_calls import decode_call, decode_legacy_call, encode_call, encode_function_call
from dragoman.dialects.openai_chat.tools import is_legacy
from dragoman.dialects.openai_chat.usage import decode_usage, encode_usage, report_usage
from dragoman.dialects.openai_chat.wire import NAME
from dragoman.errors import DecodeError
from dragoman.messages import (
    Audio,
    FinishReason,
    Image,
    LLMResponse,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Request,
    Text,
    ToolCall,
    Usage,
    encode_json,
)

# ---------------------------------------------------------------------- decode


def decode_response(wire: Wire) -> LLMResponse:
    """Raises `ProviderError` for an error in a body of status 200 and `DecodeError` for what is no answer."""
    if wire.get("error"):
        raise error_of(200, {}, wire)
    choices = wire.get("choices")
    if not isinstance(choices, list) or not choices:
        raise error_of(200, {}, wire) if is_error(wire) else _no_answer(wire)
    first, *others = _ordered(cast("list[Any]", choices), wire)
    usage = decode_usage(wire.get("usage"))
    response = _decode_choice(
        first,
        wire,
        id=response_id(wire),
        created_at=created_at(wire),
        usage=_NO_USAGE if usage is None else usage,
        service_tier=service_tier(wire),
        alternatives=tuple([_decode_choice(choice, wire) for choice in others]),
        raw=wire,
    )
    for choice in (first, *others):
        if choice.get("error"):  # OpenRouter tells here of a provider that broke off
            _raise_failure(choice, response)
    return response


def _ordered(choices: list[Any], body: Wire) -> list[Wire]:
    if len(choices) == 1 and isinstance(choices[0], dict):
        return choices
    if not all(isinstance(choice, dict) for choice in choices):
        raise _no_answer(body)
    return sorted(choices, key=_number)


def _number(choice: Wire) -> int:
    number = choice.get("index")
    return number if isinstance(number, int) else 0


def _no_answer(body: Wire) -> DecodeError:
    return DecodeError("the reply is no chat completion: it has no `choices`", data=encode_json(body))


def response_id(body: Wire) -> str | None:
    id_ = body.get("id")
    return str(id_) if id_ else None


def created_at(body: Wire) -> int | None:
    """0 is what hosts send that do not know."""
    created = body.get("created")
    return int(created) if isinstance(created, int | float) and 0 < created < _END_OF_TIME else None


def service_tier(body: Wire) -> str | None:
    """The tier that served; Snowflake sends an empty one."""
    tier = body.get("service_tier")
    return tier if isinstance(tier, str) and tier else None


_END_OF_TIME: Final = 2**53
_NO_USAGE: Final = Usage()


def _raise_failure(choice: Wire, response: LLMResponse) -> NoReturn:
    error = error_of(200, {}, choice)
    error.partial = response
    raise error


def _decode_choice(choice: Wire, body: Wire, **whole: Any) -> LLMResponse:
    """One of the alternative answers; `whole` are the fields that the body has once."""
    message = choice.get("message")
    if not isinstance(message, dict):
        raise _no_answer(body)
    parts = _decode_message(cast("Wire", message), body, _number(choice))
    kinds = {type(part) for part in parts}
    raw, stop, model = raw_reason(choice), choice.get("stop_reason"), body.get("model")
    return LLMResponse(
        parts=tuple(parts),
        model=model if isinstance(model, str) else "",
        finish_reason=finish_reason(
            raw or details_reason(choice), has_calls=ToolCall in kinds, has_refusal=Refusal in kinds
        ),
        raw_finish_reason=raw,
        stop_sequence=stop if isinstance(stop, str) and stop else None,
        logprobs=decode_logprobs(choice.get("logprobs")) or None,
        **whole,
    )


def _decode_message(message: Wire, body: Wire, place: int) -> list[Part]:
    reasoning = decode_reasoning(message, keep_empty=False)
    parts: list[Part] = [] if reasoning is None else [reasoning]
    parts += content_parts(message.get("content"))
    refusal = message.get("refusal") or _kept_aside(message).get("refusal")
    if isinstance(refusal, str) and refusal:
        parts.append(Refusal(refusal))
    if "images" in message:
        parts += images_in(message)
    audio = decode_audio(message.get("audio"))
    if audio is not None:
        parts.append(audio)
    if message.get("annotations") or body.get("citations") or body.get("search_results"):
        _add_sources(parts, message, body if place == 0 else {})
    parts += _decode_calls(message, body, place)
    return parts


def _kept_aside(message: Wire) -> Wire:
    """Where LiteLLM puts fields of OpenAI's that it has no place for: a refusal, as of 1.106 (read 2026-11-21)."""
    fields = message.get("provider_specific_fields")
    return cast("Wire", fields) if isinstance(fields, dict) else {}


def decode_audio(value: Any) -> Audio | None:
    """The model's voice; Snowflake sends an empty one beside every answer."""
    if not isinstance(value, dict):
        return None
    wire = cast("Wire", value)
    id_, data, transcript = (wire.get(name) or None for name in ("id", "data", "transcript"))
    if id_ is None and data is None and transcript is None:
        return None
    rest = {name: value for name, value in wire.items() if name not in _AUDIO_FIELDS}
    return Audio(id=id_, data=data, transcript=transcript, extra=extra_of({}, rest))


_AUDIO_FIELDS: Final = frozenset({"id", "data", "transcript"})


def _add_sources(parts: list[Part], message: Wire, body: Wire) -> None:
    """Put the citations onto the text they support."""
    citations, others = decode_annotations(message.get("annotations"))
    citations += decode_sources(body, citations)
    parts += others
    if not citations:
        return
    places = [place for place, part in enumerate(parts) if type(part) is Text]
    if places:
        parts[places[-1]] = replace(cast("Text", parts[places[-1]]), citations=tuple(citations))
    else:
        parts.append(Text("", tuple(citations)))


def _decode_calls(message: Wire, body: Wire, place: int) -> list[ToolCall]:
    entries = message.get("tool_calls")
    seed = call_seed(body)
    calls: list[ToolCall] = []
    if isinstance(entries, list):
        for number, entry in enumerate(cast("list[Any]", entries)):
            call = decode_call(entry, *seed, place, number)
            if call is None:
                raise DecodeError("a tool call in the reply has no name", data=encode_json(body))
            calls.append(call)
    legacy = decode_legacy_call(message.get("function_call"), *seed, place) if message.get("function_call") else None
    return calls if legacy is None else [*calls, legacy]


def call_seed(body: Wire) -> tuple[Any, Any]:
    """What ids of calls are made from, when they are missing: it tells one answer from another."""
    return body.get("id"), body.get("created")


# ---------------------------------------------------------------------- encode


def encode_response(response: LLMResponse, request: Request) -> Encoded:
    """A body that OpenAI's clients take: an unknown id is empty and an unknown time 0, for both must be there."""
    losses = Losses()
    wire: Wire = {
        "id": response.id or "",
        "object": "chat.completion",
        "created": response.created_at or 0,
        "model": response.model,
    }
    choice = _plain_choice(response)
    if choice is None:
        _encode_choices(response, request, wire, losses)
    else:
        wire["choices"] = [choice]
    usage = encode_usage(response.usage)
    if usage is not None:
        wire["usage"] = usage
    losses.variant.tiers.write(response.service_tier, wire, "service_tier", losses.found)
    report_usage(response.usage, losses)
    if response.extra is not None:
        losses.at = ()
        restore(wire, response.extra, losses)
    return Encoded(wire, tuple(losses.found))


def _plain_choice(response: LLMResponse) -> Wire | None:
    """The one choice of an answer that is a text and no more, as most are; `None` for any other."""
    parts, ending = response.parts, _PLAIN_ENDINGS.get(response.finish_reason)
    if len(parts) != 1 or ending is None or response.alternatives or response.logprobs is not None:
        return None
    part = parts[0]
    if type(part) is not Text or part.citations or part.extra is not None:
        return None
    message: Wire = {"role": "assistant", "content": part.text, "refusal": None}
    choice: Wire = {"index": 0, "message": message, "logprobs": None, "finish_reason": ending}
    if response.stop_sequence is not None:
        choice["stop_reason"] = response.stop_sequence
    return choice


_PLAIN_ENDINGS: Final[dict[FinishReason | None, str]] = {None: "stop", "stop": "stop", "length": "length"}
"""How a text ends of which there is nothing else to say."""


def _encode_choices(response: LLMResponse, request: Request, wire: Wire, losses: Losses) -> None:
    legacy = any(is_legacy(tool) for tool in request.tools)
    answers = (response, *response.alternatives)
    encoded = [_encode_choice(number, answer, losses, legacy=legacy) for number, answer in enumerate(answers)]
    wire["choices"] = [choice for choice, _ in encoded]
    wire.update(sources_fields([source for _, sources in encoded for source in sources]))


def _encode_choice(number: int, answer: LLMResponse, losses: Losses, *, legacy: bool) -> tuple[Wire, list[Wire]]:
    """The choice, and the sources of the whole answer that belong at the top of the body."""
    here: tuple[str | int, ...] = ("alternatives", number - 1) if number else ()
    message: Wire = {"role": "assistant", "content": None, "refusal": None}
    sources: list[Wire] = []
    for place, part in enumerate(answer.parts):
        losses.at = (*here, "parts", place)
        if isinstance(part, ToolCall):
            add_call(part, message, losses, legacy=legacy)
        else:
            _encode_part(part, message, sources, losses)
    if message["content"] is None and message["refusal"] is None and message.keys().isdisjoint(_INSTEAD_OF_CONTENT):
        message["content"] = ""
    losses.at = here
    if sources and number:
        losses.changed("citations", OF_THE_WHOLE)
    return _finished(number, answer, message, losses, legacy=legacy), sources


OF_THE_WHOLE: Final = "sources without a passage are listed once, for the first answer"

_INSTEAD_OF_CONTENT: Final = frozenset({"tool_calls", "function_call", "audio", "images"})
"""With one of these, or a refusal, the content may be null."""


def _finished(number: int, answer: LLMResponse, message: Wire, losses: Losses, *, legacy: bool) -> Wire:
    has_calls = any(type(part) is ToolCall for part in answer.parts)
    reason = encode_finish(
        answer.finish_reason, losses, has_calls=has_calls, has_refusal=message["refusal"] is not None, legacy=legacy
    )
    report_ending(answer.finish_reason, reason, losses, has_calls=has_calls)
    logprobs = None if answer.logprobs is None else encode_logprobs(answer.logprobs)
    choice: Wire = {"index": number, "message": message, "logprobs": logprobs, "finish_reason": reason}
    if answer.stop_sequence is not None:
        choice["stop_reason"] = answer.stop_sequence
    return choice


def _encode_part(part: Part, message: Wire, sources: list[Wire], losses: Losses) -> None:
    match part:
        case Text():
            join(message, "content", part.text)
            annotations, more = encode_annotations(part.citations, losses)
            sources.extend(more)
            if annotations:
                join(message, "annotations", annotations)
        case Reasoning():
            encode_answer_reasoning(part, message, losses)
        case Refusal():
            join(message, "refusal", part.text)
        case Image():
            add_image(part, message, losses)
        case Audio() if "audio" not in message:
            add_audio(part, message, losses)
        case Opaque() if part.dialect == NAME and "type" not in part.payload:
            for name, value in part.payload.items():
                join(message, name, value)
        case _:
            losses.dropped("", f"an answer has no place for a {type(part).__name__}")
            return
    if not isinstance(part, Image | Audio):  # these have a place of their own for what only we know
        restore(message, part.extra, losses)


def add_image(part: Image, message: Wire, losses: Losses) -> None:
    """As OpenRouter sends pictures, which OpenAI's own models do not."""
    wire = encode_part(part, losses)
    if wire is not None:
        join(message, "images", [wire])


def encode_answer_reasoning(part: Reasoning, message: Wire, losses: Losses) -> None:
    """As `reasoning_content`, whatever it was called; with what this dialect wants back."""
    if part.text:
        join(message, "reasoning_content", part.text)
    if part.payload is None:
        return
    if part.dialect != NAME:
        whose = f"`{part.dialect}`" if part.dialect else "the host that gave it"
        losses.dropped("payload", f"only {whose} can carry what it wants back")
        return
    for name, value in part.payload.items():
        if value is not None and name not in OWN_FIELD:
            join(message, name, value)


def add_audio(part: Audio, message: Wire, losses: Losses) -> None:
    fields = (("id", part.id), ("data", part.data), ("transcript", part.transcript))
    wire: Wire = {name: value for name, value in fields if value is not None}
    if not wire:
        losses.dropped("", "an answer of this dialect holds sounds as bytes only")
        return
    for name in ("url", "file_id"):
        if getattr(part, name) is not None:
            losses.dropped(name, "an answer of this dialect holds sounds as bytes only")
    restore(wire, part.extra, losses)
    message["audio"] = wire


def add_call(call: ToolCall, message: Wire, losses: Losses, *, legacy: bool) -> None:
    if not legacy:
        join(message, "tool_calls", [encode_call(call, losses)])
    elif "function_call" in message:
        losses.dropped("", f"`function_call` holds one call: `{call.name}` is left out")
    else:
        message["function_call"] = encode_function_call(call)
