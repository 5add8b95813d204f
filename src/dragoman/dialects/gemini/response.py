"""Whole answers, both ways."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any, Final, cast

from dragoman.dialects.base import Encoded, Wire
from dragoman.dialects.broken import BROKEN, broken_answer
from dragoman.dialects.gemini.call_ids import CallIds
from dragoman.dialects.gemini.citations import (
    SOURCES,
    decode_logprobs,
    encode_citations,
    encode_logprobs,
    is_all_told,
    with_citations,
)
from dragoman.dialects.gemini.errors import error_in_answer
from dragoman.dialects.gemini.extras import extra_of, objects_in, own, restore, unite
from dragoman.dialects.gemini.finish import decode_finish, encode_finish, report_ending
from dragoman.dialects.gemini.parts import decode_parts, encode_part, encode_shown_reasoning
from dragoman.dialects.gemini.usage import decode_usage, encode_usage, report_usage
from dragoman.dialects.service_tiers import GEMINI_TOLD
from dragoman.errors import DecodeError
from dragoman.messages import (
    Citation,
    Extra,
    FinishReason,
    LLMResponse,
    Loss,
    Part,
    Reasoning,
    Refusal,
    Request,
    Text,
    ToolCall,
    encode_json,
)

ANSWER: Final = frozenset({"candidates", "promptFeedback", "usageMetadata", "modelVersion", "responseId"})
"""Fields of which an answer has at least one."""

# ---------------------------------------------------------------------- wire to canonical


def decode_response(wire: Wire) -> LLMResponse:
    """The answer in a body. Raises `ProviderError` when it is an error after all, `DecodeError` when it is neither."""
    if "error" in wire and "candidates" not in wire:
        raise error_in_answer(wire)
    if wire.keys().isdisjoint(ANSWER):
        raise DecodeError("the body is no Gemini answer: it has neither candidates nor usage", data=encode_json(wire))
    try:
        return _decode(wire)
    except BROKEN as error:
        raise broken_answer(wire, error, "Gemini answer") from error


def _decode(wire: Wire) -> LLMResponse:
    candidates: list[Wire] = wire.get("candidates") or [{}]
    first, *others = candidates
    return _decode_candidate(
        wire,
        first,
        0,
        usage=decode_usage(wire.get("usageMetadata")),
        alternatives=tuple([_decode_candidate(wire, other, n) for n, other in enumerate(others, 1)]),
        id=wire.get("responseId") or None,
        created_at=created_at(wire),
        service_tier=service_tier(wire.get("usageMetadata")),
        extra=answer_extra(wire, [rest_of_candidate(candidate) for candidate in candidates]),
        raw=wire,
    )


def _decode_candidate(wire: Wire, candidate: Wire, number: int, **whole: Any) -> LLMResponse:
    """One of the answers; `whole` is what is said of all of them together."""
    content: Wire = candidate.get("content") or {}
    parts = decode_parts(content.get("parts") or (), CallIds((wire.get("responseId"), number)))
    word = candidate.get("finishReason")
    called = any(isinstance(part, ToolCall) for part in parts)
    return LLMResponse(
        parts=with_citations(candidate, parts),
        model=wire.get("modelVersion") or "",
        finish_reason=decode_finish(word, called=called) or blocked(wire),
        raw_finish_reason=word,
        logprobs=decode_logprobs(candidate) or None,
        **whole,
    )


def blocked(wire: Wire) -> FinishReason | None:
    """The prompt was refused: there is no candidate, and no word of why it ended but this."""
    feedback: Any = wire.get("promptFeedback")
    return "content_filter" if isinstance(feedback, dict) and cast("Wire", feedback).get("blockReason") else None


def created_at(wire: Wire) -> int | None:
    made = wire.get("createTime")
    try:
        return None if made is None else int(datetime.fromisoformat(made).timestamp())
    except (TypeError, ValueError):
        return None


def service_tier(usage: Any) -> str | None:
    """The tier that served, which stands among the counts."""
    tier = cast("Wire", usage).get("serviceTier") if isinstance(usage, dict) else None
    return tier if isinstance(tier, str) else None


_TOP: Final = frozenset({"candidates", "usageMetadata", "modelVersion", "responseId", "createTime"})
_CANDIDATE: Final = frozenset({"content", "finishReason", "index", "logprobsResult"})


def rest_of_candidate(candidate: Wire) -> Wire:
    """What only this dialect knows of a candidate: grounding, safety ratings, the words to its finish reason."""
    return {name: value for name, value in candidate.items() if name not in _CANDIDATE and value is not None}


def answer_extra(wire: Wire, candidates: Sequence[Wire]) -> Extra | None:
    """What only this dialect knows of an answer, in its own shape: what is left of the body, and of each candidate."""
    fields = {name: value for name, value in wire.items() if name not in _TOP and value is not None}
    spelling = {"createTime": wire["createTime"]} if wire.get("createTime") is not None else {}
    if any(candidates):
        told = [{name: rest[name] for name in rest if _is_told(name, rest[name])} for rest in candidates]
        untold = [
            {name: rest[name] for name in rest if name not in known}
            for rest, known in zip(candidates, told, strict=True)
        ]
        fields |= {"candidates": untold} if any(untold) else {}
        spelling |= {"candidates": told} if any(told) else {}
    return extra_of(fields, spelling)


def _is_told(name: str, value: Any) -> bool:
    return name == "groundingMetadata" and is_all_told(value)


# ---------------------------------------------------------------------- canonical to wire


def encode_response(response: LLMResponse, request: Request) -> Encoded:
    losses: list[Loss] = []
    left = rest_of_body(response.extra, losses)
    rests = objects_in(left.pop("candidates", None))
    choices = (response, *response.alternatives)
    wire: Wire = {
        "candidates": [
            _encode_candidate(choice, number, rests[number] if number < len(rests) else {}, losses)
            for number, choice in enumerate(choices)
        ]
    }
    if is_blocked(left, response):
        del wire["candidates"]
    wire["usageMetadata"] = encode_usage(response.usage, GEMINI_TOLD.word_for(response.service_tier, losses))
    wire["modelVersion"] = response.model or request.model
    if response.id is not None:
        wire["responseId"] = response.id
    if response.created_at is not None:
        wire["createTime"] = timestamp(response.created_at)
    unite(wire, left)
    _restore_numbers(response.raw, wire)
    report_usage(response.usage, losses)
    return Encoded(wire, tuple(losses))


def rest_of_body(extra: Extra | None, losses: list[Loss]) -> Wire:
    """What `answer_extra` kept; of another dialect, losses."""
    left: Wire = {}
    restore(left, extra, "", losses)
    left.pop("candidates", None)
    ours = own(extra)
    if ours is not None:
        told, untold = (objects_in(part.get("candidates")) for part in (ours.spelling, ours.fields))
        if told or untold:
            pairs = zip_longest(told, untold, fillvalue=dict[str, Any]())
            left["candidates"] = [{**one, **other} for one, other in pairs]
    return left


def is_blocked(left: Wire, response: LLMResponse) -> bool:
    """Whether the answer is that the prompt was refused: then there is no candidate."""
    return not response.parts and response.raw_finish_reason is None and blocked(left) is not None


def timestamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def place_of(number: int) -> str:
    """The beginning of the path of a loss in an answer."""
    return f"alternatives[{number - 1}]." if number else ""


def _encode_candidate(choice: LLMResponse, number: int, rest: Wire, losses: list[Loss]) -> Wire:
    here = place_of(number)
    where = f"{here}parts"
    word = encode_finish(choice.finish_reason, choice.raw_finish_reason)
    candidate: Wire = {
        "content": {"parts": list(_encode_parts(choice.parts, where, losses)), "role": "model"},
        "finishReason": word,
        "index": number,
    }
    if choice.logprobs:
        candidate["logprobsResult"] = encode_logprobs(choice.logprobs, here, losses)
    called, refused = bool(choice.tool_calls), choice.refusal is not None
    report_ending(choice.finish_reason, word, here, losses, called=called, refused=refused)
    report_stop_sequence(choice.stop_sequence, here, losses)
    candidate.update(grounding(_cited(choice.parts, where), choice.content, rest, losses))
    return {**candidate, **rest}


def _encode_parts(parts: Sequence[Part], where: str, losses: list[Loss]) -> Iterator[Wire]:
    for number, part in enumerate(parts):
        wire = encode_answer_part(part, f"{where}[{number}]", losses)
        if wire is not None:
            yield wire


def encode_answer_part(part: Part, where: str, losses: list[Loss]) -> Wire | None:
    """The part of an answer on the wire. Thinking of other models may be shown, though not sent back."""
    if isinstance(part, Reasoning):
        return encode_shown_reasoning(part, where, losses)
    if isinstance(part, Refusal):
        report_refusal(where, losses)
        restore(wire := {"text": part.text}, part.extra, where, losses)
        return wire
    return encode_part(part, where, losses, {})


def report_refusal(where: str, losses: list[Loss]) -> None:
    """A refusal is one thing of an answer, however many parts say it."""
    here, _, _ = where.rpartition("parts")
    loss = Loss(effect="changed", where=f"{here}refusal", why="a refusal is sent as the text it is")
    if loss not in losses:
        losses.append(loss)


def _cited(parts: Sequence[Part], where: str) -> Iterator[tuple[str, Citation]]:
    for number, part in enumerate(parts):
        if isinstance(part, Text):
            for place, citation in enumerate(part.citations):
                yield f"{where}[{number}].citations[{place}]", citation


def grounding(cited: Iterable[tuple[str, Citation]], text: str, rest: Wire, losses: list[Loss]) -> Wire:
    """`groundingMetadata` for citations, unless the original from which they were read goes back as it was."""
    if not rest.keys().isdisjoint(SOURCES):
        return {}
    metadata = encode_citations(cited, text, losses)
    return {"groundingMetadata": metadata} if metadata else {}


def report_stop_sequence(sequence: str | None, where: str, losses: list[Loss]) -> None:
    if sequence is not None:
        why = "this dialect does not say which text ended the answer"
        losses.append(Loss(effect="dropped", where=f"{where}stop_sequence", why=why))


def _restore_numbers(raw: Any, wire: Wire) -> None:
    """Put back the numbers that no canonical record holds (counts by kind of input, ids of tokens) when the answer was
    read from a body of this dialect.
    """
    body = cast("Wire", raw) if isinstance(raw, dict) else {}
    counts: Any = body.get("usageMetadata")
    if isinstance(counts, dict):
        wire["usageMetadata"] = {**wire["usageMetadata"], **cast("Wire", counts)}
    for candidate, read in zip(wire.get("candidates", ()), objects_in(body.get("candidates")), strict=False):
        if "logprobsResult" in candidate and "logprobsResult" in read:
            candidate["logprobsResult"] = read["logprobsResult"]
