"""`Hooks`: functions of the caller's that are told what happens in a call, under Instructor's names.

The names and what a handler gets with each are those of Instructor 1.17 (read 2026-11-21):

hook                       a handler gets                               when
-------------------------  -------------------------------------------  ------------------------------------------
`completion:kwargs`        the fields of the body, by keyword           before each request
`completion:response`      the provider's answer                        when it has come, a stream when it is read (*)
`completion:usage`         the tokens of all answers so far             after that, where the provider counts
`parse:error`              why the answer does not fit                  after each that does not
`completion:error`         why there is no answer                       after each request that failed
`completion:last_attempt`  why there will be no value                   once, as the last of all

(*) The stream of an SDK's own method, which is called where no value is asked for, is given as it is, when it is there.

Those that tell of an error also get `attempt_number`, `max_attempts` (`None`: not known) and `is_last_attempt`, if they
take them. What a handler raises becomes a warning: the call goes on.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from enum import Enum
from inspect import Parameter, iscoroutinefunction, signature
from traceback import format_exc
from typing import Any, Self, TypeAlias

from dragoman.client.stacklevel import stacklevel_of_caller
from dragoman.errors import ConfigurationError, Error
from dragoman.messages import LLMResponse, Request, Usage

Handler: TypeAlias = Callable[..., object]


class HookName(Enum):
    """What can be listened to."""

    COMPLETION_KWARGS = "completion:kwargs"
    COMPLETION_RESPONSE = "completion:response"
    COMPLETION_ERROR = "completion:error"
    COMPLETION_LAST_ATTEMPT = "completion:last_attempt"
    COMPLETION_USAGE = "completion:usage"
    PARSE_ERROR = "parse:error"


class Hooks:
    """Handlers by the name of their hook, called in the order in which they were added."""

    def __init__(self) -> None:
        self._handlers: dict[HookName, list[Handler]] = {}

    def on(self, hook_name: HookName | str, handler: Handler) -> None:
        """Have `handler` called at `hook_name`.

        Raises `ValueError` for a name that is none, `ConfigurationError` for what is not called and for a coroutine
        function, which nobody awaits.
        """
        if not callable(handler):
            raise ConfigurationError(f"a handler is called when something happens; {type(handler).__name__} cannot be")
        name = self.get_hook_name(hook_name)
        if iscoroutinefunction(handler) or iscoroutinefunction(getattr(handler, "__call__", None)):  # noqa: B004  # of an object whose call is one
            raise ConfigurationError(
                f"a handler of `{name.value}` is called and not awaited, also by async clients: pass a plain function, "
                "which may start a task (asyncio.get_running_loop().create_task)"
            )
        self._handlers.setdefault(name, []).append(handler)

    def off(self, hook_name: HookName | str, handler: Handler) -> None:
        """Take `handler` away; one that is not there is no error."""
        name = self.get_hook_name(hook_name)
        handlers = self._handlers.get(name, [])
        if handler in handlers:
            handlers.remove(handler)
            if not handlers:
                del self._handlers[name]

    def clear(self, hook_name: HookName | str | None = None) -> None:
        """Take all handlers of `hook_name` away, or of every hook."""
        if hook_name is None:
            self._handlers.clear()
        else:
            self._handlers.pop(self.get_hook_name(hook_name), None)

    @staticmethod
    def get_hook_name(hook_name: HookName | str) -> HookName:
        """The hook of that name. Raises `ValueError`."""
        try:
            return HookName(hook_name)
        except ValueError:
            names = ", ".join(each.value for each in HookName)
            raise ValueError(f"Invalid hook name: {hook_name}. There are: {names}") from None

    def has(self, hook_name: HookName) -> bool:
        """Whether anybody listens."""
        return bool(self._handlers.get(hook_name))

    def emit(self, hook_name: HookName, *args: Any, **kwargs: Any) -> None:
        """Call the handlers of `hook_name`; `kwargs` go to those that take them."""
        for handler in tuple(self._handlers.get(hook_name, ())):
            try:
                handler(*args, **_taken(handler, kwargs))
            except Exception:  # noqa: BLE001  # a listener does not end what it listens to
                told = f"Error in {hook_name.value} handler:\n{format_exc()}"
                warnings.warn(told, stacklevel=stacklevel_of_caller())

    def emit_completion_arguments(self, *args: Any, **kwargs: Any) -> None:
        """A request is about to be sent, with these fields in its body."""
        self.emit(HookName.COMPLETION_KWARGS, *args, **kwargs)

    def emit_completion_response(self, response: Any) -> None:
        """The provider has answered."""
        self.emit(HookName.COMPLETION_RESPONSE, response)

    def emit_completion_usage(self, usage: Any, **told: Any) -> None:
        """So many tokens were used, by all answers of the call."""
        self.emit(HookName.COMPLETION_USAGE, usage, **told)

    def emit_completion_error(self, error: Exception, **told: Any) -> None:
        """There is no answer, but `error`."""
        self.emit(HookName.COMPLETION_ERROR, error, **told)

    def emit_completion_last_attempt(self, error: Exception, **told: Any) -> None:
        """It ended with `error`, and will not be tried again."""
        self.emit(HookName.COMPLETION_LAST_ATTEMPT, error, **told)

    def emit_parse_error(self, error: Exception, **told: Any) -> None:
        """The answer does not fit: `error`."""
        self.emit(HookName.PARSE_ERROR, error, **told)

    def copy(self) -> Hooks:
        """The same handlers in another list."""
        return Hooks.combine(self)

    @classmethod
    def combine(cls, *hooks_instances: Hooks) -> Self:
        """The handlers of all, those of the first before those of the second."""
        combined = cls()
        for each in hooks_instances:
            if not isinstance(each, Hooks):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are not type-checked
                raise TypeError(f"Expected Hooks instance, got {type(each)}")
            combined += each
        return combined

    def __add__(self, other: object) -> Hooks:
        return Hooks.combine(self, other) if isinstance(other, Hooks) else NotImplemented

    def __iadd__(self, other: Hooks) -> Self:
        if not isinstance(other, Hooks):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are not type-checked
            return NotImplemented
        for name, handlers in other._handlers.items():
            self._handlers.setdefault(name, []).extend(tuple(handlers))
        return self

    def __bool__(self) -> bool:
        """Whether anybody listens to anything."""
        return any(self._handlers.values())

    def __repr__(self) -> str:
        counts = {name.value: len(handlers) for name, handlers in self._handlers.items() if handlers}
        return f"<Hooks {counts}>"


def _taken(handler: Handler, told: Mapping[str, Any]) -> Mapping[str, Any]:
    """What `handler` takes of it by keyword."""
    try:
        parameters = signature(handler).parameters.values()
    except (TypeError, ValueError):  # a built-in function that does not say
        return {}
    if any(each.kind is Parameter.VAR_KEYWORD for each in parameters):
        return told
    named = {each.name for each in parameters if each.kind in (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)}
    return {name: value for name, value in told.items() if name in named}


class HookWatcher:
    """Tells `hooks` what happens in one call: a `Watcher`.

    Args:
        hooks: Who is told.
        kwargs_of: The fields of the body that a request becomes.
        completion_of: What the provider answered, as the caller knows it.
        max_attempts: How often the model is asked at most, if that is known.
    """

    def __init__(
        self,
        hooks: Hooks,
        *,
        kwargs_of: Callable[[Request], Mapping[str, Any]],
        completion_of: Callable[[LLMResponse], Any],
        max_attempts: int | None,
    ) -> None:
        self._hooks = hooks
        self._kwargs_of = kwargs_of
        self._completion_of = completion_of
        self._max_attempts = max_attempts
        self._used = Usage()
        self._answers = 0

    def asked(self, request: Request) -> None:
        if self._hooks.has(HookName.COMPLETION_KWARGS):
            self._hooks.emit_completion_arguments(**self._kwargs_of(request))

    def answered(self, response: LLMResponse) -> None:
        if self._hooks.has(HookName.COMPLETION_RESPONSE):
            self._hooks.emit_completion_response(self._completion_of(response))
        self._answers += 1
        self._used += response.usage
        if response.usage.tokens is not None:
            self._hooks.emit_completion_usage(self._used, attempt_number=self._answers)

    def unfit(self, response: LLMResponse, error: ValueError, *, asked: int, is_last: bool) -> None:  # noqa: ARG002  # as every watcher
        told = self._attempt(asked, is_last=is_last)
        self._hooks.emit_parse_error(error, **told)
        if is_last:
            self._hooks.emit_completion_last_attempt(error, **told)

    def failed(self, error: Error, *, asked: int, is_last: bool) -> None:
        told = self._attempt(asked, is_last=is_last)
        self._hooks.emit_completion_error(error, **told)
        if is_last:
            self._hooks.emit_completion_last_attempt(error, **told)

    def _attempt(self, number: int, *, is_last: bool) -> dict[str, Any]:
        return {"attempt_number": number, "max_attempts": self._max_attempts, "is_last_attempt": is_last}
