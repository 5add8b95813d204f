"""What each target is asked of one call: the call's words over the target's over the router's, within their limits.

What all calls to a target have in common is found out at the first of them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from dragoman.calls import RetryConfig
from dragoman.client.requests import beyond_options
from dragoman.client.routers.behind import Behind
from dragoman.client.routers.limits import AT_LEAST, limits_at, seconds_within
from dragoman.client.routers.servers import ONE_TRY, Server, Wish
from dragoman.client.understood import Settled
from dragoman.errors import LossRefused
from dragoman.flow import Flow
from dragoman.http import Timeouts
from dragoman.messages import LLMResponse, Loss, Message, Request, Role
from dragoman.routing.asking import Allowance
from dragoman.routing.features import Features
from dragoman.routing.target import Target

_logger: Final = logging.getLogger("dragoman")

_GO_ON: Final = (
    "Your answer above was cut off. Go on from exactly where it ends: repeat nothing of it, say nothing about this."
)

_NOTHING: Final[Mapping[str, Any]] = {}

OF_THE_CONVERSATION: Final = frozenset({"system", "messages", "images", "documents"})
"""Options that say the conversation, which is the same for all targets."""


class Call(Struct, frozen=True, kw_only=True):
    """One call, understood once for all targets.

    Attributes:
        features: Finds out what policies may know of it. The straight way need not.
        length: The most input tokens that it can be; `inf` where that takes a look, and where it needs more of a model
            than its text.
        output_tokens: The most that its answer may be, where that is said.
        messages: The conversation.
        said: What the call says besides; the router's own options are not among it.
        timeout: The limits of the route.
        limit: How many seconds the route may take.
        retry: How patiently targets are asked again, in place of the rules'.
        stream: Whether the caller sees the events.
        request: What is asked, where it was given as one.
    """

    features: Callable[[], Features]
    length: float
    output_tokens: int | None
    messages: tuple[Message, ...]
    said: Mapping[str, Any]
    timeout: float | Timeouts | None
    limit: float | None
    retry: RetryConfig | None
    stream: bool
    request: Request | None = None


class Usual(Struct, frozen=True):
    """What all calls to one target have in common.

    Attributes:
        server: Who is asked.
        timeout: Limits of the target's own.
        limits: Those of a call that says nothing of time, where the route has no end.
        settled: Their options, with these limits.
    """

    server: Server
    timeout: float | Timeouts | None
    limits: Timeouts
    settled: Settled

    def seconds_of(self, allowance: Allowance) -> float | None:
        """How long it may take over a call that says nothing of time."""
        total, seconds = self.limits.total, allowance.seconds
        if total is None and (seconds is None or seconds >= AT_LEAST):
            return seconds
        return seconds_within(total, seconds)


class Wishes:
    """Makes of a call what one target is asked.

    Args:
        behind: Who is behind each target.
        defaults: The router's own options.

    Attributes:
        usual: The router's options, but for those that say the conversation.
    """

    def __init__(self, behind: Behind, defaults: Mapping[str, Any]) -> None:
        self.usual = beside_the_conversation(defaults)
        self._behind = behind
        self._usual_at: dict[Target, Usual] = {}

    def wish(
        self, call: Call, target: Target, allowance: Allowance, named: str | None
    ) -> tuple[Server, Wish, Callable[[LLMResponse], LLMResponse]]:
        """Who is asked, what, and what the response is to tell besides. `named` is the model that the call names."""
        usual = self._usual_at.get(target) or self._settle(target)
        model = None if named is None else usual.server.model_for(named)
        if "timeout" in call.said:
            limits = limits_at(call.timeout, usual.timeout, None)
            seconds = seconds_within(limits.total, allowance.seconds)
        else:
            limits, seconds = usual.limits, usual.seconds_of(allowance)
        wish = Wish(
            messages=_going_on(call.messages, allowance.so_far) if allowance.so_far else call.messages,
            settled=usual.settled,
            said=call.said,
            limits=limits,
            seconds=seconds,
            model=model,
            stream=call.stream,
            request=call.request,
        )
        told = as_it_is if model == named else _told_of(target, named, model)
        if call.request is not None and not usual.server.takes_requests:
            told = _telling(told, beyond_options(call.request), wish, target)
        return usual.server, wish, told

    def usual_at(self, target: Target) -> Usual:
        """What calls to `target` have in common. Raises `ConfigurationError` for options."""
        return self._usual_at.get(target) or self._settle(target)

    def _settle(self, target: Target) -> Usual:
        server = self._behind.servers[target]
        timeout = target.options.get("timeout", server.timeout)
        limits = limits_at(self.usual.get("timeout"), timeout, None)
        said = {**self.usual, **target.options, "retry_config": ONE_TRY, "timeout": limits}
        usual = self._usual_at[target] = Usual(server, timeout, limits, server.settled(said))
        return usual


def beside_the_conversation(options: Mapping[str, Any]) -> Mapping[str, Any]:
    """`options` but for those that say the conversation."""
    if options.keys() <= OF_THE_CONVERSATION:
        return _NOTHING
    return {name: value for name, value in options.items() if name not in OF_THE_CONVERSATION}


def as_it_is(response: LLMResponse) -> LLMResponse:
    return response


def retold(flow: Flow[LLMResponse], told: Callable[[LLMResponse], LLMResponse]) -> Flow[LLMResponse]:
    """`flow`, of whose response something is `told` besides."""
    return told((yield from flow))


def _told_of(target: Target, named: str | None, model: str | None) -> Callable[[LLMResponse], LLMResponse]:
    """Says on a response that another model was asked than the caller named (X8)."""
    loss = Loss(effect="changed", where="model", why=f"{target.title} has no `{named}`: `{model}` was asked")
    _logger.warning("%s", loss)
    return lambda response: replace(response, warnings=(*response.warnings, loss))


def _telling(
    told: Callable[[LLMResponse], LLMResponse], losses: tuple[Loss, ...], wish: Wish, target: Target
) -> Callable[[LLMResponse], LLMResponse]:
    """Says on a response what was lost besides. Raises `LossRefused` where nothing may be."""
    if losses and wish.options.get("on_loss") == "error":
        raise LossRefused(losses, provider=target.place.provider, model=target.place.model)

    def and_lost(response: LLMResponse) -> LLMResponse:
        response = told(response)
        return replace(response, warnings=(*response.warnings, *losses))

    return and_lost if losses else told


def _going_on(messages: tuple[Message, ...], so_far: str) -> tuple[Message, ...]:
    """The conversation in which an answer was cut off. Every provider takes it, also those who go on from no prefix."""
    return (*messages, Message(Role.ASSISTANT, so_far), Message(Role.USER, _GO_ON))
