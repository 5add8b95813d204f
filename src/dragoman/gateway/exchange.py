"""One call: from a request that was routed here to its last byte, its settlement and its record.

Whatever happens — an answer, a refusal, a caller who leaves, the end of the process's time — the call is settled and
recorded once.
"""

from __future__ import annotations

import asyncio
import logging
from asyncio import Future
from collections.abc import Callable, Coroutine, Mapping, Sequence
from decimal import Decimal
from functools import partial
from time import monotonic, time
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from dragoman.calls.ceiling import estimated_input
from dragoman.calls.log import RESENT
from dragoman.calls.purse import PURSE, Purse
from dragoman.calls.worst_input import PICTURE
from dragoman.client.routers.routed_plan import RoutedPlan
from dragoman.errors import Error, ProviderFailed, Unavailable
from dragoman.flow import Flow, async_run, invoke
from dragoman.gateway.callers import refuse_foreign_page, token_of
from dragoman.gateway.errors_over import forget_frames
from dragoman.gateway.inbound import Inbound, counted_of, embedding_of, inbound_of, name_in, strictness_of
from dragoman.gateway.keys import PREFIX
from dragoman.gateway.lines import CLOSE, CallerLeft, Headers, Line
from dragoman.gateway.operations import OTHER, request_id_of
from dragoman.gateway.record import CallRecord
from dragoman.gateway.replies import Begun, completed, headers_about, losses_in, refusal_of, with_id, word_of
from dragoman.gateway.store.money import at_worst
from dragoman.gateway.streams import Manner, Outgoing
from dragoman.gateway.surfaces import JSON, Endpoint, Header, Place
from dragoman.messages import (
    Attempt,
    EmbeddingRequest,
    EmbeddingResponse,
    Image,
    LLMResponse,
    Loss,
    Request,
    TokenCount,
    Usage,
    encode_json,
)
from dragoman.structured.rules import DEFAULT_RETRIES

if TYPE_CHECKING:
    from dragoman.gateway.keys import Admission, Ledger
    from dragoman.gateway.service import Service
    from dragoman.gateway.store import VirtualKey

_logger: Final = logging.getLogger("dragoman")

_FREE: Final = Decimal(0)
_NO_USAGE: Final = Usage()
_OK: Final = "ok"
_LEFT: Final = "left"


