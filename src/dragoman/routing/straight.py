"""The straight way: to a target that a policy names first for every call, while that one is well.

Most calls of a chain are answered by its first target. What a decision would look at is settled for it beforehand, so
that no more is left than its health and how long the call is. What is decided, recorded and left on the board is what
`route` would; whatever is unusual goes on as the `Journey` that it would have been.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, TypeVar, cast

from msgspec import Struct

from dragoman.flow import Flow
from dragoman.messages import LLMResponse
from dragoman.routing.asking import Allowance, Asking
from dragoman.routing.features import Features
from dragoman.routing.fitting import Room, room_of, unfit
from dragoman.routing.health import Condition
from dragoman.routing.leg import Leg
from dragoman.routing.route import NOTHING_SHOWN, Journey
from dragoman.routing.routing import Routing
from dragoman.routing.target import Target
from dragoman.routing.watching import Shown, watched

T = TypeVar("T")

_logger: Final = logging.getLogger("dragoman")


class First(Struct, frozen=True):
    """The target that is named first for every call of a router, against which no rule of the router's speaks.

    Attributes:
        room: How long a call it surely takes, of those that ask for nothing but text.
        streams: Whether it can be asked for a stream.
    """

    target: Target
    condition: Condition
    room: Room
    streams: bool

    def surely_takes(self, tokens_in: float, tokens_out: int | None, *, stream: bool) -> bool:
        """Whether it can do what asks for nothing but text. `tokens_in`: the most that the input may be."""
        return (self.streams or not stream) and self.room.holds(tokens_in, tokens_out)

    def takes(self, features: Features) -> bool:
        """Whether it can do a call which it takes a look to tell of."""
        return unfit(self.target, features) is None


def first_of(routing: Routing) -> First | None:
    """Who is always asked first; `None` where that depends on the call, or two may be asked at once."""
    target, rules = routing.policy.foremost, routing.rules
    if target is None or rules.hedge is not None:
        return None
    if rules.allow is not None and target.place.provider not in rules.allow:
        return None
    streams = unfit(target, Features(needs=frozenset({"stream"}))) is None
    return First(target, routing.board[target], room_of(target), streams)


def straight(
    routing: Routing, first: First, features: Callable[[], Features], asking: Asking[T], limit: float | None
) -> Flow[T]:
    """`route`, for a call that `first` takes and that names no model. `limit`: how many seconds it may take in all."""
    target, condition = first.target, first.condition
    began = routing.clock()
    deadline = None if limit is None else began + limit
    routing.board.retry_budget.began(began)
    permit = condition.enter(began)
    if permit is None and condition.well and condition.counts_tokens:
        permit = condition.begin(features(), began)
    if permit is None:
        journey = Journey(routing, features(), asking, deadline, began=began)
        return (yield from journey.travel(has_begun=True))
    tells = _logger.isEnabledFor(logging.INFO)
    if tells:
        _logger.info("Trying provider: %s (%s)", target.title, target.place.model)
    shown = Shown() if asking.stream else NOTHING_SHOWN
    try:
        flow = asking.ask(target, Allowance(seconds=limit))
        result = yield from watched(flow, shown) if asking.stream else flow
    except Exception as error:  # noqa: BLE001  # judged, and raised again unless another target may be asked
        journey = Journey(routing, features(), asking, deadline, shown=shown, began=began, first=target)
        yield from journey.after(Leg(target, permit, began), error)
    except BaseException:
        permit.released(routing.clock())  # the caller has left: nobody's fault
        raise
    else:  # as `Journey` does when a target has answered, in fewer frames
        now = routing.clock()
        response = cast("LLMResponse", result) if asking.response_of is None else asking.response_of(result)
        if response is None:
            condition.succeeded(permit, now, None, now - began, None)
        else:
            tokens = None if permit.booking is None else response.usage.tokens
            condition.succeeded(permit, now, response.first_token_seconds, now - began, tokens)
        if tells:
            _logger.info("Success with provider: %s", target.title)
        return result
    return (yield from journey.travel(has_begun=True))
