"""The pool alone, with connections that are none: turns, limits, and what happens in the midst of it."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from dragoman.http import Origin
from dragoman.transport import TransportOptions
from dragoman.transport.options import Destination
from dragoman.transport.pool import Pool


class Fake:
    """A connection that is quiet until told otherwise."""

    def __init__(self) -> None:
        self.expires = 0.0
        self.quiet = True
        self.closed = False

    def is_quiet(self) -> bool:
        return self.quiet and not self.closed

    def close(self) -> None:
        self.closed = True

    def abandon(self) -> None:
        self.closed = True


@dataclass(eq=False)
class Turn:
    """A waiter that notes what it is granted, and does something in that very moment."""

    owner: object = None
    meanwhile: Callable[[], object] = lambda: None
    granted: list[Fake | None] = field(default_factory=list)

    def grant(self, connection: Fake | None) -> None:
        self.granted.append(connection)
        self.meanwhile()


def make_pool(**options: object) -> Pool[Fake]:
    return Pool("key", Destination(Origin("http", "h", 80), None, TransportOptions(**options)))


def opened(pool: Pool[Fake]) -> Fake:
    """A connection opened by right."""
    turn = Turn()
    pool.queue(turn)
    assert turn.granted == [None]
    connection = Fake()
    pool.opened(connection)
    return connection


def test_the_newest_idle_connection_is_taken_first() -> None:
    pool = make_pool()
    one, other = opened(pool), opened(pool)
    pool.give_back(one)
    pool.give_back(other)
    assert [pool.take(), pool.take(), pool.take()] == [other, one, None]


def test_a_connection_that_is_not_quiet_is_passed_over_and_closed() -> None:
    pool = make_pool()
    one, other = opened(pool), opened(pool)
    pool.give_back(one)
    pool.give_back(other)
    other.quiet = False
    assert pool.take() is one
    assert other.closed


def test_turns_come_in_order_as_connections_and_as_rights() -> None:
    pool = make_pool(max_connections=2)
    one, other = opened(pool), opened(pool)
    turns = [Turn() for _ in range(4)]
    for turn in turns:
        pool.queue(turn)
    pool.give_back(one)
    pool.discard(other)
    pool.not_opened()
    assert [turn.granted for turn in turns] == [[one], [None], [None], []]


def test_who_leaves_the_line_gets_no_turn() -> None:
    pool = make_pool(max_connections=1)
    one = opened(pool)
    first, second = Turn(), Turn()
    pool.queue(first)
    pool.queue(second)
    assert pool.leave(first)
    pool.give_back(one)
    assert (first.granted, second.granted) == ([], [one])
    assert not pool.leave(second)


def test_only_the_owners_are_dismissed() -> None:
    pool = make_pool(max_connections=1)
    opened(pool)
    mine, other = Turn(owner="me"), Turn(owner="you")
    pool.queue(mine)
    pool.queue(other)
    pool.dismiss("me")
    assert (mine.granted, other.granted) == ([None], [])
    pool.not_opened()
    assert other.granted == [], "the one connection there may be is still open"


def test_a_closed_pool_keeps_nothing() -> None:
    pool = make_pool()
    idle, used = opened(pool), opened(pool)
    pool.give_back(idle)
    pool.close()
    assert (idle.closed, used.closed) == (True, False)
    pool.give_back(used)
    assert used.closed
    assert pool.take() is None


@pytest.mark.timeout(20)
@pytest.mark.parametrize("times", [1, 3])
def test_a_connection_may_be_discarded_in_the_midst_of_a_turn(times: int) -> None:
    """As the garbage collector does it: in the same thread, while the pool is at work."""
    pool = make_pool(max_connections=times + 1)
    dropped = [opened(pool) for _ in range(times)]
    last = opened(pool)
    first = Turn(meanwhile=lambda: [pool.discard(connection) for connection in dropped])
    others = [Turn() for _ in range(times)]
    for turn in (first, *others):
        pool.queue(turn)
    thread = threading.Thread(target=pool.give_back, args=(last,), daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive(), "the pool waits for itself"
    assert first.granted == [last]
    assert [turn.granted for turn in others] == [[None]] * times


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_there_are_never_too_many_and_no_turn_is_lost(seed: int) -> None:
    dice, pool, most = random.Random(seed), make_pool(max_connections=3, max_idle=2), 3
    waiting: list[Turn] = []
    used: list[Fake] = []
    rights = 0
    for _ in range(500):
        match dice.randrange(6):
            case 0 | 1:
                connection = pool.take()
                if connection is None:
                    waiting.append(Turn())
                    pool.queue(waiting[-1])
                else:
                    used.append(connection)
            case 2 if used:
                pool.give_back(used.pop(dice.randrange(len(used))))
            case 3 if used:
                pool.discard(used.pop(dice.randrange(len(used))))
            case 4 if rights:
                rights -= 1
                used.append(Fake())
                pool.opened(used[-1])
            case 5 if rights:
                rights -= 1
                pool.not_opened()
        for turn in [turn for turn in waiting if turn.granted]:
            waiting.remove(turn)
            used += [connection for connection in turn.granted if connection is not None]
            rights += turn.granted.count(None)
        assert len(used) + rights <= most
        assert not waiting or len(used) + rights == most, "someone waits although there is room"