class Exchange:
    """One call under way."""

    __slots__ = (
        "_admission", "_asked", "_broken_off", "_endpoint", "_headers", "_inbound_model", "_key", "_line",
        "_outgoing", "_place", "_purse", "_request_id", "_response", "_service", "_snapshot", "_started",
        "_started_at", "_under_way", "error", "losses", "outcome", "status", "stream",
    )  # fmt: skip

    def __init__(self, service: Service, line: Line, place: Place, endpoint: Endpoint) -> None:
        self._service = service
        self._line = line
        self._place, self._endpoint = place, endpoint
        self._started, self._started_at = monotonic(), time()
        self._headers: Headers = line.headers
        self._request_id = request_id_of(self._headers.get(b"x-request-id"))
        self._inbound_model = ""
        self._snapshot = service.snapshots.current
        self._key: VirtualKey | None = None
        self._purse: Purse | None = None
        self._asked: Future[Admission] | None = None
        self._admission: Admission | None = None
        self._broken_off = False
        self._under_way = False
        self._outgoing: Outgoing | None = None
        self._response: LLMResponse | EmbeddingResponse | None = None
        self.error: Error | None = None
        self.losses: tuple[Loss, ...] = ()
        self.outcome = _OK
        self.status = 200
        self.stream = False

    # ------------------------------------------------------------------ the way of every call

    async def run(self) -> None:
        """Answer. Nothing is raised but the cancellation of somebody else's."""
        drain, task = self._service.operations.drain, self._line.task
        try:
            drain.enter(task)
        except Unavailable as error:
            await self._refuse(error)
            return
        try:
            await _ACTIONS[self._endpoint.action](self)
        except asyncio.CancelledError:
            await self._cancelled()
        except CallerLeft as error:
            self._fail(error, _LEFT)
        except Error as error:
            await self._refuse(error)
        except Exception as error:
            self._broken_off = True
            _logger.exception("%s: a call failed by a fault of the gateway's", self._request_id)
            ours = ProviderFailed(f"the gateway failed: {type(error).__name__}", http_status=500, retryable=False)
            await self._refuse(ours)
        finally:
            if self.error is not None:  # else it was over before the last byte went out
                self._line.unwatch()
            if self._outgoing is not None:
                self._outgoing.stop_watching()
            self._over()
            drain.leave(task)

    async def _cancelled(self) -> None:
        """Whose doing it was: the caller's, who left or does not read; the end of the time; or somebody else's."""
        self._broken_off = True
        line, outgoing = self._line, self._outgoing
        left = line.left or (outgoing is not None and outgoing.stalled)
        expired = self._service.operations.drain.expired
        self._fail(Unavailable("the gateway stops") if expired and not left else CallerLeft(), _LEFT)
        if not left and not expired:
            raise asyncio.CancelledError
        line.task.uncancel()
        if expired and not left:
            await self._refuse(Unavailable("the gateway stops: what had come of the answer is all there is"))

    def _fail(self, error: Error, outcome: str) -> None:
        self.error, self.outcome, self.status = error, outcome, error.status

    async def _refuse(self, error: Error) -> None:
        """Say that there is no answer: as a reply, or inside the stream that has begun."""
        self.error, self.outcome = error, word_of(error)
        self._line.unwatch()
        outgoing = self._outgoing
        if outgoing is not None and outgoing.began:
            await outgoing.fail(with_id(error, self._request_id))
            return
        refusal = refusal_of(self._endpoint.surface.dialect, with_id(error, self._request_id))
        self.status = refusal.status
        headers = [*refusal.headers, *losses_in(error.warnings), *self._own_headers()]
        if refusal.status in _UNREAD:
            headers.append(CLOSE)
        await self._line.reply(refusal.status, headers, refusal.body)

    # ------------------------------------------------------------------ what every action does

    async def _read(self) -> bytes:
        """The body, of a caller that may call."""
        service, line = self._service, self._line
        token = token_of(line.headers, line.query)
        needed = service.key_needed
        if needed or (token is not None and token.startswith(PREFIX)) or service.needs_key_at(line.host):
            self._key = service.find_key(token)
        elif service.guards_pages and b"origin" in line.headers:
            refuse_foreign_page(line.headers[b"origin"])
        if len(service.operations.drain.open_calls) > service.most_open_calls:
            service.refuse_crowd()
        return await line.read(service.body_limits)

    def _plan(self, model: str) -> RoutedPlan:
        """Who answers for `model`. Raises `UnknownModel`."""
        self._inbound_model = model
        snapshot = self._snapshot = self._service.snapshots.current
        key = self._key
        return snapshot.plan_for(model, snapshot.purpose_of(self._headers, key), None if key is None else key.allows)

    def _ask(
        self,
        plan: RoutedPlan,
        request: Request,
        input_tokens: int | None = None,
        ceiling_of: Callable[..., Decimal | None] = RoutedPlan.ceiling_of,
    ) -> Future[Admission] | None:
        """Hold what the call may cost at worst; `None` where nobody counts. What is awaited raises `BudgetExceeded`,
        `RateLimited`, `ModelNotAllowed`.

        `input_tokens`: how many they are at most, where that is not for `request` to tell. `ceiling_of` tells what one
        answer costs at worst.
        """
        key, ledger = self._key, self._service.ledger
        if key is None or ledger is None:
            return None
        tokens = estimated_input(request) if input_tokens is None else input_tokens
        worst = None if key.budget is None else ceiling_of(plan, request, input_tokens=tokens)
        each = worst
        if worst is not None and request.output_format is not None:
            worst *= _answers_to(request)
        longest, answers = request.max_tokens, request.n
        counted = tokens
        if longest is not None and longest > 0:
            counted += longest * answers if answers is not None and answers > 1 else longest
        asked = self._asked = ledger.ask(key, at_worst(worst), counted, request.model, self._request_id)
        if each is not None and worst is not None:
            self._purse = Purse(each, worst, partial(_hold_more, ledger, asked))
            PURSE.set(self._purse)
        return asked

    async def _take_turn(self, model: str) -> None:
        """Be admitted with what costs nothing. Raises as what `_ask` gives does."""
        if self._key is not None and self._service.ledger is not None:
            self._asked = self._service.ledger.ask(self._key, 0, 0, model, self._request_id)
            self._admission = await self._asked

    def _own_headers(self) -> list[Header]:
        request_id = self._request_id.encode("ascii")
        name = self._endpoint.surface.request_id
        return [(name, request_id)] if name == b"x-request-id" else [(name, request_id), (b"x-request-id", request_id)]

    async def _reply(self, wire: Any, headers: list[Header]) -> None:
        await self._reply_bytes(encode_json(wire), headers)

    def _reply_bytes(self, body: bytes, headers: list[Header]) -> Coroutine[Any, Any, None]:
        line = self._line
        line.unwatch()
        return line.reply(200, [JSON, *self._own_headers(), *headers], body)

    # ------------------------------------------------------------------ answers

    async def generate(self) -> None:
        body = await self._read()
        endpoint = self._endpoint
        inbound = inbound_of(endpoint, self._place, self._line.target, self._headers, body)
        request, strictness = inbound.request, strictness_of(self._headers)
        self.stream = request.stream
        plan = self._plan(request.model)
        asked = self._ask(plan, inbound.asked)
        if asked is not None:
            self._admission = await asked
        self._under_way = True
        self._line.watch()
        asking = RoutedPlan.answer if request.output_format is None else _asking(inbound.asked)
        flow = asking(plan, inbound.asked, strictness, verbatim=inbound.verbatim)
        if request.stream:
            await self._stream(inbound, flow)
            return
        response = self._response = await async_run(flow)
        verbatim = inbound.verbatim
        if verbatim.forwarded and verbatim.reply is not None:
            await self._reply_bytes(verbatim.reply, headers_about(response))
        else:
            body, headers = self._translated(response, request)
            await self._reply_bytes(body, headers)

    def _translated(self, response: LLMResponse, request: Request) -> tuple[bytes, list[Header]]:
        """The answer as the caller's dialect has it, and what is said beside it."""
        surface = self._endpoint.surface
        response = completed(response, surface, request, self._request_id, self._started_at)
        encoded = surface.dialect.encode_response(response, request)
        self.losses = encoded.losses
        return encode_json(encoded.wire), headers_about(response, encoded.losses)

    def _completed(self, begun: Begun, request: Request) -> Begun:
        return completed(begun, self._endpoint.surface, request, self._request_id, self._started_at)

    async def _stream(self, inbound: Inbound, flow: Flow[LLMResponse]) -> None:
        surface, verbatim = self._endpoint.surface, inbound.verbatim

        def head() -> list[Header]:
            return [*surface.stream_head, *self._own_headers(), *losses_in(verbatim.losses)]

        manner = Manner(surface=surface, request=inbound.request, head=head, completed=self._completed)
        outgoing = self._outgoing = Outgoing(manner, verbatim, self._line.send, self._line.write_now)
        self._response = await outgoing.pump(flow, self._service.patience)
        self._line.unwatch()
        await outgoing.end()
        self.losses = outgoing.losses

    # ------------------------------------------------------------------ vectors, counts

    async def embed(self) -> None:
        body = await self._read()
        codec, request = embedding_of(self._endpoint, self._place, self._line.target, body)
        strictness = strictness_of(self._headers)
        plan = self._plan(request.model)
        if not plan.embeds:
            await self._take_turn(request.model)
            raise self._snapshot.no_vectors(request.model, None if self._key is None else self._key.allows)
        most = len(body) + PICTURE * sum(isinstance(each, Image) for each in request.inputs)
        asked = self._ask(plan, Request(model=request.model), most, RoutedPlan.embed_ceiling_of)
        if asked is not None:
            self._admission = await asked
        self._under_way = True
        self._line.watch()
        response = self._response = await async_run(plan.embed_request(_as_it_comes(request), strictness))
        encoded = codec.encode_response(response, request)
        self.losses = encoded.losses
        await self._reply(encoded.wire, headers_about(response, encoded.losses))

    async def count(self) -> None:
        body = await self._read()
        request, strictness = counted_of(self._endpoint, self._line.target, body), strictness_of(self._headers)
        plan = self._plan(request.model)
        await self._take_turn(request.model)
        self._under_way = True
        self._line.watch()
        counted = await async_run(plan.count_request(request, strictness))
        counting = self._endpoint.surface.serving.counting
        assert counting is not None  # its path led here
        await self._reply(counting.reply(counted.tokens), losses_in((*counted.warnings, *_guessed(counted))))

    # ------------------------------------------------------------------ lists

    async def models(self) -> None:
        await self._read()
        listing = self._endpoint.surface.serving.listing
        await self._reply(listing.models(self._service.models(self._key)), [])

    async def model(self) -> None:
        await self._read()
        name = self._inbound_model = self._place.model or ""
        listing = self._endpoint.surface.serving.listing
        await self._reply(listing.model(self._service.model(name, self._key)), [])

    async def show(self) -> None:
        name = self._inbound_model = name_in(await self._read())
        show = self._endpoint.surface.serving.listing.show
        assert show is not None  # its path led here
        await self._reply(show(self._service.model(name, self._key)), [])

    # ------------------------------------------------------------------ afterwards

    def _over(self) -> None:
        """Say what the call came to, once, to those who hold money for it, count it, or keep a record."""
        record, service = self._record(), self._service
        if service.ledger is not None and self._endpoint.action in _PAID:
            counted = self._counted(record)
            if self._admission is not None:
                kept = None if record.cost is not None else self._kept(record)
                service.ledger.settle(self._admission, counted or replace(record, model=OTHER, served=""), kept)
            elif self._inbound_model:
                if self._asked is not None:
                    service.ledger.forget(self._asked)
                if counted is not None:
                    service.ledger.note(counted)
        elif service.ledger is not None and self._asked is not None:
            service.ledger.forget(self._asked)
        if self._purse is not None:
            PURSE.set(None)
        service.operations.record(record)
        self._outgoing = None  # which has ways back to this: what is in a ring stays until somebody looks for rings
        if self.error is not None or len(record.attempts) > 1:
            forget_frames(self.error, *(attempt.error for attempt in record.attempts))

    def _counted(self, record: CallRecord) -> CallRecord | None:
        """The record by a name that has a row in the store; `None`: callers may make up any number of such names."""
        snapshot = self._snapshot  # by no other than the one that it was answered by
        name = snapshot.counted_as(record.model)
        if name != record.model:
            record = replace(record, model=name)
        if self._response is not None or record.cost != _FREE:
            return record
        return record if snapshot.names(name) else None

    def _record(self) -> CallRecord:
        """What is remembered of the call, whatever came of it."""
        response, error, outgoing, key = self._response, self.error, self._outgoing, self._key
        told = response if response is not None else error
        usage = response.usage if response is not None else _NO_USAGE
        first = None
        if outgoing is not None:
            first = outgoing.first_content_at
            if response is None and outgoing.usage is not None:
                usage = outgoing.usage.usage
        attempts, losses = ((), ()) if told is None else (told.attempts, told.warnings)
        cost = response.cost if response is not None else self._cost()
        return CallRecord(
            request_id=self._request_id,
            surface=self._endpoint.name,
            action=self._endpoint.action,
            model=self._inbound_model,
            status=self.status,
            outcome=self.outcome,
            when=self._started_at,
            seconds=monotonic() - self._started,
            provider="" if told is None else told.provider or "",
            served="" if told is None else told.model or "",
            key=None if key is None else key.id,
            tenant=None if key is None else key.tenant,
            stream=self.stream,
            usage=usage,
            cost=cost,
            known=_FREE if cost is not None else sum((each.cost for each in attempts if each.cost is not None), _FREE),
            broke_off=cost is None and _broke_off(attempts),
            first_token_seconds=None if first is None else first - self._started,
            attempts=attempts,
            losses=(*losses, *self.losses) if self.losses else losses,
            traceparent=_text(self._headers.get(b"traceparent")),
        )

    def _cost(self) -> Decimal | None:
        """What a call without an answer cost: what its attempts did; of one that was broken off nobody knows."""
        if self.error is not None and self.error.attempts:
            return self.error.cost
        if self._purse is not None and not self._purse.taken:
            return _FREE  # nothing was sent
        return None if self._under_way and self._broken_off else _FREE

    def _kept(self, record: CallRecord) -> Decimal | None:
        """What stays held of a call whose cost is not known: what it may have cost beside what is known."""
        if self._purse is None:
            return None
        if self._endpoint.action == "embed":  # for which no more is taken, once it is over, than it cost
            return self._purse.taken - record.known
        answered = sum(1 for each in record.attempts if each.outcome == _OK and each.cost is not None)
        return self._purse.taken - self._purse.each * answered


