"""From a client, and what is known of it, to an `Instructor` that asks through it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from dragoman.calls import OWN_HEADERS, RetryConfig, Target
from dragoman.client.by_model import ByModel
from dragoman.client.instructor import AsyncCreate, AsyncInstructor, Create, Instructor
from dragoman.client.instructor.verbatim import Verbatim
from dragoman.client.llm import LLM, AsyncLLM
from dragoman.client.mode import Mode, checked
from dragoman.client.plan import Plan
from dragoman.client.technique import usual_mode
from dragoman.client.wrapping.behind import origin_of
from dragoman.client.wrapping.methods import attribute
from dragoman.client.wrapping.sdks import Sdk, Use
from dragoman.client.wrapping.stainless import RESPONSES
from dragoman.client.wrapping.witness import AsyncWrappedTransport, WrappedTransport
from dragoman.dialects import Dialect, dialect_at
from dragoman.errors import ConfigurationError
from dragoman.providers import ProviderSpec
from dragoman.providers.auth import ARGUMENT_ONLY

_ONE_TRY: Final = RetryConfig(max_attempts=1)
"""The SDK tries again itself."""

_RESPONSES: Final = "openai_responses"


class Wrapping(Struct, frozen=True, kw_only=True):
    """A client and what is known of it.

    Attributes:
        sdk: Whose it is.
        use: How it is called.
        spec: Who answers.
        mode: How to get values; `None`: as is right for the model.
    """

    sdk: Sdk
    use: Use
    spec: ProviderSpec
    mode: Mode | None

    def instructor(self, model: str | None, defaults: Mapping[str, Any]) -> Instructor | AsyncInstructor:
        """The face. `defaults` are options of every call."""
        kwargs: dict[str, Any] = {**defaults, **({} if model is None else {"model": model})}
        kept = {name: kwargs.pop(name) for name in ("cache", "cache_ttl") if name in kwargs}
        mode = self.mode or usual_mode(self.spec, self.use.dialect, model or "")
        client, name = self.use.client, self.spec.name
        settings: dict[str, Any] = {"verbatim": self._plain(), "taken": self.sdk.taken, **kept}
        if self.use.asynchronous:
            awaited = ByModel(lambda model: AsyncLLM(self._plan(model)))
            return AsyncInstructor(client, AsyncCreate(awaited, **settings), mode, name, **kwargs)
        blocking = ByModel(lambda model: LLM(self._plan(model)))
        return Instructor(client, Create(blocking, **settings), mode, name, **kwargs)

    def _plan(self, model: str) -> Plan:
        """What decides the calls of `model`."""
        spec, dialect = self.spec, dialect_at(self.use.dialect, self.spec.takes)
        kind = AsyncWrappedTransport if self.use.asynchronous else WrappedTransport
        target = Target(
            spec=replace(spec, auth=ARGUMENT_ONLY),  # the client has its key
            model=model,
            dialect=dialect,
            origin=origin_of(self.use.client),
            prefix="",
            transport=kind(self.sdk.carrier(self.use), model, _headers_of_ours(dialect)),
            quirks=tuple(quirk for quirk in spec.quirks if quirk.dialect in (None, dialect.name)),
        )
        return Plan(target, {"retry_config": _ONE_TRY, **({} if self.mode is None else {"mode": self.mode})})

    def _plain(self) -> Verbatim | None:
        """The client's own method, for calls that want no value, where it takes what Instructor's takes."""
        plain, client = self.sdk.plain, self.use.client
        if plain is None:
            return None

        def call(**arguments: Any) -> Any:
            stream = arguments.get("stream") is True
            if not self.sdk.says_stream:
                arguments.pop("stream", None)
            path = plain(self.use, stream)
            own = RESPONSES if "input" in arguments and _RESPONSES in self.sdk.dialects else path
            return attribute(client, own)(**arguments)

        return Verbatim(call, self.sdk.dialects[0])  # whatever the mode, `messages` go to the usual method


def dialect_for(sdk: Sdk, mode: Mode | None) -> str:
    """What is spoken in `mode`. Raises `ConfigurationError` where the SDK has no such thing."""
    if mode is None or checked(mode).core is not Mode.RESPONSES_TOOLS:
        return sdk.dialects[0]
    if _RESPONSES not in sdk.dialects:
        raise ConfigurationError(f"{mode} is of OpenAI's Responses API, which this client does not speak")
    return _RESPONSES


def _headers_of_ours(dialect: Dialect) -> frozenset[tuple[str, str]]:
    """Those that a client of ours makes. The SDK has its own."""
    return frozenset((name.lower(), value) for name, value in (*OWN_HEADERS, *dialect.headers()))
