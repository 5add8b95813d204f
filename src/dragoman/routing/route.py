"""One call over many targets: who is asked, what follows when that fails, and when to give up.

A flow like any other. What it decides by is pure (`decision.choose`, `verdict.verdict_of`); here is the order of steps.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final, Generic, TypeVar, cast

from msgspec import Struct, field
from msgspec.structs import replace

from dragoman.calls.retry import backoff
from dragoman.errors import Error, FallbackExhausted, NoDeployment, NoFurtherTry, NothingFits, TimedOut
from dragoman.flow import Flow, emit, sleep
from dragoman.messages import LLMResponse, Restarted, Seam, Text
from dragoman.routing.asking import Allowance, Asking
from dragoman.routing.continuing import Continuation, joined
from dragoman.routing.decision import Choice, candidates, choose, may_go_elsewhere, seconds_to_others
from dragoman.routing.features import Features
from dragoman.routing.health import Permit
from dragoman.routing.hedging import Hedging
from dragoman.routing.leg import Leg
from dragoman.routing.refusal import Refusal, seconds_until
from dragoman.routing.routing import Routing
from dragoman.routing.target import Target
from dragoman.routing.tries import Tries
from dragoman.routing.verdict import LASTING, Verdict, retry_after_of, verdict_of
from dragoman.routing.watching import Beginning, Shown, watched

T = TypeVar("T")

_logger: Final = logging.getLogger("dragoman")

_SLOW: Final = Verdict("slow", here=True, elsewhere="yes", blame="nobody")
"""Of a target that is being asked, and may yet answer."""

NOTHING_SHOWN: Final = Shown()
"""Of every call whose caller sees no events."""

_OF_USE: Final = 0.1
"""Seconds before the deadline at which it is too late to wait for anybody."""


def route(routing: Routing, features: Features, asking: Asking[T], deadline: float | None = None) -> Flow[T]:
    """Ask the targets that may be asked, in the policy's order, until one answers.

    `deadline` is on the routing's clock, and holds over everything.

    Raises:
        FallbackExhausted: All that could be asked failed; it has each error, and every attempt.
        NoDeployment: None could be asked; it says of each why not.
        Error: What no other target could do better: a mistake of the caller's, the end of the time.
    """
    return Journey(routing, features, asking, deadline).travel()


class Journey(Struct, Generic[T]):
    """One call under way.

    Attributes:
        tries: What was tried.
        shown: What the caller has seen.
        began: When, on the router's clock.
        first: Whom it would go to if everybody were healthy.
        _out: The targets that are not asked again in this round, with what they failed by.
        _tried: How often each was, in all rounds.
    """

    _routing: Routing
    _features: Features
    _asking: Asking[T]
    _deadline: float | None
    tries: Tries = field(default_factory=Tries)
    shown: Shown = NOTHING_SHOWN
    began: float = 0.0
    first: Target | None = None
    _out: dict[Target, Verdict] = {}
    _tried: dict[Target, int] = {}
    _again: Target | None = None
    _rounds: int = 0
    _reason: str = ""
    _so_far: str = ""
    _cut: int = 0

    def travel(self, *, has_begun: bool = False) -> Flow[T]:
        """The whole way; or what is left of it, of a call that `has_begun` straight to its first target."""
        if self._asking.stream and self.shown is NOTHING_SHOWN:
            self.shown = Shown()
        if not has_begun:
            self.began = self._routing.clock()
            self._routing.board.retry_budget.began(self.began)
        while True:
            now = self._routing.clock()
            choice = self._choose(now)
            leg = self._leg_at_once(choice, now) or (yield from self._wait(choice, now))
            if leg is None:
                continue
            try:
                result = yield from self._ask(leg)
            except Exception as error:  # noqa: BLE001  # judged, and raised again unless another target may be asked
                yield from self.after(leg, error)
            except BaseException:
                leg.permit.released(self._routing.clock())  # the caller has left: nobody's fault
                raise
            else:
                return self._arrived(leg, result)

    # ------------------------------------------------------------------ who is asked

    def _choose(self, now: float) -> Choice:
        """Who is asked next. Raises when there is no more time, or there were too many tries."""
        self._refuse_more(now)
        again, self._again = self._again, None
        if again is not None and self._routing.board[again].refusal(self._features, now) is None:
            return Choice(target=again)
        choice = self._choice(now, self._out)
        self.first = self.first or choice.first
        return choice

    def _choice(self, now: float, out: Mapping[Target, Verdict]) -> Choice:
        """Who of those that are not `out`. Turns are taken once for each call."""
        routing = self._routing
        situation = routing.situation(self._features, now, moves=not self._tried and not out)
        return choose(routing.policy, situation, routing.rules, tried=out, first=self.first)

    def _leg_at_once(self, choice: Choice, now: float) -> Leg | None:
        """Leave to ask who was chosen, where nobody has to wait for it."""
        target = choice.target
        if target is None:
            return None
        if self._out:
            self._pay(target, now)
        permit = self._routing.board[target].begin(self._features, now, anyway=choice.anyway)
        return None if permit is None else Leg(target, permit, now)

    def _wait(self, choice: Choice, now: float) -> Flow[Leg | None]:
        """Wait for who is only busy, or for another round. Raises when that would be too late, or never."""
        found = yield from self._turn(choice)
        if isinstance(found, Leg):
            return found
        if found is None or found.kind == "limited":  # else its health has changed while it was waited for
            yield from self._next_round(choice, found, now)
        return None

    def _turn(self, choice: Choice) -> Flow[Leg | Refusal | None]:
        """Leave to ask whoever is only busy, who is waited for. A refusal: why that would take too long."""
        board, target = self._routing.board, choice.target
        refusal: Refusal | None = None
        for busy in (target,) if target is not None else choice.busy:
            turn = yield from board[busy].turnstile.turn(self._features, self._deadline, self._routing.clock)
            if not isinstance(turn, Refusal):
                return Leg(busy, turn, self._routing.clock())
            refusal = refusal or turn
        return refusal

    def _pay(self, target: Target, now: float) -> None:
        """A further try where nobody is well is one more call for what is down: so many there may be, of all."""
        board = self._routing.board
        if board[target].spared(now) and not board.retry_budget.may_retry(now):
            raise self._exhausted("Health speaks against those left, and there were too many further tries of late.")

    def _next_round(self, choice: Choice, refusal: Refusal | None, now: float) -> Flow[None]:
        """Wait until somebody may be asked. Raises when that would be too late, or never."""
        asked = self._worth_waiting(choice, now)
        pause = None if asked is None else self._pause(asked, self._rounds + 1, now)
        if pause is None:
            raise self._nobody(choice, refusal)
        yield from sleep(pause)
        self._rounds += 1
        for target in [target for target, verdict in self._out.items() if verdict.here]:
            del self._out[target]

    def _worth_waiting(self, choice: Choice, now: float) -> float | None:
        """Seconds before which another round is of no use; `None`: it never is."""
        rules, board = self._routing.rules, self._routing.board
        again = [t for t, verdict in self._out.items() if verdict.here and self._tried[t] < rules.retry.max_attempts]
        if again and board.retry_budget.may_retry(now):
            refusals = [board[target].refusal(self._features, now) for target in again]
            return min(now if refusal is None else refusal.until or now for refusal in refusals) - now
        return None if self.tries else choice.pause(now)

    def _pause(self, asked: float, tried: int, now: float) -> float | None:
        """A pause of `asked` seconds at least, and some more by lot: all who wait for one target would wake at once.

        `None`: it would be too long.
        """
        retry = self._routing.rules.retry
        if asked > retry.max_delay:
            return None
        more = backoff(retry, tried, self._routing.random)
        pause = asked + more if retry.use_jitter else max(asked, more)
        if self._deadline is None or now + pause < self._deadline:
            return pause
        left = self._deadline - now - asked
        return asked + left / 2 if retry.use_jitter and left > _OF_USE else None

    def _refuse_more(self, now: float) -> None:
        if self.tries.errors and len(self.tries) >= self._routing.rules.max_attempts:
            raise self._exhausted(f"max_attempts={len(self.tries)} allows no more tries.", cut_short=True)
        if self._deadline is None or now < self._deadline:
            return
        if self.tries.errors:
            raise self._exhausted("There is no time left for another.", cut_short=True)
        raise TimedOut("no target could be asked in time", phase="total")

    def _nobody(self, choice: Choice, refusal: Refusal | None) -> Error:
        if self.tries.errors:
            return self._exhausted(choice.reasons or "There is no other target.")
        reasons = choice.reasons if refusal is None else f"{choice.reasons}; {refusal.reason}".removeprefix("; ")
        nobody = f"{self._routing.policy!r} names none for {self._features.purpose}"
        kind = NothingFits if refusal is None and choice.fits_nobody else NoDeployment
        error = kind(f"no target may be asked: {reasons or nobody}")
        now = self._routing.clock()
        error.retry_after_seconds = choice.pause(now) if refusal is None else seconds_until(refusal.until, now)
        if error.retry_after_seconds:
            error.hint = f"The first may be asked again in {error.retry_after_seconds:.1f} s."
        return error

    def _exhausted(self, why_no_more: str, *, cut_short: bool = False) -> FallbackExhausted:
        """`cut_short`: for want of tries or time. Another call gets further only past what counts against a target."""
        error = self.tries.exhausted(why_no_more)
        error.__cause__ = self.tries.errors[-1][1]
        verdicts = [verdict_of(each) for each in error.errors]
        gets_further = not cut_short or any(verdict.blame != "nobody" for verdict in verdicts)
        if gets_further and all(verdict.failure in LASTING for verdict in verdicts):
            situation = self._routing.situation(self._features, self._routing.clock(), moves=False)
            left = candidates(self._routing.policy, situation, self._routing.rules, tried=self._out, first=self.first)
            error.retry_after_seconds = seconds_to_others(left)
        self._show_whole(error)
        return error

    def _show_whole(self, error: Exception) -> None:
        """What had arrived is the text of all who went on with it."""
        if self._so_far and isinstance(error, Error) and error.partial is not None:
            error.partial = replace(error.partial, content="", parts=(Text(self.shown.text),))

    # ------------------------------------------------------------------ asking

    def _ask(self, leg: Leg) -> Flow[T]:
        if _logger.isEnabledFor(logging.INFO):
            _logger.info("Trying provider: %s (%s)", leg.target.title, leg.target.place.model)
        return self._shown(leg) if self._asking.stream else self._run(leg)

    def _shown(self, leg: Leg) -> Flow[T]:
        """Ask, and keep in mind what the caller sees of it."""
        if self.shown.begun:
            yield from self._mark(leg.target)
        flow = self._run(leg)
        if not self._so_far:
            return (yield from watched(flow, self.shown))
        going_on = Continuation(self._so_far)
        result = yield from watched(watched(flow, going_on), self.shown)
        self._cut = going_on.cut
        return result

    def _run(self, leg: Leg) -> Flow[T]:
        """The flow that asks `leg`'s target, or that one and another when it is slow."""
        hedge = self._routing.rules.hedge
        if hedge is None or self._so_far:
            return self._asked(leg.target, leg.permit)
        return Hedging(
            routing=self._routing,
            features=self._features,
            hedge=hedge,
            stream=self._asking.stream,
            other_than=self._other_than,
            asked=self._asked,
            lost=self._lost,
        ).run(leg)

    def _other_than(self, slow: Target, now: float) -> Choice:
        return self._choice(now, {**self._out, slow: _SLOW})

    def _asked(self, target: Target, permit: Permit) -> Flow[T]:
        """The flow that asks one target. The first content of a stream tells that one which was out is back."""
        flow = self._asking.ask(target, self._allowance())
        if not self._asking.stream or not permit.finds_out:
            return flow
        return watched(flow, Beginning(lambda: permit.answering(self._routing.clock())))

    def _lost(self, leg: Leg, error: Exception | None) -> None:
        """Record a target that did not win: it failed, or was left."""
        now = self._routing.clock()
        if error is None:
            leg.permit.released(now)
            self.tries.left(leg.target, now - leg.began, "hedged: another target was quicker to begin")
            return
        self._tell(leg, error, now)

    def _allowance(self) -> Allowance:
        left = None if self._deadline is None else self._deadline - self._routing.clock()
        return Allowance(seconds=left, so_far=self._so_far)

    def _mark(self, target: Target) -> Flow[None]:
        """Show the caller of a stream where another target takes over."""
        if self._so_far:
            yield from emit(Seam(target=target.title, reason=self._reason))
            return
        self.shown.forget()
        yield from emit(Restarted(target=target.title, reason=self._reason))

    def _arrived(self, leg: Leg, result: T) -> T:
        now = self._routing.clock()
        asking = self._asking
        response = cast("LLMResponse", result) if asking.response_of is None else asking.response_of(result)
        seconds = now - leg.began
        if response is None:
            leg.permit.succeeded(now, first_token_seconds=None, seconds=seconds, tokens=None)
        else:
            first, tokens = response.first_token_seconds, response.usage.tokens
            leg.permit.succeeded(now, first_token_seconds=first, seconds=seconds, tokens=tokens)
        if _logger.isEnabledFor(logging.INFO):
            _logger.info("Success with provider: %s", leg.target.title)
        if response is None:
            return result
        if not self.tries.attempts:  # then nobody has failed, and there is nothing to go on from
            return result
        whole = self.tries.finish(self._joined(response), now - self.began)
        return cast("T", whole) if asking.with_response is None else asking.with_response(result, whole)

    def _joined(self, response: LLMResponse) -> LLMResponse:
        if not self._so_far:
            return response
        whole = joined(self._so_far, response, self._cut)
        used = [error.partial.usage for _, error in self.tries.errors if isinstance(error, Error) and error.partial]
        return replace(whole, usage=sum(used, response.usage))

    # ------------------------------------------------------------------ what follows from a failure

    def after(self, leg: Leg, error: Exception) -> Flow[None]:
        """Make ready for another target, or another try of the same. Raises `error` when there shall be none."""
        now = self._routing.clock()
        if isinstance(error, NoFurtherTry) and self.tries.errors:  # nothing was sent: nobody is to blame
            leg.permit.released(now)
            raise self._exhausted(error.message) from error
        _logger.warning("Provider %s failed: %s", leg.target.title, error)
        verdict = self._tell(leg, error, now)
        self._reason = type(error).__name__
        if not self._may_go_on(verdict):
            self.tries.complete(error)
            self._show_whole(error)
            raise error
        self._so_far = self.shown.text if self._routing.rules.after_commit == "continue" else ""
        yield from self._again_here(leg.target, verdict, self._tried[leg.target], now)

    def _tell(self, leg: Leg, error: Exception, now: float) -> Verdict:
        """Have a failure count against whoever is to blame, and be known for the rest of the call. What follows."""
        verdict = self._judged(error, now)
        leg.permit.failed(verdict, now, retry_after=retry_after_of(error))
        self.tries.failed(leg.target, error, now - leg.began)
        self._tried[leg.target] = self._tried.get(leg.target, 0) + 1
        self._out[leg.target] = verdict
        return verdict

    def _judged(self, error: Exception, now: float) -> Verdict:
        """What follows. The end of a target's own time is not that of the route's."""
        return verdict_of(error, time_left=self._deadline is None or now < self._deadline)

    def _again_here(self, target: Target, verdict: Verdict, tried: int, now: float) -> Flow[None]:
        """Pause and choose the same target again, where it has tries of its own left."""
        rules, board = self._routing.rules, self._routing.board
        if not verdict.here or tried >= (target.max_attempts or 1) or len(self.tries) >= rules.max_attempts:
            return
        refusal = board[target].refusal(self._features, now)
        at = now if refusal is None else refusal.until
        if at is None or at - now > rules.retry.max_delay or (at > now and self._another(now)):
            return
        if not board.retry_budget.may_retry(now):
            return
        pause = self._pause(at - now, tried, now)
        if pause is not None:
            yield from sleep(pause)
            self._again = target

    def _another(self, now: float) -> bool:
        """Whether anybody else would be asked now: then nobody waits until this one may be asked again."""
        choice = self._choice(now, self._out)
        return choice.target is not None and not choice.anyway

    def _may_go_on(self, verdict: Verdict) -> bool:
        """Whether anybody may be asked once more."""
        seen = self.shown.anything if self._asking.seen is None else self._asking.seen()
        if seen and not self._may_replace():
            return False
        return may_go_elsewhere(verdict.elsewhere, self._routing.rules)

    def _may_replace(self) -> bool:
        """Whether what the caller has been shown may be gone on from, or be void."""
        match self._routing.rules.after_commit:
            case "raise":
                return False
            case "restart":
                return True
            case "continue":
                return self._asking.continues and self.shown.only_text
