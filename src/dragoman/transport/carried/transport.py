"""Code of others' as a transport: our body goes in, the provider's answer comes out, that code does the rest.

A client's own keys, addresses, proxies, hooks, limits and retries count. The time that is left of the call's own goes
along where the SDK takes it for one call; an SDK that tries again may come back late, which the log then says.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from inspect import isawaitable
from time import monotonic
from typing import Final, TypeVar, cast

from dragoman.errors import Error, TimedOut, UnsupportedFeature
from dragoman.http import HttpRequest
from dragoman.transport.borrowed import Borrowed
from dragoman.transport.carried.carrier import Carrier
from dragoman.transport.carried.failures import Said, raise_failure, refusal_in
from dragoman.transport.carried.replies import (
    Answer,
    AsyncHttpReply,
    AsyncPiecesReply,
    AsyncWholeReply,
    Http,
    HttpReply,
    Parsed,
    Pieces,
    PiecesReply,
    WholeReply,
    refused,
    whole,
)
from dragoman.transport.carried.sending import Sending, sending_of

T = TypeVar("T")

_logger: Final = logging.getLogger("dragoman")


class _Carried(Borrowed):
    """What both faces share.

    Args:
        carrier: The client, and how it is called.
        model: Who is asked; `None`: whom the body names.
        ours: Headers that a client of ours makes, in whose place the SDK has its own.
    """

    def __init__(
        self, carrier: Carrier, model: str | None = None, ours: frozenset[tuple[str, str]] = frozenset()
    ) -> None:
        super().__init__()
        self._carrier = carrier
        self._model = model
        self._ours = ours

    def _sending(self, request: HttpRequest) -> Sending:
        self._refuse_closed()
        return sending_of(request, self._model, self._ours)

    def _explain(self, error: Exception) -> Said:
        """The provider's answer in `error`. Raises what is none: ours for a connection, others as they are."""
        refusal = None if isinstance(error, Error) else refusal_in(error, self._carrier.roots)
        if refusal is None:
            raise_failure(error, self._carrier.roots)
            raise error
        return refusal


def _warn_if_late(sending: Sending) -> None:
    late = 0.0 if sending.deadline is None else monotonic() - sending.deadline
    if late > 0:
        _logger.warning(
            "`%s` answered %.1f s after timeout= was over: the SDK's client has limits and retries of its own",
            sending.model, late,
        )  # fmt: skip


class CarriedTransport(_Carried):
    """For threads."""

    def open(self, request: HttpRequest) -> WholeReply | HttpReply | PiecesReply:
        sending = self._sending(request)
        try:
            given = self._carrier.send(sending)
            _refuse_awaitable(given)
            reply = self._reply(self._carrier.answer(given, sending), request)
        except Exception as error:  # noqa: BLE001  # raised again when it is no provider's answer
            return refused(self._explain(error), error, WholeReply)
        _warn_if_late(sending)
        return self._kept(reply)

    def _reply(self, answer: Answer, request: HttpRequest) -> WholeReply | HttpReply | PiecesReply:
        match answer:
            case Parsed():
                return whole(answer, WholeReply)
            case Http():
                return HttpReply(answer, request)
            case Pieces():
                return PiecesReply(answer, request, self._explain)


class AsyncCarriedTransport(_Carried):
    """For tasks. The call's time is kept to exactly: the SDK's call is cancelled."""

    async def open(self, request: HttpRequest) -> AsyncWholeReply | AsyncHttpReply | AsyncPiecesReply:
        sending = self._sending(request)
        try:
            given = await _in_time(self._carrier.send(sending), sending)
            reply = self._reply(self._carrier.answer(given, sending), request)
            if isinstance(reply, AsyncPiecesReply):
                await _in_time(reply.begin(), sending)
        except Exception as error:  # noqa: BLE001  # raised again when it is no provider's answer
            return cast("AsyncWholeReply", refused(self._explain(error), error, AsyncWholeReply))
        return self._kept(reply)

    def _reply(self, answer: Answer, request: HttpRequest) -> AsyncWholeReply | AsyncHttpReply | AsyncPiecesReply:
        match answer:
            case Parsed():
                return cast("AsyncWholeReply", whole(answer, AsyncWholeReply))
            case Http():
                return AsyncHttpReply(answer, request)
            case Pieces():
                return AsyncPiecesReply(answer, request, self._explain)


def _refuse_awaitable(given: object) -> None:
    if isawaitable(given):
        close = getattr(given, "close", None)
        if callable(close):
            close()  # else Python says that it was never awaited
        raise UnsupportedFeature(
            "the client's method is async, and the call is not: pass the SDK's synchronous client, or say that it is "
            "async where it is wrapped"
        )


async def _in_time(given: Awaitable[T] | T, sending: Sending) -> T:
    """What `given` comes to. Raises `TimedOut` when that takes longer than the call may."""
    if not isawaitable(given):  # a mock that is none of an async method's
        return given
    left = None if sending.deadline is None else max(sending.deadline - monotonic(), 0.0)
    limit = asyncio.timeout(left)
    try:
        async with limit:
            return await given
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TimedOut("the SDK's client had no answer in the time that the call may take", phase="total") from error
