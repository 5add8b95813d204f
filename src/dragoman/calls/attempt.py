"""One try of a call: open, then read or pump, and every failure as one of our errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

from msgspec import Struct

from dragoman.calls.call import Call
from dragoman.calls.intake import Intake, unreadable
from dragoman.calls.target import Target
from dragoman.calls.verbatim import Forward, Translated
from dragoman.dialects.forwarding import read_facts
from dragoman.dialects.text_frames import text_frames_in
from dragoman.errors import (
    ConnectionLost,
    DecodeError,
    Error,
    ProviderError,
    Rejected,
    StreamInterrupted,
    TransportError,
)
from dragoman.flow import Flow, Open, ReadAll, emit, pump, read_all
from dragoman.http import AsyncReply, HttpRequest, Reply
from dragoman.messages import LLMResponse, decode_json, encode_json, events_of

T = TypeVar("T")

_STREAMS: Final = frozenset({"text/event-stream", "application/x-ndjson", "application/vnd.amazon.eventstream"})
_UNSAID: Final = frozenset({"", "text/plain", "application/octet-stream"})
_NO_HEADERS: Final[Mapping[str, str]] = {}


class Progress(Struct, kw_only=True):
    """What a try has come to, known even when it fails. `began` is when, on the call's clock.

    `notes` is what the transport says of it, and `resent` that it sent the request twice.
    """

    began: float
    status: int | None = None
    headers: Mapping[str, str] = _NO_HEADERS
    notes: tuple[str, ...] = ()
    resent: bool = False
    intake: Intake | None = None

    def begin(self, reply: Reply | AsyncReply) -> None:
        """There is a reply."""
        self.status, self.headers, self.notes = reply.status, reply.headers, getattr(reply, "notes", ())
        self.resent = getattr(reply, "resent", False)

    @property
    def delivered(self) -> bool:
        """Whether the caller has been handed any of the answer: then it is too late to start over."""
        return self.intake is not None and self.intake.first_content_at is not None

    @property
    def partial(self) -> LLMResponse | None:
        """What had arrived of a stream."""
        return self.intake.response() if self.intake is not None and self.intake.frames else None


def attempt(call: Call, http: HttpRequest, progress: Progress) -> Flow[LLMResponse]:
    """Send once and read the answer. What a user's own HTTP client raises on purpose passes as it is."""
    verbatim, stream = call.verbatim, call.request.stream
    if verbatim is not None and verbatim.forwarded:
        verbatim.forget()
    try:
        reply: Reply | AsyncReply = yield Open(call.target.transport, http)  # each `yield from` would be a frame more
        progress.begin(reply)
        if reply.status >= 300:
            yield from _refused(call.target, reply)
        if _is_streamed(reply, asked=stream):
            return (yield from _pumped(call, reply, progress))
        at_hand: bytes | None = getattr(reply, "at_hand", _not_at_hand)()
        body: bytes = (yield ReadAll(reply)) if at_hand is None else at_hand
    except StreamInterrupted:
        raise
    except ConnectionLost as error:
        if progress.partial is None:
            raise
        raise StreamInterrupted(f"the stream was cut off: {error.message}") from error
    if verbatim is not None and not stream and call.keeps_reply:
        facts = read_facts(verbatim.dialect, body) if verbatim.facts_suffice else None
        response = facts or _whole(call, reply, body)  # an unusual one is read in whole: errors may be in it
        verbatim.keep(reply.headers, body)
        return response
    if not stream:
        return decoded(reply, body, call.target.dialect.decode_response)
    response = _whole(call, reply, body)
    for event in events_of(response):  # who asked for a stream gets one
        yield from emit(event)
    return response


def _not_at_hand() -> None:
    """Of replies that know nothing of it: they are read."""


def accepted(target: Target, http: HttpRequest, progress: Progress) -> Flow[Reply | AsyncReply]:
    """Send `http`; the reply, when it is a good one. Raises the provider's error."""
    reply: Reply | AsyncReply = yield Open(target.transport, http)
    progress.begin(reply)
    if reply.status >= 300:
        yield from _refused(target, reply)
    return reply


def _refused(target: Target, reply: Reply | AsyncReply) -> Flow[None]:
    """Raises what a reply with a bad status says."""
    if reply.status < 400:
        raise _redirected(reply)
    body = yield from read_all(reply)
    raise target.dialect.decode_error(reply.status, reply.headers, body) from getattr(reply, "cause", None)


