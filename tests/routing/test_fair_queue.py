"""The queue that gives tenants turns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.routing.limits.queue import FairQueue

TENANTS = st.sampled_from(["a", "b", "c", None])


def queue_of(*arrivals: str) -> FairQueue[str]:
    """Of `a1`, `b1`, …: the tenant is the letter."""
    queue: FairQueue[str] = FairQueue()
    for arrival in arrivals:
        queue.push(arrival[0], arrival)
    return queue


def drained(queue: FairQueue[str]) -> list[str]:
    return [queue.pop() for _ in range(len(queue))]


@pytest.mark.parametrize(
    ("arrivals", "turns"),
    [
        ("a1 a2 a3", "a1 a2 a3"),
        ("a1 a2 a3 b1", "a1 b1 a2 a3"),
        ("a1 a2 a3 b1 b2 c1", "a1 b1 c1 a2 b2 a3"),
        ("", ""),
    ],
)
def test_tenants_take_turns_and_within_one_it_is_first_come_first_served(arrivals: str, turns: str) -> None:
    assert drained(queue_of(*arrivals.split())) == turns.split()


def test_who_comes_back_has_its_turn_after_those_who_wait() -> None:
    queue = queue_of("a1", "b1", "b2")
    assert queue.pop() == "a1"
    queue.push("a", "a2")
    assert drained(queue) == ["b1", "a2", "b2"]


def test_who_leaves_is_not_served_and_the_others_keep_their_places() -> None:
    queue = queue_of("a1", "a2", "b1")
    assert queue.remove("a", "a1")
    assert not queue.remove("a", "a1")
    assert queue.peek() == "a2"
    assert drained(queue) == ["a2", "b1"]


@pytest.mark.parametrize(
    ("arrivals", "newcomer", "victim"),
    [
        ("a1 a2 a3 b1", "c", "a3"),
        ("a1 a2 a3 b1", "b", "a3"),
        ("a1 a2 b1", "b", None),  # it would only change places with its equal
        ("a1 a2 a3 b1", "a", None),
        ("a1 b1", "c", None),
        ("", "a", None),
    ],
)
def test_room_is_made_by_those_who_have_the_most_waiting(arrivals: str, newcomer: str, victim: str | None) -> None:
    assert queue_of(*arrivals.split()).make_room(newcomer) == victim


@given(st.lists(TENANTS), st.integers(0, 5), TENANTS)
def test_how_many_are_ahead_is_known(arrivals: list[str | None], served: int, tenant: str | None) -> None:
    queue: FairQueue[object] = FairQueue()
    for arrival in arrivals:
        queue.push(arrival, object())
    for _ in range(min(served, len(queue))):
        queue.pop()
    ahead = queue.ahead_of_newcomer(tenant)
    newcomer = object()
    queue.push(tenant, newcomer)
    turns = [queue.pop() for _ in range(len(queue))]
    assert turns.index(newcomer) == ahead


@given(st.lists(TENANTS, max_size=60))
def test_nobody_has_two_turns_while_another_waits_for_the_first(arrivals: list[str | None]) -> None:
    queue: FairQueue[str | None] = FairQueue()
    for arrival in arrivals:
        queue.push(arrival, arrival)
    turns = [queue.pop() for _ in range(len(queue))]
    assert sorted(map(str, turns)) == sorted(map(str, arrivals))
    for place, tenant in enumerate(turns):
        since = next((earlier for earlier in range(place - 1, -1, -1) if turns[earlier] == tenant), None)
        if since is not None:
            between = turns[since + 1 : place]
            assert set(turns[place:]) - {tenant} <= set(between)
