"""`Instructor` and `AsyncInstructor`: a client in Instructor's manner on our own transport, blocking or awaited.

`create` is one method under four names: `client.create`, `client.chat.completions.create`, `client.messages.create` and
`client.responses.create`. The wire is that of the provider, whichever name is used. What Instructor has and this has
not yet says so, and what to use until then.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Final, Generic, Literal, NoReturn, Self, TypeVar, Unpack, overload

from dragoman.client.aliases import under_own_names
from dragoman.client.by_model import AnyLLM, ByModel
from dragoman.client.llm import LLM, AsyncLLM
from dragoman.client.mode import Mode
from dragoman.client.options import GenerateOptions, MessageLike
from dragoman.client.retries import refuse_stream
from dragoman.client.streams import AsyncStream, Stream
from dragoman.errors import UnsupportedFeature
from dragoman.messages import LLMResponse
from dragoman.structured import DEFAULT_RETRIES

T = TypeVar("T")


class CreateOptions(GenerateOptions, total=False):
    """Options of `create`: those of `LLM.generate`, with the names that the SDKs have for some of them."""

    model: str
    """Another model of the same provider, for this call."""
    input: str | Sequence[MessageLike]
    """`messages`, as OpenAI's Responses API calls them; a text is one message of the user."""
    instructions: str
    """`system`, as OpenAI's Responses API calls it."""
    max_completion_tokens: int
    """`max_tokens`, as OpenAI's chat API calls it."""
    max_output_tokens: int
    """`max_tokens`, as OpenAI's Responses API calls it."""


_ALIASES: Final = {
    "input": "messages",
    "instructions": "system",
    "max_completion_tokens": "max_tokens",
    "max_output_tokens": "max_tokens",
}

_LATER: Final = {
    "context": "validate the value that comes back, or close over the context in a validator",
    "validation_context": "validate the value that comes back, or close over the context in a validator",
    "strict": "make the response_model itself strict, with `ConfigDict(strict=True)`",
    "hooks": "read `attempts` of the response, or of the error",
    "token_budget": "read `usage` of the response, or of the error's attempts",
    "create_partial": "for text as it comes use `create(stream=True)`, for values `create`",
    "create_iterable": "use `create(response_model=list[T])`",
    "create_list": "use `create(response_model=list[T])`",
    "on": "read `attempts` of the response, or of the error",
    "off": "there are no hooks to take off",
    "clear": "there are no hooks to clear",
}
"""What Instructor has and this has not yet → what to use until then."""


class _NotYet(UnsupportedFeature, AttributeError):
    """So that `hasattr` says no, and a call why."""


def _not_yet(name: str) -> _NotYet:
    return _NotYet(f"`{name}` is not there yet: {_LATER[name]}")


def _arguments(options: Mapping[str, Any]) -> dict[str, Any]:
    """`options` under our own names. Raises what is wrong with them."""
    for name in options:
        if name in _LATER:
            raise _not_yet(name)
    named = under_own_names(options, _ALIASES)
    if isinstance(named.get("messages"), str):
        named["messages"] = [{"role": "user", "content": named["messages"]}]
    return named


class InstructorBase(Generic[AnyLLM]):
    """What both faces share."""

    def __init__(self, llms: ByModel[AnyLLM], provider: str, model: str, mode: Mode) -> None:
        self._llms = llms
        self.provider = provider
        self.model = model
        self.mode = mode

    @property
    def chat(self) -> Self:
        """As OpenAI's SDK spells it: `client.chat.completions.create`."""
        return self

    @property
    def completions(self) -> Self:
        """The second half of `client.chat.completions.create`."""
        return self

    @property
    def messages(self) -> Self:
        """As Anthropic's SDK spells it: `client.messages.create`."""
        return self

    @property
    def responses(self) -> Self:
        """As OpenAI's SDK spells its newer API: `client.responses.create`."""
        return self

    def _asked(self, options: Mapping[str, Any]) -> tuple[AnyLLM, Any]:
        """Who is asked, and with which options of `LLM.generate`."""
        arguments = _arguments(options)
        return self._llms[arguments.pop("model", self.model)], arguments

    def __getattr__(self, name: str) -> NoReturn:
        if name in _LATER:
            raise _not_yet(name)
        raise AttributeError(f"`{type(self).__name__}` has no attribute `{name}`")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.provider}/{self.model} in {self.mode}>"


