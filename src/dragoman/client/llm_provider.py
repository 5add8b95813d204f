"""Providers as interchangeable objects: `LLMProvider`, three of them, and the factory that makes them by name.

The interface is for those who write against it or bring a provider of their own. Ours are thin: each asks through an
`AsyncLLM`, with the messages and the response of this library.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Sequence
from functools import partial, wraps
from inspect import iscoroutinefunction
from typing import Any, ClassVar, Final, Self, Unpack

from msgspec.structs import replace

from dragoman.client.by_model import ByModel
from dragoman.client.create import create_llm
from dragoman.client.llm import AsyncLLM
from dragoman.client.options import ClientOptions, KeyLike, MessageLike
from dragoman.client.plan import Plan
from dragoman.client.streams import AsyncStream
from dragoman.errors import UnknownProvider
from dragoman.messages import LLMResponse, Message
from dragoman.providers import how_unknown

_OLLAMA_SECONDS: Final = 60.0


class LLMProvider(ABC):
    """Someone who answers. Subclasses may write `stream` as an async generator, or as a coroutine that gives one:
    either way the caller writes `async for text in provider.stream(...)`.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        stream = vars(cls).get("stream")
        if iscoroutinefunction(stream):
            cls.stream = _in_either_shape(stream)

    @property
    @abstractmethod
    def name(self) -> str:
        """How it is called in logs and metrics."""

    @abstractmethod
    async def complete(
        self, messages: list[Message], model: str, temperature: float = 0.7, max_tokens: int = 1024
    ) -> LLMResponse:
        """Answer `messages` whole."""

    @abstractmethod
    def stream(
        self, messages: list[Message], model: str, temperature: float = 0.7, max_tokens: int = 1024
    ) -> AsyncIterator[str]:
        """Answer `messages` piece by piece; each is text."""


def _in_either_shape(
    stream: Callable[..., Awaitable[AsyncIterator[str]]],
) -> Callable[..., AsyncIterator[str]]:
    @wraps(stream)
    def opened(*args: Any, **kwargs: Any) -> AsyncIterator[str]:
        return _OpenedFirst(partial(stream, *args, **kwargs))

    return opened


class _OpenedFirst(AsyncIterator[str]):
    """What must be awaited before it can be read; reading it awaits it."""

    def __init__(self, open_stream: Callable[[], Awaitable[AsyncIterator[str]]]) -> None:
        self._open = open_stream
        self._opened: AsyncIterator[str] | None = None

    async def _stream(self) -> AsyncIterator[str]:
        if self._opened is None:
            self._opened = await self._open()
        return self._opened

    def __await__(self) -> Generator[Any, Any, AsyncIterator[str]]:
        return self._stream().__await__()

    async def __anext__(self) -> str:
        return await anext(await self._stream())


class TextStream(AsyncIterator[str]):
    """The text of an answer as it comes. Awaiting it gives itself, so that `await provider.stream(...)` is right too.

    Leaving it early frees the connection when it is dropped, at once with `abort()`.
    """

    def __init__(self, stream: AsyncStream) -> None:
        self._stream = stream

    async def __anext__(self) -> str:
        async for event in self._stream:
            if event.content:
                return event.content
        raise StopAsyncIteration

    def __await__(self) -> Generator[None, None, Self]:
        return self
        yield

    @property
    def response(self) -> LLMResponse:
        """The whole response, with usage and cost, once the text has ended. Before that: `CallerError`."""
        return with_total(self._stream.response)

    def abort(self) -> None:
        """Stop now and free the connection."""
        self._stream.abort()

    async def close(self) -> None:
        """Stop now and free the connection; when it has been awaited, nothing of the stream runs any more."""
        await self._stream.close()

    aclose = close
    """The name that `contextlib.aclosing` wants."""


class Hosted(LLMProvider):
    """What our three share: a client for each model that is asked for."""

    _provider: ClassVar[str]

    def __init__(self, **options: Any) -> None:
        self._options = options
        self._llms: ByModel[AsyncLLM] = ByModel(
            lambda model: create_llm(self._provider, model, async_client=True, **options)
        )

    @property
    def name(self) -> str:
        return self._provider

    def plan(self, model: str) -> Plan:
        """What calls of `model` are decided by, for those who ask through this provider."""
        return self._llms[model].plan

    async def close(self) -> None:
        """Give back the connections for good. Calls in progress and later ones raise `ConfigurationError`."""
        for llm in self._llms.end():
            await llm.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    async def _complete(
        self, messages: Sequence[MessageLike], model: str, temperature: float, max_tokens: int
    ) -> LLMResponse:
        llm = self._llms[model]
        return with_total(await llm.generate(messages=messages, temperature=temperature, max_tokens=max_tokens))

    def _text(self, messages: Sequence[MessageLike], model: str, temperature: float, max_tokens: int) -> TextStream:
        llm = self._llms[model]
        return TextStream(llm.generate(messages=messages, stream=True, temperature=temperature, max_tokens=max_tokens))


