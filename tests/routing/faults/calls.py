"""Calls over a router of either face, whose outcome is one thing: the answer or the error, the events, what was paid."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from dragoman.client.routers.router import AsyncRouter, Router
from dragoman.errors import ConnectFailed, Error, TimedOut
from dragoman.messages import Attempt, Event, LLMResponse
from dragoman.routing.health import Board
from dragoman.routing.policies import Ordered
from dragoman.routing.target import Target
from dragoman.testing import Emulator

FIRST, SECOND = "openai/gpt-4o-mini", "anthropic/claude-haiku-4-5"
FIRST_MODEL, SECOND_MODEL = "gpt-4o-mini", "claude-haiku-4-5"


@dataclass
class Outcome:
    """What a call came to."""

    response: LLMResponse | None = None
    error: Error | None = None
    events: list[Event] = field(default_factory=list)

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        ended = self.response or self.error
        assert ended is not None
        return ended.attempts

    @property
    def tried(self) -> list[str]:
        """How each attempt ended, with who was asked: `openai Overloaded`."""
        return [f"{attempt.target.partition('/')[0]} {attempt.outcome}" for attempt in self.attempts]

    @property
    def cost(self) -> Decimal | None:
        ended = self.response or self.error
        assert ended is not None
        return ended.cost

    @property
    def text(self) -> str:
        """What was seen of the answer."""
        return "".join(event.content for event in self.events if event.content)


class Calls:
    """A router, blocking or awaited, and the calls over it."""

    def __init__(self, mode: str, emulator: Emulator, policy: Any, clock: Callable[[], float], **options: Any) -> None:
        self.mode, self.emulator = mode, emulator
        self._loop = asyncio.Runner() if mode == "async" else None
        clients = {"base_url": emulator.url, "api_key": "k"} | options.pop("clients", {})
        self.router: Any = (Router if mode == "sync" else AsyncRouter)(policy, clients=clients, **options)
        behind = self.router.plan.behind
        behind.routing = replace(behind.routing, clock=clock)

    @property
    def board(self) -> Board:
        return self.router.plan.behind.routing.board

    @property
    def targets(self) -> tuple[Target, ...]:
        return self.router.targets

    @property
    def in_flight(self) -> list[int]:
        return [self.board[target].in_flight for target in self.targets]

    def refused(self, index: int = 0) -> str | None:
        """Why a target would not be asked now."""
        return self.router.health().standings[index].refused

    def until(self, index: int = 0) -> float | None:
        """In how many seconds it may be asked again."""
        return self.router.health().standings[index].until

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        assert self._loop is not None
        return self._loop.run(coroutine)

    def ask(self, *, stream: bool = False, **options: Any) -> Outcome:
        """One call, to its end."""
        outcome = Outcome()
        try:
            if self.mode == "sync":
                outcome.response = self._ask(outcome, stream, options)
            else:
                outcome.response = self.run(self._aask(outcome, stream, options))
        except Error as error:
            outcome.error = error
        return outcome

    def _ask(self, outcome: Outcome, stream: bool, options: dict[str, Any]) -> LLMResponse:
        if not stream:
            return self.router.generate("Hi", **options)
        running = self.router.generate("Hi", stream=True, **options)
        outcome.events.extend(running)
        return running.response

    async def _aask(self, outcome: Outcome, stream: bool, options: dict[str, Any]) -> LLMResponse:
        if not stream:
            return await self.router.generate("Hi", **options)
        running = self.router.generate("Hi", stream=True, **options)
        async for event in running:
            outcome.events.append(event)
        return running.response

    def close(self) -> None:
        if self._loop is None:
            self.router.close()
            return
        self.run(self.router.close())
        self._loop.close()


def unsent(attempt: Attempt) -> bool:
    """Whether there was no connection to send anything over."""
    error = attempt.error
    return isinstance(error, ConnectFailed) or (isinstance(error, TimedOut) and error.phase == "connect")


def check_bill(emulator: Emulator, outcome: Outcome, *, unknown: int = 0) -> None:
    """Each attempt cost what the other side charged for it, but for `unknown` of them: those that it had begun to
    answer and that did not come whole. The sum is then not known, and says why.
    """
    sent = [attempt for attempt in outcome.attempts if not unsent(attempt)]
    lines = sorted(emulator.wait_for_bill(len(sent)), key=lambda line: line.number)
    assert len(lines) == len(sent)
    assert all(attempt.cost == 0 for attempt in outcome.attempts if unsent(attempt))
    for attempt, line in zip(sent, lines, strict=True):
        assert attempt.target.endswith(f"/{line.model}")
        assert attempt.cost in (None, line.cost)
        assert attempt.cost is not None or line.status == 200
    assert sum(attempt.cost is None for attempt in outcome.attempts) == unknown
    assert outcome.cost == (None if unknown else emulator.bill.cost)
    if outcome.response is not None:
        assert (outcome.response.cost_note is not None) == bool(unknown)


def chain(*targets: Any) -> Ordered:
    return Ordered(*(targets or (FIRST, SECOND)))
