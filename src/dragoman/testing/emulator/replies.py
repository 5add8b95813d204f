"""What is said back, whatever it was: with its id, what was noted of the request, and its line on the bill."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from dragoman.dialects import Dialect
from dragoman.dialects.serving import serving_of
from dragoman.errors import Error, ProviderError
from dragoman.messages import EmbeddingResponse, LLMResponse
from dragoman.testing.emulator.bill import BillLine, price
from dragoman.testing.emulator.faults import NO_FAULT, Fault
from dragoman.testing.emulator.http import JSON, HttpCall, Outcome, Reply, json_reply
from dragoman.testing.emulator.journal import SeenRequest
from dragoman.testing.emulator.memory import Memory
from dragoman.testing.emulator.routes import Route
from dragoman.testing.emulator.settings import Settings

OF_MODELS: Final = frozenset({"generate", "embed"})
"""What only a model can do: it is on the bill, and faults strike it."""
_FREE: Final = Decimal(0)
_NOTES: Final = "x-dragoman-notes"
"""The header that says for how many reasons the provider itself would have refused what was answered."""


class Exchange(Struct, kw_only=True):
    """A call on its way through. `allowed` are the methods of its path."""

    call: HttpCall
    seen: SeenRequest
    dialect: Dialect
    request_id: str
    route: Route | None = None
    model: str | None = None
    allowed: tuple[str, ...] = ()
    fault: Fault = NO_FAULT


class Replies:
    """Makes replies, and writes them on the bill of `memory` when they have ended."""

    def __init__(self, settings: Settings, memory: Memory) -> None:
        self._settings, self._memory = settings, memory

    def plain(self, exchange: Exchange, value: Any) -> Reply:
        """`value` as JSON. It is on no bill."""
        return self.with_id(exchange, json_reply(200, value))

    def with_id(self, exchange: Exchange, reply: Reply) -> Reply:
        """The same reply, with the id of its request, the number of notes on that, and the fault that strikes it."""
        name = serving_of(exchange.dialect.name).request_id_header
        reply.headers = (*reply.headers, (name, exchange.request_id))
        if exchange.seen.notes:
            reply.headers = (*reply.headers, (_NOTES, f"{len(exchange.seen.notes)}"))
        reply.fault = exchange.fault
        return reply

    def error(self, exchange: Exchange, error: Error) -> Reply:
        """`error`, as the dialect has it."""
        status, wire = exchange.dialect.encode_error(error)
        given = error.http_status if isinstance(error, ProviderError) else None
        reply = json_reply(given or status, wire)
        if isinstance(error, ProviderError) and error.retry_after_seconds is not None:
            reply.headers = (*reply.headers, ("retry-after", f"{error.retry_after_seconds:g}"))
        if given == 405:
            reply.headers = (*reply.headers, ("allow", ", ".join(exchange.allowed)))
        return self.refused(exchange, self.with_id(exchange, reply))

    def faulty(self, exchange: Exchange, fault: Fault) -> Reply:
        """The reply that a fault asks for in place of an answer."""
        status = fault.status or 200
        if fault.body is None and status >= 400:
            reply = json_reply(status, exchange.dialect.encode_error(fault.error())[1])
        else:
            body = (fault.body or "").encode("utf-8", "surrogateescape")
            reply = Reply(status=status, headers=(("content-type", JSON),), pieces=(body,))
        reply.outcome = "refused" if status >= 400 else "failed"
        if fault.retry_after is not None:
            reply.headers = (*reply.headers, ("retry-after", f"{fault.retry_after}".removesuffix(".0")))
        return self.refused(exchange, self.with_id(exchange, reply))

    # ------------------------------------------------------------------ the bill

    def billed(
        self, exchange: Exchange, reply: Reply, answer: LLMResponse | EmbeddingResponse, tier: str | None = None
    ) -> Reply:
        """`reply`, which is an answer of a model's and is on the bill."""
        cost = price(
            exchange.dialect.name, exchange.model or "", answer.usage, today=self._settings.today, service_tier=tier
        )
        return self._on_the_bill(exchange, reply, id=answer.id, usage=answer.usage, cost=cost)

    def refused(self, exchange: Exchange, reply: Reply) -> Reply:
        """Calls to a model are on the bill also when nothing came of them."""
        if exchange.route is None or exchange.route.action not in OF_MODELS:
            return reply
        return self._on_the_bill(exchange, reply, cost=_FREE)

    def _on_the_bill(self, exchange: Exchange, reply: Reply, **fields: Any) -> Reply:
        seen = exchange.seen
        line = BillLine(
            number=seen.number,
            dialect=exchange.dialect.name,
            model=exchange.model,
            outcome=reply.outcome,
            status=reply.status,
            streamed=reply.streamed,
            pieces=len(reply.pieces),
            **fields,
        )

        def ended(outcome: Outcome, delivered: int) -> None:
            self._memory.write(replace(line, outcome=outcome, delivered=delivered))

        reply.ended = ended
        return reply
