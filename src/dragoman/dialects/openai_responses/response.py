"""A whole answer, both ways."""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.dialects.base import Encoded, Wire
from dragoman.dialects.openai_chat.annotations import decode_logprobs
from dragoman.dialects.openai_chat.errors import error_of, is_error
from dragoman.dialects.openai_chat.losses import Losses
from dragoman.dialects.openai_chat.response import response_id, service_tier
from dragoman.dialects.openai_responses.annotations import decode_annotations
from dragoman.dialects.openai_responses.calls import CALLS, decode_call
from dragoman.dialects.openai_responses.errors import failed, failure
from dragoman.dialects.openai_responses.extras import HEADER, extra_of, restore
from dragoman.dialects.openai_responses.finish import encode_finish, finish_reason, raw_reason
from dragoman.dialects.openai_responses.images import IMAGE_CALL, decode_image
from dragoman.dialects.openai_responses.output import Output
from dragoman.dialects.openai_responses.reasoning import decode_reasoning
from dragoman.dialects.openai_responses.server_items import opaque_item, provider_call, runs_at_provider
from dragoman.dialects.openai_responses.usage import decode_usage, encode_usage
from dragoman.dialects.openai_responses.wire import NAME
from dragoman.dialects.service_tiers import OPENAI
from dragoman.errors import DecodeError
from dragoman.messages import (
    Extra,
    Finish,
    LLMResponse,
    Opaque,
    Part,
    Refusal,
    Request,
    Text,
    TokenLogprob,
    Usage,
    encode_json,
)

# ---------------------------------------------------------------------- decode


def decode_response(body: Wire) -> LLMResponse:
    """Raises `ProviderError` for an error in a body of status 200 and `DecodeError` for what is no answer."""
    if not isinstance(body.get("output"), list):
        _check_output(body)
    objects, tools = output_items(body), body.get("tools")
    parts = [
        part for place, item in enumerate(objects) for part in decode_item(item, body.get("id"), place, tools=tools)
    ]
    usage, model = decode_usage(body), body.get("model")
    response = LLMResponse(
        parts=tuple(parts),
        model=model if isinstance(model, str) else "",
        finish_reason=finish_reason(body, map(type, parts)),
        raw_finish_reason=raw_reason(body),
        logprobs=logprobs_in(objects) or None,
        id=response_id(body),
        created_at=created_at(body),
        usage=Usage() if usage is None else usage,
        service_tier=service_tier(body),
        raw=body,
    )
    if failed(body):
        error = failure(body)
        error.partial = response
        raise error
    return response


def output_items(body: Wire) -> list[Wire]:
    items = body.get("output")
    listed = cast("list[Any]", items) if isinstance(items, list) else []
    return [cast("Wire", item) for item in listed if isinstance(item, dict)]


def _check_output(body: Wire) -> None:
    """A response in the background may lack its output; what has no status either is no response."""
    if is_error(body):
        raise error_of(200, {}, body)
    if raw_reason(body) is None:
        raise DecodeError("the reply is no response: it has no `output`", data=encode_json(body))


def created_at(body: Wire) -> int | None:
    """Whole seconds; some servers send fractions, and 0 when they do not know."""
    created = body.get("created_at")
    return int(created) if isinstance(created, int | float) and 0 < created < _END_OF_TIME else None


_END_OF_TIME: Final = 2**53


def decode_item(item: Wire, *seed: object, tools: Any = None) -> list[Part]:
    """What an item of an answer says. `seed` is for a call id that is missing, `tools` as the response repeats them."""
    kind = item.get("type")
    if kind == "message":
        return _decode_message(item)
    if kind == "reasoning":
        return [decode_reasoning(item, item_header(item))]
    if runs_at_provider(item, tools):
        return [provider_call(item)]
    call = decode_call(item, item_header(item), *seed) if kind in CALLS else None
    if call is not None:
        return [call]
    image = decode_image(item, item_header(item)) if kind == IMAGE_CALL else None
    return [image or opaque_item(item)]


def item_header(item: Wire) -> Wire:
    """Id and status of an item, as they are spelled when it goes back."""
    return {name: item[name] for name in ("id", "status") if item.get(name) is not None}