def _as_it_comes(request: EmbeddingRequest) -> EmbeddingRequest:
    """Without a wish for base64, which the caller gets from us, however the vectors come."""
    return replace(request, encoding=None) if request.encoding == "base64" else request


def _guessed(counted: TokenCount) -> tuple[Loss, ...]:
    """What is to be said of a number that is not the provider's own."""
    why = f"this is an estimate ({counted.method})"
    return () if counted.exact else (Loss(effect="changed", where="tokens", why=why),)


def _hold_more(ledger: Ledger, asked: Future[Admission], by: Decimal) -> Flow[None]:
    return invoke(async_=partial(ledger.grow, asked.result(), by))  # nothing is sent before it is there


def _asking(asked: Request) -> Callable[..., Flow[LLMResponse]]:
    """How what is to fit a form is asked for: where it has a schema, again and again until it does."""
    from dragoman.gateway.structured import validated, wants_value  # few calls need it

    return validated if wants_value(asked) else RoutedPlan.answer


def _answers_to(request: Request) -> int:
    """How many answers are asked for at most: one that is to fit a schema is asked for again."""
    asks_again = request.output_format is not None and request.output_format.schema is not None
    return 1 + DEFAULT_RETRIES if asks_again else 1


def _broke_off(attempts: Sequence[Attempt]) -> bool:
    """Whether any of the tries of a call may have to be paid though nothing came of it; of none, whether it may."""
    doubtful = (each for each in attempts if each.cost is None)
    return not attempts or any(each.outcome != _OK or RESENT in each.notes for each in doubtful)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


_PAID: Final = frozenset({"generate", "embed"})
"""What a provider is paid for."""

_UNREAD: Final = frozenset({401, 408, 413, 415, 503})
"""Statuses with which a body is refused before it is read: what is left of it must not be taken for a request."""

_ACTIONS: Final[Mapping[str, Callable[[Exchange], Coroutine[Any, Any, None]]]] = {
    "generate": Exchange.generate,
    "embed": Exchange.embed,
    "count": Exchange.count,
    "models": Exchange.models,
    "model": Exchange.model,
    "show": Exchange.show,
}
