"""The ledger against a model of it: whatever is let in, settled, forgotten or killed, and in whatever order."""

from __future__ import annotations

import asyncio
import tempfile
from decimal import Decimal
from pathlib import Path
from time import sleep

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from dragoman.errors import BudgetExceeded, RateLimited
from dragoman.gateway.keys import Admission, Keys, Ledger, Spend, VirtualKey
from dragoman.gateway.store import SqliteStore, Standing, standing_of

from .books import check_laws, crash, rows

BUDGET = Decimal("1.00")
AT_A_TIME = 4
CENTS = st.integers(0, 40).map(lambda cents: Decimal(cents) / 100)


class LedgerMachine(RuleBasedStateMachine):
    """Two processes have one file. What each was told is the model; what the tables say has to agree."""

    admissions: Bundle[tuple[int, Admission, Decimal]] = Bundle("admissions")
    settled: Bundle[tuple[int, Admission, Decimal]] = Bundle("settled")

    @initialize()
    def open(self) -> None:
        self.place = tempfile.TemporaryDirectory()
        self.path = Path(self.place.name) / "store"
        self.loop = asyncio.new_event_loop()
        self.stores = [SqliteStore(self.path), SqliteStore(self.path)]
        self.ledgers = [Ledger(store) for store in self.stores]
        self.key: VirtualKey = Keys(self.stores[0]).create("ann", budget=BUDGET, concurrency=AT_A_TIME)[0]
        self.lives = [0, 0]
        self.open_holds: dict[int, Decimal] = {}
        self.unknown: dict[int, Decimal] = {}
        self.spent = Decimal(0)

    # ------------------------------------------------------------------ what may happen

    @rule(target=admissions, process=st.integers(0, 1), worst=CENTS)
    def admit(self, process: int, worst: Decimal) -> tuple[int, Admission, Decimal] | object:
        asked = self.ledgers[process].admit(self.key, worst=worst, tokens=1, model="m")
        fits = self.spent + self.held + worst <= BUDGET
        free = len(self.open_holds) < AT_A_TIME
        if not (fits and free):
            with pytest.raises(BudgetExceeded if free else RateLimited):
                self.loop.run_until_complete(asked)
            return multiple()
        admission = self.loop.run_until_complete(asked)
        self.open_holds[admission.id] = worst
        return self.lives[process] * 2 + process, admission, worst

    @rule(target=admissions, call=consumes(admissions), by=CENTS)
    def grow(self, call: tuple[int, Admission, Decimal], by: Decimal) -> tuple[int, Admission, Decimal]:
        """It is to be tried again."""
        life, admission, worst = call
        if not self._is_alive(life):
            return call
        asked = self.ledgers[life % 2].grow(admission, by)
        if self.spent + self.held + by > BUDGET:
            with pytest.raises(BudgetExceeded):
                self.loop.run_until_complete(asked)
            return call
        self.loop.run_until_complete(asked)
        self.open_holds[admission.id] += by
        return life, admission, worst + by

    @rule(target=settled, call=consumes(admissions), share=st.integers(0, 100))
    def settle(self, call: tuple[int, Admission, Decimal], share: int) -> tuple[int, Admission, Decimal]:
        cost = call[2] * share / 100
        if self._end(call, Spend(model="m", cost=cost)):
            self.spent += cost
        return call

    @rule(target=settled, call=consumes(admissions))
    def settle_without_cost(self, call: tuple[int, Admission, Decimal]) -> tuple[int, Admission, Decimal]:
        if self._end(call, Spend(model="m", cost=None)):
            self.unknown[call[1].id] = call[2]
        return call

    @rule(target=settled, call=consumes(admissions), share=st.integers(0, 100), kept=st.integers(0, 120))
    def settle_in_part(
        self, call: tuple[int, Admission, Decimal], share: int, kept: int
    ) -> tuple[int, Admission, Decimal]:
        """Of one try it is known what it cost, of another not."""
        known, held = call[2] * share / 200, call[2] * kept / 200
        if self._end(call, Spend(model="m", cost=None, known=known), held):
            self.spent += known
            self.unknown[call[1].id] = min(held, call[2])
        return call

    @rule(target=settled, call=consumes(admissions))
    def release(self, call: tuple[int, Admission, Decimal]) -> tuple[int, Admission, Decimal]:
        self._end(call, None)
        return call

    @rule(call=settled, share=st.integers(0, 100), honest=st.booleans())
    def settle_again(self, call: tuple[int, Admission, Decimal], share: int, *, honest: bool) -> None:
        """It changes nothing, even where the flag of the admission is lost."""
        life, admission, worst = call
        if not self._is_alive(life) or admission.id in self.unknown:
            return
        admission.is_settled = honest
        self._hand_in(life % 2, admission, Spend(model="m", cost=worst * share / 100))

    @rule(process=st.integers(0, 1))
    def kill(self, process: int) -> None:
        """What was under way there becomes unknown as soon as anybody looks."""
        self._flush()
        worker = self.stores[process]._writer._worker
        crash(self.stores[process])
        self.stores[process] = SqliteStore(self.path)
        while rows(self.path, "SELECT 1 FROM workers WHERE id = ?", worker):
            sleep(0.001)  # the other looks in this very moment, and is about to say so
        self.ledgers[process] = Ledger(self.stores[process])
        self.lives[process] += 1
        for hold in [hold for hold in self.open_holds if hold >> 32 == worker]:
            self.unknown[hold] = self.open_holds.pop(hold)

    @rule(share=st.integers(0, 100))
    def resolve_the_oldest(self, share: int) -> None:
        for hold in self.stores[0].unknown_holds()[:1]:
            cost = self.unknown.pop(hold.id) * share / 100
            self.stores[0].resolve(hold.id, cost).result()
            self.spent += cost

    # ------------------------------------------------------------------ what is always so

    @invariant()
    def the_tables_agree_with_the_model(self) -> None:
        self._flush()
        with self.stores[0].reading() as connection:
            standing = standing_of(connection, self.key.id, 0)
        assert standing == Standing(spent=self.spent, held=self.held, inside=len(self.open_holds))
        assert standing.spent + standing.held <= BUDGET
        assert {hold.id: hold.worst for hold in self.stores[1].unknown_holds()} == self.unknown
        check_laws(self.path)

    def teardown(self) -> None:
        for store in self.stores:
            store.close()
        self.loop.close()
        self.place.cleanup()

    # ------------------------------------------------------------------ how

    @property
    def held(self) -> Decimal:
        return sum([*self.open_holds.values(), *self.unknown.values()], Decimal(0))

    def _is_alive(self, life: int) -> bool:
        return self.lives[life % 2] == life // 2

    def _end(self, call: tuple[int, Admission, Decimal], spend: Spend | None, kept: Decimal | None = None) -> bool:
        """Whether its process is there to end it."""
        life, admission, _ = call
        if not self._is_alive(life):
            return False
        del self.open_holds[admission.id]
        self._hand_in(life % 2, admission, spend, kept)
        return True

    def _hand_in(self, process: int, admission: Admission, spend: Spend | None, kept: Decimal | None = None) -> None:
        if spend is None:
            self.ledgers[process].release(admission)
        else:
            self.ledgers[process].settle(admission, spend, kept)
        self._flush()

    def _flush(self) -> None:
        for store in self.stores:
            store.flushed().result()


CHECKS = [HealthCheck.too_slow, HealthCheck.filter_too_much]
TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(max_examples=20, stateful_step_count=25, deadline=None, suppress_health_check=CHECKS)


@pytest.mark.soak
@pytest.mark.timeout(3600)
class TestLedgerLong(LedgerMachine.TestCase):  # pyright: ignore[reportUntypedBaseClass]  # Hypothesis makes it
    settings = settings(max_examples=500, stateful_step_count=60, deadline=None, suppress_health_check=CHECKS)
