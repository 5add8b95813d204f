"""What a call may cost is held before it is sent, and what it cost is settled once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dragoman.errors import BudgetExceeded, ConfigurationError, Error, KeyRefused, ModelNotAllowed, RateLimited
from dragoman.gateway.keys import Admission, Keys, Ledger, Spend, VirtualKey
from dragoman.gateway.keys.ledger import _Line
from dragoman.gateway.store import Batch, SqliteStore, Standing, standing_of, usage_rows
from dragoman.messages import Usage
from tests.gateway.store.books import Clock, rows

D = Decimal


class Caller:
    """A key, and calls with it."""

    def __init__(self, store: SqliteStore, ledger: Ledger, key: VirtualKey, clock: Clock) -> None:
        self.store = store
        self.ledger = ledger
        self.key = key
        self.clock = clock

    async def admit(self, worst: str | None = "0.1", tokens: int = 100, model: str = "gpt") -> Admission:
        return await self.ledger.admit(
            self.key, worst=None if worst is None else D(worst), tokens=tokens, model=model, request_id="r1"
        )

    def settle(self, admission: Admission, cost: str | None = "0.1", **facts: Any) -> None:
        facts = {"model": "gpt", "provider": "openai", "served": "gpt-1", **facts}
        self.ledger.settle(admission, Spend(cost=None if cost is None else D(cost), **facts))

    async def call(self, worst: str | None = "0.1", cost: str | None = "0.1") -> None:
        self.settle(await self.admit(worst), cost)

    async def refused(self, kind: type[Error], **call: Any) -> Any:
        with pytest.raises(kind) as caught:
            await self.admit(**call)
        return caught.value

    async def standing_at_last(self) -> Standing:
        """When those who have left are known to have left."""
        await self.ledger.flush()
        return await self.standing()

    async def standing(self) -> Standing:
        await self.ledger.flush()
        with self.store.reading() as connection:
            return standing_of(connection, self.key.id, self.key.period_at(self.clock.wall))


Made = Callable[..., Caller]


@pytest.fixture
def caller(store: SqliteStore, keys: Keys, ledger: Ledger, clock: Clock) -> Made:
    def make(**terms: Any) -> Caller:
        return Caller(store, ledger, keys.create("ann", **terms)[0], clock)

    return make


def run(scene: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(scene())


def stands(spent: str, held: str = "0", inside: int = 0) -> Standing:
    return Standing(spent=D(spent), held=D(held), inside=inside)


# ---------------------------------------------------------------------- money


def test_the_worst_is_held_and_then_the_cost_is_spent(caller: Made) -> None:
    ann = caller(budget=D(1))

    async def scene() -> None:
        admission = await ann.admit("0.4")
        assert await ann.standing() == stands("0", held="0.4", inside=1)
        ann.settle(admission, "0.0123456789")
        assert await ann.standing() == stands("0.0123456789")

    run(scene)


@pytest.mark.parametrize(
    ("budget", "spent", "held", "worst", "goes"),
    [
        ("1", "0.5", "0.3", "0.2", True),
        ("1", "0.5", "0.3", "0.200000000001", False),
        ("1", "0", "0", "1", True),
        ("1", "0", "0", "1.000000000001", False),
        ("0", "0", "0", "0", True),
        ("0", "0", "0", "0.000000000001", False),
        ("1", "0", "0.9999999999999", "0", True),
        ("1", "0", "0", "99999999", False),
        ("1", "0", "0", "Infinity", False),
    ],
)
def test_what_is_spent_and_held_never_passes_the_budget(
    caller: Made, budget: str, spent: str, held: str, worst: str, *, goes: bool
) -> None:
    ann = caller(budget=D(budget))

    async def scene() -> None:
        await ann.call(spent, spent)
        await ann.admit(held)
        if goes:
            await ann.admit(worst)
        else:
            error = await ann.refused(BudgetExceeded, worst=worst)
            assert error.status == 402

    run(scene)


def test_the_refusal_says_what_there_is(caller: Made) -> None:
    ann = caller(budget=D("2.5"), period="day")

    async def scene() -> None:
        await ann.call("1", "0.25")
        await ann.admit("2")
        error = await ann.refused(BudgetExceeded, worst="0.5")
        assert error.message == (
            "this call may cost $0.5; of the key's $2.5 a day, $0.25 is spent "
            "and $2 held for calls whose cost is not known yet"
        )

    run(scene)


@pytest.mark.parametrize(("unpriced", "goes"), [("refuse", False), ("allow", True)])
def test_a_model_without_a_price_needs_leave_where_there_is_a_budget(
    caller: Made, unpriced: str, *, goes: bool
) -> None:
    ann = caller(budget=D(1), unpriced=unpriced)

    async def scene() -> None:
        if goes:
            await ann.call(worst=None, cost=None)
            assert await ann.standing() == stands("0")
            assert ann.store.unknown_holds() == []  # what has no price is not in doubt: it is counted as unpriced
        else:
            await ann.refused(BudgetExceeded, worst=None)

    run(scene)


def test_a_second_settlement_does_nothing(caller: Made, store: SqliteStore) -> None:
    ann = caller()

    async def scene() -> None:
        admission = await ann.admit()
        ann.settle(admission, "0.05")
        ann.settle(admission, "0.07")
        ann.ledger.release(admission)
        assert await ann.standing() == stands("0.05")

    run(scene)


def test_nor_does_one_that_the_store_is_handed_twice(caller: Made, store: SqliteStore) -> None:
    """As after a commit of which nobody knew whether it was one."""
    ann = caller()

    async def scene() -> None:
        admission = await ann.admit()
        for _ in range(2):
            ann.settle(admission, "0.05")
            admission.is_settled = False
        ann.settle(admission, "0.05")
        assert await ann.standing() == stands("0.05")
        admission.is_settled = False
        ann.settle(admission, "0.05")
        admission.is_settled = False
        ann.settle(admission, None)
        assert await ann.standing() == stands("0.05")

    run(scene)


def test_what_was_never_sent_is_free_and_in_no_report(caller: Made) -> None:
    ann = caller(budget=D(1))

    async def scene() -> None:
        ann.ledger.release(await ann.admit("1"))
        assert await ann.standing() == stands("0")
        assert rows(ann.store.path, "SELECT * FROM usage") == []

    run(scene)


def test_a_call_that_is_tried_again_holds_more(caller: Made) -> None:
    ann = caller(budget=D(1))

    async def scene() -> None:
        admission = await ann.admit("0.4")
        await ann.ledger.grow(admission, D("0.4"))
        assert await ann.standing() == stands("0", held="0.8", inside=1)
        with pytest.raises(BudgetExceeded, match=r"this call may cost \$0.4; of the key's \$1, .* \$0.8 held"):
            await ann.ledger.grow(admission, D("0.4"))
        await ann.refused(BudgetExceeded, worst="0.4")
        ann.settle(admission, "0.6")
        assert await ann.standing() == stands("0.6")

    run(scene)


def test_what_is_held_for_more_is_of_the_period_in_which_the_call_began(caller: Made, clock: Clock) -> None:
    ann = caller(budget=D(1), period="day")

    async def scene() -> None:
        admission = await ann.admit("0.4")
        began = ann.key.period_at(clock.wall)
        clock.advance(86400)
        await ann.call("1", "1")  # all of the next day's
        await ann.ledger.grow(admission, D("0.6"))
        with pytest.raises(BudgetExceeded):
            await ann.ledger.grow(admission, D("0.1"))
        await ann.ledger.flush()
        with ann.store.reading() as connection:
            assert standing_of(connection, ann.key.id, began) == stands("0", held="1", inside=1)
        ann.settle(admission, "0.9")
        await ann.ledger.flush()
        with ann.store.reading() as connection:
            assert standing_of(connection, ann.key.id, began) == stands("0.9")
        assert await ann.standing() == stands("1")

    run(scene)


def test_a_call_whose_key_is_revoked_is_not_tried_again(caller: Made, keys: Keys) -> None:
    ann = caller(budget=D(1))

    async def scene() -> None:
        admission = await ann.admit("0.4")
        await asyncio.to_thread(keys.revoke, "ann")
        with pytest.raises(KeyRefused, match="revoked"):
            await ann.ledger.grow(admission, D("0.4"))
        ann.settle(admission, "0.4")
        assert await ann.standing() == stands("0.4")

    run(scene)


def test_for_a_call_that_is_over_no_more_is_held(caller: Made) -> None:
    ann = caller(budget=D(1))

    async def scene() -> None:
        admission = await ann.admit("0.4")
        ann.settle(admission, "0.1")
        await ann.ledger.flush()
        with pytest.raises(BudgetExceeded, match="nothing is held"):
            await ann.ledger.grow(admission, D("0.1"))
        assert await ann.standing() == stands("0.1")

    run(scene)


def test_of_a_cost_that_is_known_in_part_the_rest_stays_held(caller: Made) -> None:
    """One try broke off, and the next was answered."""
    ann = caller(budget=D(1))

    async def scene() -> None:
        admission = await ann.admit("0.3")
        await ann.ledger.grow(admission, D("0.3"))
        spend = Spend(model="gpt", provider="openai", cost=None, known=D("0.2"), broke_off=True)
        ann.ledger.settle(admission, spend, D("0.3"))
        assert await ann.standing() == stands("0.2", held="0.3")
        (unknown,) = ann.store.unknown_holds()
        assert unknown.worst == D("0.3")
        ann.store.resolve(unknown.id, D("0.1")).result()
        assert await ann.standing() == stands("0.3")
        with ann.store.reading() as connection:
            (row,) = usage_rows(connection, [])
        assert (row.requests, row.unpriced, row.cost) == (1, 0, D("0.3"))

    run(scene)


def test_a_call_that_broke_off_is_listed_though_its_key_has_no_budget(caller: Made) -> None:
    """What is spent and what is listed are the whole bill, of every key."""
    ann = caller()

    async def scene() -> None:
        ann.settle(await ann.admit(None), None, broke_off=True, outcome="ConnectionLost")
        assert await ann.standing() == stands("0")
        (unknown,) = ann.store.unknown_holds()
        assert (unknown.key, unknown.worst, unknown.why) == (ann.key.id, None, "its cost is not known")
        ann.store.resolve(unknown.id, D("0.1")).result()
        assert await ann.standing() == stands("0.1")

    run(scene)


def test_a_call_of_unknown_cost_counts_in_full_until_somebody_says_what_it_was(caller: Made) -> None:
    ann = caller(budget=D(1))

    async def scene() -> None:
        ann.settle(await ann.admit("0.8"), None, outcome="StreamInterrupted")
        assert await ann.standing() == stands("0", held="0.8")
        await ann.refused(BudgetExceeded, worst="0.3")
        (unknown,) = ann.store.unknown_holds()
        assert (unknown.key, unknown.worst, unknown.request_id) == (ann.key.id, D("0.8"), "r1")
        assert (unknown.model, unknown.provider, unknown.why) == ("gpt", "openai", "its cost is not known")
        ann.store.resolve(unknown.id, D("0.1")).result()
        assert await ann.standing() == stands("0.1")
        assert ann.store.unknown_holds() == []
        with ann.store.reading() as connection:
            (row,) = usage_rows(connection, [])
        assert (row.requests, row.failed, row.unpriced, row.cost) == (1, 1, 0, D("0.1"))

    run(scene)


@pytest.mark.parametrize("cost", ["-1", "NaN", "Infinity", "1000000"])
def test_a_cost_that_cannot_be_right_is_not_known(caller: Made, cost: str) -> None:
    ann = caller()

    async def scene() -> None:
        await ann.call("0.2", cost)
        assert await ann.standing() == stands("0", held="0.2")
        (unknown,) = ann.store.unknown_holds()
        with pytest.raises(ConfigurationError, match="a call does not cost"):
            ann.store.resolve(unknown.id, D(cost)).result()

    run(scene)


def test_only_an_unknown_hold_can_be_resolved(caller: Made) -> None:
    ann = caller()

    async def scene() -> None:
        admission = await ann.admit()
        with pytest.raises(ConfigurationError, match=f"no unknown hold {admission.id}"):
            ann.store.resolve(admission.id, D(0)).result()

    run(scene)


def test_amounts_are_exact_and_never_rounded_down(caller: Made) -> None:
    ann = caller()

    async def scene() -> None:
        for cost in ("0.000000000001", "0.0000000000001", "0.1", "0.2"):
            await ann.call("1", cost)
        assert await ann.standing() == stands("0.300000000002")

    run(scene)


# ---------------------------------------------------------------------- periods and windows


@pytest.mark.parametrize(
    ("period", "later", "is_new"),
    [
        ("total", 400 * 86400, False),
        ("day", 15 * 3600, False),  # 08:00 to 23:00 UTC
        ("day", 16 * 3600, True),
        ("month", 16 * 86400, False),  # the 31st
        ("month", 17 * 86400, True),
    ],
)
def test_a_budget_begins_anew_with_its_period(
    caller: Made, clock: Clock, period: str, later: float, *, is_new: bool
) -> None:
    ann = caller(budget=D(1), period=period)

    async def scene() -> None:
        await ann.call("1", "1")
        clock.advance(later)
        if is_new:
            await ann.call("1", "1")
        await ann.refused(BudgetExceeded, worst="0.1")

    run(scene)


def test_a_clock_that_goes_back_and_forth_gives_no_budget_twice(caller: Made, clock: Clock) -> None:
    ann = caller(budget=D(1), period="day")

    async def scene() -> None:
        for _ in range(3):
            for day in (0, 1):
                clock.wall = 1_800_000_000.0 + day * 86400
                await asyncio.gather(*(ann.call("0.5", "0.5") for _ in range(4)), return_exceptions=True)
                assert await ann.standing() == stands("1")

    run(scene)


def test_what_is_settled_after_midnight_belongs_to_the_day_it_was_begun(caller: Made, clock: Clock) -> None:
    ann = caller(budget=D(1), period="day")

    async def scene() -> None:
        admission = await ann.admit("1")
        clock.advance(86400)
        await ann.call("0.2", "0.2")
        ann.settle(admission, "0.9")
        assert await ann.standing() == stands("0.2")
        clock.wall -= 86400
        assert await ann.standing() == stands("0.9")

    run(scene)


def test_no_window_of_a_minute_has_more_requests_than_allowed(caller: Made, clock: Clock) -> None:
    ann = caller(requests_per_minute=3)
    times: list[float] = []

    async def scene() -> None:
        while clock.steady < 10_400:
            try:
                await ann.call()
            except RateLimited as error:
                clock.advance(max((error.retry_after_seconds or 0) / 2, 0.25))
            else:
                times.append(clock.steady)
                clock.advance(0.7)

    run(scene)
    assert all(later - first > 60 for first, later in zip(times, times[3:], strict=False))
    assert len(times) >= 3 * 6


def test_the_wait_that_is_told_is_enough(caller: Made, clock: Clock) -> None:
    ann = caller(requests_per_minute=2, tokens_per_minute=250)

    async def scene() -> None:
        await ann.admit(tokens=100)
        clock.advance(10.5)
        await ann.admit(tokens=100)
        for tokens in (10, 100):
            error = await ann.refused(RateLimited, tokens=tokens)
            assert error.status == 429
            clock.advance(error.retry_after_seconds)
            await ann.admit(tokens=tokens)

    run(scene)


def test_tokens_are_corrected_when_the_call_is_over(caller: Made, clock: Clock) -> None:
    ann = caller(tokens_per_minute=1000)

    async def scene() -> None:
        ann.settle(await ann.admit(tokens=900), usage=Usage(input_tokens=300, output_tokens=200))
        ann.settle(await ann.admit(tokens=400), usage=Usage(total_tokens=450))
        await ann.refused(RateLimited, tokens=51)
        await ann.admit(tokens=50)
        error = await ann.refused(RateLimited, tokens=1001)
        assert "more than the 1,000 of this key's minute" in error.message

    run(scene)


@pytest.mark.parametrize("tokens", [-5, 2**70, "many", None])
def test_tokens_that_cannot_be_right_count_as_was_estimated(caller: Made, tokens: Any) -> None:
    ann = caller(tokens_per_minute=1000)

    async def scene() -> None:
        ann.settle(await ann.admit(tokens=900), usage=Usage(total_tokens=tokens, input_tokens=tokens))
        await ann.refused(RateLimited, tokens=101)
        await ann.admit(tokens=100)

    run(scene)


def test_windows_do_not_care_for_a_clock_that_people_set(caller: Made, clock: Clock) -> None:
    ann = caller(requests_per_minute=1)

    async def scene() -> None:
        await ann.call()
        for jump in (3600, -7200, 10**6):
            clock.wall += jump
            await ann.refused(RateLimited)

    run(scene)


def test_after_a_start_of_the_machine_the_last_minute_counts_as_now(path: Path, clock: Clock) -> None:
    """The steady clock begins anew; what was sent before lies in its future."""
    with clock.store(path) as store:
        key, _ = Keys(store).create("ann", requests_per_minute=2)
        asyncio.run(Caller(store, Ledger(store), key, clock).call())
    clock.steady = 5.0
    with clock.store(path) as store:
        ann = Caller(store, Ledger(store), key, clock)

        async def scene() -> None:
            await ann.call()
            error = await ann.refused(RateLimited)
            assert error.retry_after_seconds <= 61
            clock.advance(error.retry_after_seconds)
            await ann.call()

        run(scene)


def test_only_so_many_at_a_time(caller: Made) -> None:
    ann = caller(concurrency=2)

    async def scene() -> None:
        first, _ = await ann.admit(), await ann.admit()
        error = await ann.refused(RateLimited)
        assert error.retry_after_seconds == 1
        ann.settle(first, None)  # of unknown cost, and yet over
        third = await ann.admit()
        await ann.refused(RateLimited)
        ann.ledger.release(third)
        await ann.admit()

    run(scene)


# ---------------------------------------------------------------------- rights


def test_a_model_that_is_not_allowed(caller: Made) -> None:
    ann = caller(models=("claude-*", "gpt"))

    async def scene() -> None:
        await ann.admit(model="gpt")
        error = await ann.refused(ModelNotAllowed, model="gemini")
        assert (error.status, error.message) == (
            403,
            "this key may not ask for `gemini`, but for claude-*, gpt",
        )

    run(scene)


def test_a_key_that_was_revoked_a_moment_ago_is_not_let_in(caller: Made, keys: Keys) -> None:
    """The transaction looks at the key itself, not at the copy that the caller holds."""
    ann = caller()
    keys.revoke("ann")
    run(lambda: ann.refused(KeyRefused))


def test_nor_one_that_the_store_does_not_have(caller: Made, ledger: Ledger) -> None:
    ann = caller()
    ann.key = VirtualKey(id="key_0", name="bob")
    run(lambda: ann.refused(KeyRefused))


def test_other_terms_hold_from_the_next_call_on(caller: Made, keys: Keys) -> None:
    ann = caller(budget=D(1))

    async def scene() -> None:
        await ann.call("1", "1")
        await ann.refused(BudgetExceeded)
        keys.change("ann", budget=D(2))
        await ann.call("1", "1")

    run(scene)


# ---------------------------------------------------------------------- many at once, and those who leave


@pytest.mark.parametrize("share", ["0.1", "0.03"])
def test_fifty_callers_at_once_never_pass_a_budget(caller: Made, share: str) -> None:
    ann = caller(budget=D("0.5"))

    async def one() -> int:
        try:
            admission = await ann.admit(share)
        except BudgetExceeded:
            return 0
        standing = await ann.standing()
        assert standing.spent + standing.held <= D("0.5")
        ann.settle(admission, share)
        return 1

    async def scene() -> None:
        let_in = sum(await asyncio.gather(*(one() for _ in range(50))))
        assert let_in == int(D("0.5") / D(share))
        assert await ann.standing() == stands(str(let_in * D(share)))

    run(scene)


def test_whoever_leaves_while_waiting_leaves_nothing_held(caller: Made) -> None:
    ann = caller(budget=D(1), concurrency=1)

    async def scene() -> None:
        for turns in range(6):  # before it is handed on, while it is written, when it has been told
            task = asyncio.create_task(ann.admit("1"))
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
            (outcome,) = await asyncio.gather(task, return_exceptions=True)
            if isinstance(outcome, Admission):  # it was too late to leave
                ann.ledger.release(outcome)
            assert await ann.standing_at_last() == stands("0")

    run(scene)


def test_whoever_leaves_when_told_leaves_nothing_held(caller: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is there, and before it is heard the caller is gone."""
    ann = caller(budget=D(1))
    tell = _Line.tell

    async def scene() -> None:
        task = asyncio.create_task(ann.admit("1"))

        def tell_and_cancel(line: _Line, outcomes: Sequence[Any]) -> None:
            line.loop.call_soon_threadsafe(task.cancel)
            tell(line, outcomes)

        monkeypatch.setattr(_Line, "tell", tell_and_cancel)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await ann.standing_at_last() == stands("0")

    run(scene)


