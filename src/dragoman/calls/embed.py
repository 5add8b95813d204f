"""Embeddings as a flow: as many requests as the inputs need, one after another, under one deadline."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from dragoman.calls.call import Terms
from dragoman.calls.log import CallLog
from dragoman.calls.prepare import Outgoing, refuse_losses
from dragoman.calls.purse import PURSE
from dragoman.calls.round_trip import RoundTrip, make
from dragoman.dialects import Encoded
from dragoman.dialects.embeddings import EmbeddingCodec, batches
from dragoman.errors import DecodeError, Error
from dragoman.flow import Flow
from dragoman.messages import Attempt, EmbeddingRequest, EmbeddingResponse, Request, Usage, encode_json


class EmbeddingCall(Terms, frozen=True, kw_only=True):
    """One call for embeddings."""

    request: EmbeddingRequest
    codec: EmbeddingCodec


def embed(call: EmbeddingCall) -> Flow[EmbeddingResponse]:
    """Ask for all vectors. Raises one of our errors, with every try in its `attempts`, those that succeeded too.

    All requests are encoded before the first is sent: what cannot be said is known in time.
    """
    started = call.clock()
    deadline = call.deadline_from(started)
    request, notes = _completed(call)
    parts = [replace(request, inputs=inputs) for inputs in batches(request.inputs, call.codec.limits(request.model))]
    encoded = [call.codec.encode_request(part) for part in parts]
    losses = tuple(dict.fromkeys(loss for each in encoded for loss in each.losses))
    refuse_losses(call, losses, request.model)
    purse = PURSE.get()
    if purse is not None:  # for all the requests together
        purse.taken += purse.each
        if purse.taken > purse.held:
            yield from purse.grow()
    answers: list[EmbeddingResponse] = []
    attempts: tuple[Attempt, ...] = ()
    for part, body in zip(parts, encoded, strict=True):
        log = CallLog(call, request.model, started, notes=notes, losses=losses, before=attempts, purse=purse)
        try:
            answer, progress = yield from make(call, _trip(call, part, body), log, deadline)
        except Error:
            if purse is not None and log.tries and log.tries[-1].cost is not None:
                purse.taken += _paid(attempts)  # the whole hold was taken back, also for requests that were paid
            raise
        answers.append(log.finish(answer, progress))
        attempts = answers[-1].attempts
    joined = _joined(answers)
    if purse is not None and joined.cost is not None:
        purse.taken -= purse.each - joined.cost
    return joined


def _completed(call: EmbeddingCall) -> tuple[EmbeddingRequest, tuple[str, ...]]:
    """The request with what the codec prefers or demands and the caller left open, and a note of what is demanded."""
    request, codec = call.request, call.codec
    if request.encoding is None and codec.smallest is not None:
        request = replace(request, encoding=codec.smallest)
    kind = codec.default_input_type
    if kind is None or request.input_type is not None:
        return request, ()
    return replace(request, input_type=kind), (f"input_type={kind} by default: the provider demands one",)


def _trip(call: EmbeddingCall, request: EmbeddingRequest, encoded: Encoded) -> RoundTrip[EmbeddingResponse]:
    def decode(wire: dict[str, Any]) -> EmbeddingResponse:
        response = call.codec.decode_response(wire, request)
        if len(response) != len(request.inputs):
            raise DecodeError(f"{len(request.inputs)} inputs were sent, and {len(response)} vectors came back")
        return response

    path = call.target.at(_path(call, request))
    return RoundTrip(outgoing=Outgoing(path=path, body=encode_json(encoded.wire)), decode=decode)


def _path(call: EmbeddingCall, request: EmbeddingRequest) -> str:
    """Where the provider wants it, else where the codec says."""
    own = call.target.spec.paths.get(call.codec.name)
    return own(Request(model=request.model)) if own else call.codec.path(request)


def _paid(attempts: tuple[Attempt, ...]) -> Decimal:
    return sum((each.cost for each in attempts if each.cost is not None), Decimal(0))


def _joined(answers: list[EmbeddingResponse]) -> EmbeddingResponse:
    """The answers as one. The log of the last request goes on from those before it: cost and attempts are of all."""
    last = answers[-1]
    if len(answers) == 1:
        return last
    return replace(
        last,
        vectors=tuple(vector for answer in answers for vector in answer.vectors),
        usage=sum((answer.usage for answer in answers), Usage()),
        raw=[answer.raw for answer in answers],
    )