def with_total(response: LLMResponse) -> LLMResponse:
    """The interface promises `usage["total_tokens"]`, and not every provider adds it up."""
    counts = response.usage
    return replace(response, usage=replace(counts, total_tokens=counts.tokens))


class OpenAIProvider(Hosted):
    """OpenAI. An empty or absent `api_key` is looked for in `OPENAI_API_KEY`; `options` are those of `create_llm`."""

    _provider = "openai"

    def __init__(
        self, api_key: KeyLike = None, *, base_url: str | None = None, **options: Unpack[ClientOptions]
    ) -> None:
        super().__init__(api_key=api_key, base_url=base_url, **options)

    async def complete(
        self,
        messages: Sequence[MessageLike],
        model: str = "gpt-4o-mini",
        temperature: float = 0.7,
        max_tokens: int = 1024,
    ) -> LLMResponse:
        """Answer `messages` whole."""
        return await self._complete(messages, model, temperature, max_tokens)

    def stream(
        self,
        messages: Sequence[MessageLike],
        model: str = "gpt-4o-mini",
        temperature: float = 0.7,
        max_tokens: int = 1024,
    ) -> TextStream:
        """Answer `messages` piece by piece."""
        return self._text(messages, model, temperature, max_tokens)


class AnthropicProvider(Hosted):
    """Anthropic. An empty or absent `api_key` is looked for in `ANTHROPIC_API_KEY`; `options` are `create_llm`'s."""

    _provider = "anthropic"

    def __init__(
        self, api_key: KeyLike = None, *, base_url: str | None = None, **options: Unpack[ClientOptions]
    ) -> None:
        super().__init__(api_key=api_key, base_url=base_url, **options)

    async def complete(
        self,
        messages: Sequence[MessageLike],
        model: str = "claude-3-5-sonnet-20241022",
        temperature: float = 0.7,
        max_tokens: int = 1024,
    ) -> LLMResponse:
        """Answer `messages` whole."""
        return await self._complete(messages, model, temperature, max_tokens)

    def stream(
        self,
        messages: Sequence[MessageLike],
        model: str = "claude-3-5-sonnet-20241022",
        temperature: float = 0.7,
        max_tokens: int = 1024,
    ) -> TextStream:
        """Answer `messages` piece by piece."""
        return self._text(messages, model, temperature, max_tokens)


class OllamaProvider(Hosted):
    """Ollama at `base_url`, with a limit of 60 seconds a call. `options` are those of `create_llm`."""

    _provider = "ollama"

    def __init__(self, base_url: str = "http://localhost:11434", **options: Unpack[ClientOptions]) -> None:
        super().__init__(base_url=base_url, **{"timeout": _OLLAMA_SECONDS, **options})

    async def complete(
        self,
        messages: Sequence[MessageLike],
        model: str = "llama2",
        temperature: float = 0.7,
        max_tokens: int = 1024,
    ) -> LLMResponse:
        """Answer `messages` whole."""
        return await self._complete(messages, model, temperature, max_tokens)

    def stream(
        self,
        messages: Sequence[MessageLike],
        model: str = "llama2",
        temperature: float = 0.7,
        max_tokens: int = 1024,
    ) -> TextStream:
        """Answer `messages` piece by piece."""
        return self._text(messages, model, temperature, max_tokens)


class ProviderFactory:
    """Makes providers by name: `ProviderFactory.create("openai", api_key="sk-…")`.

    It knows `openai`, `anthropic` and `ollama`, and what is registered; that holds for the whole process.
    """

    _providers: ClassVar[dict[str, type[LLMProvider]]] = {
        "openai": OpenAIProvider,
        "anthropic": AnthropicProvider,
        "ollama": OllamaProvider,
    }

    @classmethod
    def register(cls, name: str, provider_class: type[LLMProvider]) -> None:
        """Let `create(name)` make a `provider_class`, also in place of another."""
        cls._providers[name] = provider_class

    @classmethod
    def create(cls, name: str, **kwargs: Any) -> LLMProvider:
        """Make the provider registered as `name`, with `kwargs`. Raises `ValueError` for a name that is not."""
        provider_class = cls._providers.get(name)
        if provider_class is None:
            raise UnknownProvider(how_unknown(name, cls.available_providers(), listed_as="Available"))
        return provider_class(**kwargs)

    @classmethod
    def available_providers(cls) -> list[str]:
        """The names there are, in the order they were registered."""
        return list(cls._providers)
