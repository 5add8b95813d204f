"""A lock whose holder does what finalizers ask for meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

import pytest

from dragoman.engines.turn import Turn


@pytest.fixture
def done() -> list[str]:
    return []


@pytest.fixture
def turn(done: list[str]) -> Turn:
    return Turn(lambda: done.append("chore"))


def elsewhere(turn: Turn) -> None:
    """Ask in another thread, and come back when it has been asked."""
    other = Thread(target=turn.ask)
    other.start()
    other.join(10)
    assert not other.is_alive()


def test_the_chore_is_done_at_once_where_nobody_holds_it(turn: Turn, done: list[str]) -> None:
    turn.ask()
    assert done == ["chore"]


@pytest.mark.parametrize("ask", [Turn.ask, elsewhere], ids=["beneath the holder", "in another thread"])
def test_the_chore_is_done_as_the_holder_lets_go(turn: Turn, done: list[str], ask: Callable[[Turn], object]) -> None:
    with turn.held():
        ask(turn)
        done.append("work")
    assert done == ["work", "chore"]


def test_also_when_the_holder_fails(turn: Turn, done: list[str]) -> None:
    def work() -> None:
        with turn.held():
            turn.ask()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert done == ["chore"]


def test_who_holds_it_may_take_it_again(turn: Turn, done: list[str]) -> None:
    with turn.held():
        with turn.held():
            turn.ask()
        assert (turn.is_mine, done) == (True, [])
    assert (turn.is_mine, done) == (False, ["chore"])


def test_what_is_asked_for_during_the_chore_is_done_after_it(done: list[str]) -> None:
    def chore() -> None:
        done.append("begun")
        if len(done) == 1:
            turn.ask()
        done.append("ended")

    turn = Turn(chore)
    turn.ask()
    assert done == ["begun", "ended", "begun", "ended"]


def test_nobody_asks_in_vain(turn: Turn, done: list[str]) -> None:
    """Whenever it is that others let go."""
    others = [Thread(target=elsewhere, args=(turn,)) for _ in range(20)]
    for other in others:
        other.start()
        with turn.held():
            turn.ask()
    for other in others:
        other.join(10)
    assert done
    assert not turn._is_due