class Instructor(InstructorBase[LLM]):
    """A client that answers with values of the caller's types. Make one with `from_provider`."""

    @overload
    def create(
        self,
        response_model: type[T],
        *,
        max_retries: int = DEFAULT_RETRIES,
        stream: Literal[False] = False,
        **options: Unpack[CreateOptions],
    ) -> T: ...

    @overload
    def create(
        self,
        response_model: None = None,
        *,
        max_retries: int = DEFAULT_RETRIES,
        stream: Literal[True],
        **options: Unpack[CreateOptions],
    ) -> Stream: ...

    @overload
    def create(
        self,
        response_model: None = None,
        *,
        max_retries: int = DEFAULT_RETRIES,
        stream: Literal[False] = False,
        **options: Unpack[CreateOptions],
    ) -> LLMResponse: ...

    def create(
        self,
        response_model: type[Any] | None = None,
        *,
        max_retries: int = DEFAULT_RETRIES,
        stream: bool = False,
        **options: Unpack[CreateOptions],
    ) -> Any:
        """Ask for a value of `response_model`; without one, for an `LLMResponse`, or with `stream=True` a `Stream`.

        Args:
            response_model: Any type that pydantic validates.
            max_retries: How often to ask again when the answer does not fit; without a `response_model`, any fits.
            stream: Return a `Stream` of events.
            options: See `CreateOptions`.

        Raises:
            Error: As `LLM.generate`.
            UnsupportedFeature: What Instructor has and this has not yet.
        """
        llm, arguments = self._asked(options)
        if response_model is None:
            return llm.generate(stream=stream, **arguments)
        refuse_stream(stream=stream)
        return llm.generate(response_model=response_model, max_retries=max_retries, **arguments)

    def create_with_completion(
        self, response_model: type[T], *, max_retries: int = DEFAULT_RETRIES, **options: Unpack[CreateOptions]
    ) -> tuple[T, LLMResponse]:
        """Ask for a value of `response_model`, and get the response it came from with it."""
        llm, arguments = self._asked(options)
        found = llm.extract(response_model, max_retries=max_retries, **arguments)
        return found.value, found.response

    def close(self) -> None:
        """Give back the connections for good. Calls in progress and later ones raise `ConfigurationError`."""
        for llm in self._llms.end():
            llm.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncInstructor(InstructorBase[AsyncLLM]):
    """`Instructor`, awaited: the same methods with the same arguments.

    Make one with `from_provider(..., async_client=True)`.
    """

    @overload
    def create(
        self,
        response_model: type[T],
        *,
        max_retries: int = DEFAULT_RETRIES,
        stream: Literal[False] = False,
        **options: Unpack[CreateOptions],
    ) -> Coroutine[Any, Any, T]: ...

    @overload
    def create(
        self,
        response_model: None = None,
        *,
        max_retries: int = DEFAULT_RETRIES,
        stream: Literal[True],
        **options: Unpack[CreateOptions],
    ) -> AsyncStream: ...

    @overload
    def create(
        self,
        response_model: None = None,
        *,
        max_retries: int = DEFAULT_RETRIES,
        stream: Literal[False] = False,
        **options: Unpack[CreateOptions],
    ) -> Coroutine[Any, Any, LLMResponse]: ...

    def create(
        self,
        response_model: type[Any] | None = None,
        *,
        max_retries: int = DEFAULT_RETRIES,
        stream: bool = False,
        **options: Unpack[CreateOptions],
    ) -> Any:
        """Ask for a value, a response or a stream: as `Instructor.create`, to be awaited."""
        llm, arguments = self._asked(options)
        if response_model is None:
            return llm.generate(stream=stream, **arguments)
        refuse_stream(stream=stream)
        return llm.generate(response_model=response_model, max_retries=max_retries, **arguments)

    async def create_with_completion(
        self, response_model: type[T], *, max_retries: int = DEFAULT_RETRIES, **options: Unpack[CreateOptions]
    ) -> tuple[T, LLMResponse]:
        """Ask for a value of `response_model`, and get the response it came from with it."""
        llm, arguments = self._asked(options)
        found = await llm.extract(response_model, max_retries=max_retries, **arguments)
        return found.value, found.response

    async def close(self) -> None:
        """Give back the connections for good: as `Instructor.close`, to be awaited. Nothing is waited for."""
        for llm in self._llms.end():
            await llm.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