def test_a_loop_that_is_gone_leaves_nothing_held(caller: Made) -> None:
    """The loop is closed before the answer comes."""
    ann = caller(budget=D(1))
    loop = asyncio.new_event_loop()
    task = loop.create_task(ann.admit("1"))
    loop.call_soon(loop.stop)  # after one round
    loop.run_forever()
    line = ann.ledger._line
    assert line is not None
    loop.close()
    line.hand_on()
    task._log_destroy_pending = False  # type: ignore[attr-defined]  # it is left undone on purpose

    async def scene() -> None:
        assert await ann.standing_at_last() == stands("0")

    run(scene)


def test_what_was_settled_on_a_loop_that_is_gone_is_written(caller: Made) -> None:
    ann = caller()
    run(lambda: ann.call("0.5", "0.2"))

    async def scene() -> None:
        assert await ann.standing() == stands("0.2")

    run(scene)


def test_what_is_over_goes_with_whoever_asks_within_its_own_time(
    caller: Made, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A timer that was set for what others have taken along hands nothing on that has just come."""
    ann = caller()
    posted: list[tuple[int, int]] = []
    timers: list[Callable[[], None]] = []
    post = store.post

    def watched(batch: Batch) -> None:
        posted.append((len(batch.over), len(batch.asked)))
        post(batch)

    async def scene() -> None:
        first, second = await ann.admit(), await ann.admit()
        monkeypatch.setattr(store, "post", watched)
        monkeypatch.setattr(
            asyncio.get_running_loop(), "call_later", lambda _seconds, ring: timers.append(ring), raising=False
        )
        ann.settle(first)
        third = await ann.admit()
        ann.settle(second)
        timers.pop()()
        assert posted == [(1, 1)]
        timers.pop()()
        assert posted == [(1, 1), (1, 0)]
        assert not timers
        ann.settle(third)
        assert len(timers) == 1

    run(scene)


def test_threads_without_a_loop_may_settle(caller: Made) -> None:
    ann = caller()

    async def scene() -> None:
        admission = await ann.admit()
        await asyncio.to_thread(ann.settle, admission, "0.02")
        await asyncio.to_thread(ann.ledger.note, Spend(model="gpt", cost=D("0.5")))
        assert await ann.standing() == stands("0.02")

    run(scene)


# ---------------------------------------------------------------------- usage


def test_usage_is_added_up_by_what_is_asked(caller: Made, ledger: Ledger, store: SqliteStore, clock: Clock) -> None:
    ann = caller(tenant="blue")

    async def scene() -> None:
        usage = Usage(input_tokens=10, output_tokens=5, cache_read_tokens=4, reasoning_tokens=2)
        ann.settle(await ann.admit(), "0.01", usage=usage)
        ann.settle(await ann.admit(), "0.02", usage=usage, outcome="left")
        ledger.note(Spend(model="claude", provider="anthropic", cost=D("0.5"), tenant="red"))
        await ledger.flush()
        clock.advance(86400)
        ann.settle(await ann.admit(), "0.04", usage=usage, model="gpt-5")
        await ledger.flush()

    run(scene)
    with store.reading() as connection:
        by_tenant = usage_rows(connection, ["tenant"])
        by_day = usage_rows(connection, ["day", "model"])
        ours = usage_rows(connection, ["key"], key=ann.key.id)
        assert usage_rows(connection, ["model"], key="nobody") == []
    assert [(row.place, row.cost) for row in by_tenant] == [
        ({"tenant": "blue"}, D("0.07")),
        ({"tenant": "red"}, D("0.5")),
    ]
    assert [(row.place["day"], row.place["model"], row.requests) for row in by_day] == [
        ("2027-01-15", "claude", 1),
        ("2027-01-15", "gpt", 2),
        ("2027-01-16", "gpt-5", 1),
    ]
    (row,) = ours
    counts = (row.requests, row.failed, row.unpriced, row.input_tokens, row.output_tokens)
    assert (*counts, row.cache_read_tokens, row.reasoning_tokens) == (3, 1, 0, 30, 15, 12, 6)
