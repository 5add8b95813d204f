"""What both faces share: who is asked, by default how, who is told, and the SDK's client behind them, if any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Self, cast

from dragoman.client.hooks import Handler, HookName, Hooks
from dragoman.client.instructor.creating import Asked, Creating
from dragoman.client.instructor.foreign import ForeignCreate
from dragoman.client.mode import Mode
from dragoman.client.plan import Plan
from dragoman.errors import ConfigurationError

_OF_A_CALL: Final = frozenset(
    {"response_model", "messages", "max_retries", "context", "strict", "hooks", "token_budget"}
)
"""What a method names, so that a default of the client's would never count."""


class InstructorBase:
    """A client in Instructor's manner, with its attributes.

    Args:
        client: The SDK's client that is asked through; `None` on our own transport.
        create: What is called for each answer, with the client's hooks and defaults among the arguments.
        mode: How to get values of the caller's types.
        provider: The name of who answers.
        hooks: Who is told what happens, in every call.
        kwargs: Options of every call that does not say otherwise; `model` is one.
    """

    def __init__(
        self,
        client: Any,
        create: Callable[..., Any],
        mode: Mode = Mode.TOOLS,
        provider: str = "",
        hooks: Hooks | None = None,
        **kwargs: Any,
    ) -> None:
        not_here = min(_OF_A_CALL & kwargs.keys(), default=None)
        if not_here is not None:
            raise ConfigurationError(f"{not_here}= belongs to a call, not to the client")
        self.client = client
        self.create_fn = create
        self._create: Any = create if isinstance(create, Creating) else ForeignCreate(create)
        self.mode = mode
        self.provider = provider
        self.hooks = Hooks() if hooks is None else hooks
        self.kwargs = kwargs

    @property
    def default_model(self) -> str | None:
        """Who answers when the call does not name a model."""
        return self.kwargs.get("model")

    model = default_model

    def handle_kwargs(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """`kwargs`, to which those of the client's are added that they do not have."""
        for name, value in self.kwargs.items():
            kwargs.setdefault(name, value)
        return kwargs

    def on(self, hook_name: HookName | str, handler: Handler) -> None:
        """Have `handler` called at `hook_name` in every call. Raises `ValueError` for a name that is none."""
        self.hooks.on(hook_name, handler)

    def off(self, hook_name: HookName | str, handler: Handler) -> None:
        """Take `handler` away."""
        self.hooks.off(hook_name, handler)

    def clear(self, hook_name: HookName | str | None = None) -> None:
        """Take all handlers of `hook_name` away, or of every hook."""
        self.hooks.clear(hook_name)

    @property
    def chat(self) -> Self:
        """As OpenAI's SDK spells it: `client.chat.completions.create`."""
        return self._path("chat")

    @property
    def completions(self) -> Self:
        """The second half of `client.chat.completions.create`."""
        return self._path("completions")

    @property
    def messages(self) -> Self:
        """As Anthropic's SDK spells it: `client.messages.create`."""
        return self._path("messages")

    @property
    def responses(self) -> Self:
        """As OpenAI's SDK spells its newer API: `client.responses.create`."""
        return self._path("responses")

    def _path(self, name: str) -> Self:
        resource = getattr(self.client, name, None)
        return self if resource is None else cast("Self", Path(self, resource))

    def _llms(self) -> list[Any]:
        """Who was asked, to be closed; a function that is not ours knows nobody."""
        made: Creating[Any] | ForeignCreate = self._create
        return made.llms.end() if isinstance(made, Creating) else []

    def plan(self, model: str) -> Plan:
        """What calls for `model` are decided by, for those who ask through this client."""
        making: Creating[Any] = self._create
        return making.llms[model].plan

    def asked(self, messages: Any, options: Mapping[str, Any], *, stream: bool) -> Asked:
        """What a call with `options` means, for those who ask through this client. A function of others' means nothing.

        Raises `ConfigurationError` for what cannot be right.
        """
        told = self._told(None, messages, None, None, None, None, options)
        del told["response_model"]
        making: Creating[Any] = self._create
        return making.asked(told.pop("messages"), told, stream=stream)

    def _told(  # noqa: PLR0917  # in Instructor's order, as its callers have them
        self,
        response_model: Any,
        messages: Any,
        max_retries: Any,
        context: Any,
        strict: bool | None,
        hooks: Hooks | None,
        options: Mapping[str, Any],
    ) -> dict[str, Any]:
        """The arguments of `create_fn`."""
        response_model, messages = in_order(response_model, messages)
        named = {**options, "max_retries": max_retries, "context": context, "strict": strict}
        said = {name: value for name, value in named.items() if value is not None and name != "stream"}
        given = self.handle_kwargs(said)  # `create_partial(stream=True)` says what it does anyway
        everybody = self.hooks if hooks is None else self.hooks + _checked_hooks(hooks)
        return {"response_model": response_model, "messages": messages, "hooks": everybody, **given}

    def __getattr__(self, name: str) -> Any:
        """What is not here is the SDK's client's."""
        client = None if name.startswith("__") else self.__dict__.get("client")
        if client is None:
            raise AttributeError(f"`{type(self).__name__}` has no attribute `{name}`")
        return getattr(client, name)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.provider}/{self.default_model or '?'} in {self.mode}>"


def _checked_hooks(hooks: object) -> Hooks:
    if not isinstance(hooks, Hooks):
        raise ConfigurationError(f"hooks= is a Hooks, not {type(hooks).__name__}")
    return hooks


def in_order(response_model: Any, messages: Any) -> tuple[Any, Any]:
    """Both, told apart by what they are: Instructor has them in this order for some methods, and not for the rest."""
    swapped = _are_messages(response_model) and not _are_messages(messages)
    return (messages, response_model) if swapped else (response_model, messages)


def _are_messages(given: object) -> bool:
    return isinstance(given, str | list | tuple)


class Path:
    """A path of an SDK's client, such as `client.chat.completions`: our names come first, then those of the SDK."""

    def __init__(self, face: InstructorBase, resource: Any) -> None:
        self._face = face
        self._resource = resource

    def __getattr__(self, name: str) -> Any:
        if name == "completions":  # some SDKs have none under `chat`
            return Path(self._face, getattr(self._resource, name, self._resource))
        return getattr(self._face if hasattr(type(self._face), name) else self._resource, name)

    def __repr__(self) -> str:
        return f"<a path of {self._face!r}>"