def _redirected(reply: Reply | AsyncReply) -> Rejected:
    """Redirects are not followed: a key must not go where the caller did not send it."""
    where = reply.headers.get("location", "").partition("?")[0]
    return Rejected(
        f"the server answers with a redirect to `{where}`, which is not followed: set base_url to where the API is",
        http_status=reply.status,
    )


def _is_streamed(reply: Reply | AsyncReply, *, asked: bool) -> bool:
    """Whether the body is a stream, by what it says of itself, else by what was asked.

    Servers answer a streamed request with plain JSON at times, or the reverse, and some name no type at all, or none
    that is one.
    """
    kind = _kind_of(reply.headers.get("content-type", ""))
    return kind in _STREAMS or (asked and (kind in _UNSAID or "/" not in kind))


@lru_cache(maxsize=64)
def _kind_of(content_type: str) -> str:
    """Without what is said beside it."""
    return content_type.partition(";")[0].strip().lower()


def _pumped(call: Call, reply: Reply | AsyncReply, progress: Progress) -> Flow[LLMResponse]:
    intake = progress.intake = _intake(call, reply)
    try:
        yield from pump(reply, call.target.dialect.framing, intake, intake.tap)
    except TransportError:
        if not intake.finished:  # after its end the connection may do as it likes: a stream ends once
            raise
    return intake.response()


def _intake(call: Call, reply: Reply | AsyncReply) -> Intake:
    """What reads the stream, and keeps it for a sender who wants it as it comes."""
    decoder = call.target.dialect.stream_decoder(strict_end=call.target.spec.strict_end)
    verbatim = call.verbatim
    if verbatim is None or not (call.request.stream and verbatim.keeps):
        return Intake(decoder, call.clock)
    if call.keeps_reply:
        verbatim.keep(reply.headers)
        return Forward(decoder, call.clock, verbatim)
    say = None if verbatim.holds_end else verbatim.say
    return Translated(decoder, call.clock, text_frames_in(call.target.dialect.name), say)


def _whole(call: Call, reply: Reply | AsyncReply, body: bytes) -> LLMResponse:
    """The response in a whole body; Gemini sends a stream so to those who do not ask for SSE."""
    if call.request.stream and body.lstrip().startswith(b"["):
        return _from_array(call, json_of(reply, body))
    return decoded(reply, body, call.target.dialect.decode_response)


def json_of(reply: Reply | AsyncReply, body: bytes) -> Any:
    """The JSON of a body. Raises `DecodeError` for what is none."""
    try:
        return decode_json(body)
    except ValueError:
        raise DecodeError(_what_came(reply, body), data=body) from None


def decoded(reply: Reply | AsyncReply, body: bytes, decode: Callable[[dict[str, Any]], T]) -> T:
    """What `decode` makes of a whole body. Raises `DecodeError` for what is not of its dialect."""
    try:
        wire = decode_json(body)
    except ValueError:
        raise DecodeError(_what_came(reply, body), data=body) from None
    if not isinstance(wire, dict):
        raise DecodeError("the answer is not a JSON object", data=body)
    try:
        return decode(cast("dict[str, Any]", wire))
    except Error:
        raise
    except Exception as error:
        raise unreadable(error, body) from error


def _from_array(call: Call, items: list[Any]) -> LLMResponse:
    """A stream that came as one JSON array: so Gemini sends it where `alt=sse` got lost on the way."""
    intake = Intake(call.target.dialect.stream_decoder(strict_end=call.target.spec.strict_end), call.clock)
    for item in items:
        intake.feed("", encode_json(item))
    intake.finish()
    return intake.response()


def _what_came(reply: Reply | AsyncReply, body: bytes) -> str:
    kind = reply.headers.get("content-type", "no content type")
    advice = "" if "json" in kind else ": is base_url the API's address?"
    return f"the answer is not JSON (HTTP {reply.status}, {kind}, {len(body)} bytes){advice}"


def add_circumstances(error: Error, progress: Progress, retry_after: Callable[[ProviderError], float | None]) -> None:
    """Put onto `error` what the try knew: what had arrived, the HTTP status, and how long to wait."""
    if error.partial is None:
        error.partial = progress.partial
    if isinstance(error, ProviderError):
        error.http_status = error.http_status or progress.status
        if error.retry_after_seconds is None:
            error.retry_after_seconds = retry_after(error)