def message_extra(item: Wire) -> Extra | None:
    """What a text spells of the message item it stands in: all that goes back with it.

    What an imitator adds is spelled too: it means nothing elsewhere, and is in `LLMResponse.raw`.
    """
    header = {name: value for name, value in item.items() if name not in _NOT_HEADER and value is not None}
    if item.get("content") == []:
        header["content"] = []
    return extra_of({}, {HEADER: header})


_NOT_HEADER: Final = frozenset({"content", "role"})


def _decode_message(item: Wire) -> list[Part]:
    """Some servers send the text alone. A message of nothing is kept: OpenAI wants it back after its reasoning."""
    extra, content = message_extra(item), item.get("content")
    if isinstance(content, str):
        return [Text(content, extra=extra)]
    wires = cast("list[Any]", content) if isinstance(content, list) else []
    parts = [decode_content(cast("Wire", wire), extra) for wire in wires if isinstance(wire, dict)]
    return parts or [Text("", extra=extra)]


def decode_content(wire: Wire, extra: Extra | None) -> Part:
    text = content_text(wire)
    match wire.get("type"):
        case "output_text" | "text" if text is not None:
            return Text(text, tuple(decode_annotations(wire.get("annotations"))), extra=extra)
        case "refusal":
            return Refusal(text or "", extra=extra)
        case _:
            return Opaque(dialect=NAME, payload=wire, extra=extra)


def content_text(wire: Wire) -> str | None:
    text = wire.get("refusal" if wire.get("type") == "refusal" else "text")
    return text if isinstance(text, str) else None


def logprobs_in(items: list[Wire]) -> tuple[TokenLogprob, ...]:
    """Those of all texts, in order."""
    tokens = [token for item in items if item.get("type") == "message" for token in _logprobs_of(item)]
    return decode_logprobs({"content": tokens}) if tokens else ()


def _logprobs_of(item: Wire) -> list[Any]:
    content = item.get("content")
    wires = cast("list[Any]", content) if isinstance(content, list) else []
    found = [cast("Wire", wire).get("logprobs") for wire in wires if isinstance(wire, dict)]
    return [token for tokens in found if isinstance(tokens, list) for token in cast("list[Any]", tokens)]


# ---------------------------------------------------------------------- encode


def encode_response(response: LLMResponse, request: Request) -> Encoded:
    """A body that OpenAI's clients take: an unknown id is empty and an unknown time 0, for both must be there."""
    losses = Losses()
    output = Output(response.id, losses)
    for number, part in enumerate(response.parts):
        losses.at = ("parts", number)
        output.add(part)
    losses.at = ()
    output.add_logprobs(response.logprobs)
    if response.alternatives:
        losses.dropped("alternatives", ONE_ANSWER)
    body: Wire = {
        **head(response.id, response.created_at, response.model, request),
        "output": output.items,
        **encode_ending(response, response.usage, {type(part) for part in response.parts}, losses),
    }
    return Encoded(body, tuple(losses.found))


ONE_ANSWER: Final = "the Responses API gives one answer"


def encode_ending(ending: LLMResponse | Finish, usage: Usage, kinds: set[type[Part]], losses: Losses) -> Wire:
    """What the body of a whole answer and the last event of a stream say at the end."""
    losses.at = ()
    fields = encode_finish(ending.finish_reason, kinds, losses)
    if ending.stop_sequence is not None:
        losses.dropped("stop_sequence", "the Responses API knows no stop texts")
    fields["usage"] = encode_usage(usage, losses)
    OPENAI.write(ending.service_tier, fields, "service_tier", losses.found)
    restore(fields, ending.extra, losses)
    return fields


def head(id_: str | None, created: int | None, model: str, request: Request) -> Wire:
    """The fields that are known before the answer: OpenAI repeats what was asked."""
    from dragoman.dialects.openai_responses.echo import echo  # a server's business

    return {
        "id": id_ or "",
        "object": "response",
        "created_at": created or 0,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "model": model,
        "output": [],
        "usage": None,
        **echo(request),
    }
