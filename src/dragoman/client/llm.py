"""`LLM` and `AsyncLLM`: one call shape for every provider, blocking or awaited.

Both are thin: what a call means is decided in `Plan`, what happens in flows. Their methods match name by name.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, TypeVar, Unpack, overload

from dragoman.client.answered import value_of
from dragoman.client.chat import AsyncChat, Chat, Prompt
from dragoman.client.inputs import EmbedInputs
from dragoman.client.options import CallOptions, EmbedOptions, GenerateOptions, ToolLike
from dragoman.client.plan import Plan
from dragoman.client.streams import AsyncStream, Stream
from dragoman.client.tools import run_tools
from dragoman.client.value_options import ExtractOptions, refuse_rules, split_rules
from dragoman.flow import Flow, async_run, run
from dragoman.messages import EmbeddingResponse, LLMResponse, Message, ModelInfo, TokenCount
from dragoman.structured import DEFAULT_RETRIES, Extracted

if TYPE_CHECKING:
    from dragoman.batch import BatchResults
    from dragoman.client.batches import Again, Question
    from dragoman.client.value_streams import AsyncPartialStream, PartialStream

T = TypeVar("T")


class LLMBase:
    """What both faces share."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    @property
    def provider(self) -> str:
        """The provider's name, as in `provider/model`."""
        return self._plan.provider

    @property
    def model(self) -> str:
        """The model's name, as the provider writes it."""
        return self._plan.model

    @property
    def plan(self) -> Plan:
        """What its calls are decided by, for other faces that ask through it."""
        return self._plan

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client holds connections and keys, so it is not pickled: make one in each process")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._plan!r}>"


class LLM(LLMBase):
    """A model to talk to. Make one with `create_llm`; keep it and call it often, from any number of threads.

    It holds connections: leave its `with` block or call `close()` when it is no longer needed.
    """

    @overload
    def generate(
        self, prompt: Prompt = None, *, stream: Literal[True], **options: Unpack[GenerateOptions]
    ) -> Stream: ...

    @overload
    def generate(
        self,
        prompt: Prompt = None,
        *,
        stream: Literal[True],
        response_model: type[T],
        max_retries: int = DEFAULT_RETRIES,
        **options: Unpack[ExtractOptions],
    ) -> PartialStream[T]: ...

    @overload
    def generate(
        self,
        prompt: Prompt = None,
        *,
        response_model: type[T],
        max_retries: int = DEFAULT_RETRIES,
        **options: Unpack[ExtractOptions],
    ) -> T: ...

    @overload
    def generate(
        self, prompt: Prompt = None, *, stream: Literal[False] = False, **options: Unpack[GenerateOptions]
    ) -> LLMResponse: ...

    def generate(
        self,
        prompt: Prompt = None,
        *,
        stream: bool = False,
        response_model: type[Any] | None = None,
        max_retries: int | None = None,
        **options: Unpack[ExtractOptions],
    ) -> Any:
        """Ask the model.

        Args:
            prompt: What to ask: text, a message, or parts. May be left out when `messages` say it all.
            stream: Return a `Stream` of events instead of a response; with `response_model` a `PartialStream`, which
                gives the value as it grows.
            response_model: Return a value of this type (any type pydantic validates) instead of a response.
            max_retries: How often to ask again when the answer does not fit `response_model` (3).
            options: See `GenerateOptions`; they win over the client's.

        Raises:
            Error: One of our errors, with every try in `attempts` and what had arrived in `partial`.
        """
        if response_model is not None:
            rules, rest = split_rules(options, max_retries)
            if stream:
                from dragoman.client.value_streams import PartialStream  # few programs need them

                return PartialStream(self._plan.partial(response_model, prompt, rest, rules))
            return value_of(run(self._plan.extract(response_model, prompt, rest, rules)))
        refuse_rules(options, max_retries)
        flow = self._plan.generate(prompt, options, stream=stream)
        return Stream(flow) if stream else run(flow)

    def extract(
        self,
        response_model: type[T],
        prompt: Prompt = None,
        *,
        max_retries: int = DEFAULT_RETRIES,
        **options: Unpack[ExtractOptions],
    ) -> Extracted[T]:
        """Ask for a value of `response_model` (any type pydantic validates), and get the response with it.

        Args:
            response_model: The type of the value.
            prompt: As in `generate`.
            max_retries: How often to ask again when the answer does not fit (3).
            options: See `GenerateOptions`; `mode` says how to ask.

        Raises:
            OutputError: No answer fitted; it keeps them all.
            Error: As `generate`.
        """
        rules, rest = split_rules(options, max_retries)
        return run(self._plan.extract(response_model, prompt, rest, rules))

    def chat(self, **options: Unpack[GenerateOptions]) -> Chat:
        """Begin a conversation that remembers; `options`, such as `system` and `tools`, hold for all its calls."""
        return Chat(self._plan, options)

    @overload
    def batch(
        self,
        prompts: Iterable[Question],
        *,
        response_model: type[T],
        max_retries: int = DEFAULT_RETRIES,
        concurrency: int = 32,
        progress: bool = True,
        journal: str | Path | None = None,
        again: Again = (),
        max_cost: Decimal | float | None = None,
        idempotency_header: str | None = None,
        **options: Unpack[ExtractOptions],
    ) -> BatchResults[T]: ...

    @overload
    def batch(
        self,
        prompts: Iterable[Question],
        *,
        concurrency: int = 32,
        progress: bool = True,
        journal: str | Path | None = None,
        again: Again = (),
        max_cost: Decimal | float | None = None,
        idempotency_header: str | None = None,
        **options: Unpack[GenerateOptions],
    ) -> BatchResults[LLMResponse]: ...

    def batch(
        self,
        prompts: Iterable[Question],
        *,
        response_model: type[Any] | None = None,
        max_retries: int | None = None,
        concurrency: int = 32,
        progress: bool = True,
        journal: str | Path | None = None,
        again: Again = (),
        max_cost: Decimal | float | None = None,
        idempotency_header: str | None = None,
        **options: Unpack[ExtractOptions],
    ) -> Any:
        """Ask many prompts at once, and get a result for each, in their order.

        A row that fails keeps its reason and ends nothing else. What every row would meet (a wrong key, an unknown
        model, no credit) ends the batch early: `results.stopped` says what, and it is raised when there is no answer
        at all. While the provider refuses for too many, fewer are asked at once.

        Args:
            prompts: What to ask: prompts as `generate` takes them, conversations, or mappings of `prompt`, `messages`
                and further options of that row. Read as rows begin.
            response_model: As in `generate`.
            max_retries: As in `generate`.
            concurrency: How many at once, at most.
            progress: Show on standard error how far it is.
            journal: A file to keep progress in. Called again with the same prompts, what is over is not asked again.
            again: Which rows of the journal that are over are asked again: `failed`, and those that were being asked
                when the program ended, which is `unknown`; these may be paid twice.
            max_cost: US dollars. Nothing is sent that could, at worst, cost more than is left of them.
            idempotency_header: The header by which this server knows a request that it has answered before, and
                does not charge it again. No provider is known to have one; gateways do.
            options: Of all calls: see `GenerateOptions`.

        Raises:
            Error: What ends the batch before there is any answer.
        """
        from dragoman.client.batches import Asker, Batch, BatchRules  # few programs need them

        rules = BatchRules(
            concurrency=concurrency,
            progress=progress,
            journal=journal,
            again=again,
            max_cost=max_cost,
            idempotency_header=idempotency_header,
        )
        return Batch(Asker(self._plan, response_model, max_retries, options), prompts, rules).run()

    def unload(self) -> None:
        """Free what the model holds, and give back idle connections. The next call works as the first one did.

        A server such as Ollama's is told to put the model out of memory, and that may raise as any call may; a hosted
        provider is told nothing.
        """
        run(self._plan.unload())

    def close(self) -> None:
        """Give back the connections for good. Calls in progress and later ones raise `ConfigurationError`."""
        self._plan.close()

    def run_tools(self, response: LLMResponse, tools: Iterable[ToolLike]) -> Message:
        """Run the tool calls in `response` by the functions in `tools`; get the turn to send back.

        Arguments are validated by the functions' annotations. What a function raises, and a call of a tool that is not
        there, become results that say so to the model: nothing is raised for them.

        Raises:
            ConfigurationError: Two tools have one name.
            UnsupportedFeature: A function is async: ask with an `AsyncLLM`.
        """
        return run(run_tools(response, tools))

    def embed(self, inputs: EmbedInputs, **options: Unpack[EmbedOptions]) -> EmbeddingResponse:
        """Turn texts (or token ids, or pictures, where the provider takes them) into vectors.

        One text gives one vector, a list one each, in its order. Many inputs become several requests, one after another
        under one deadline; usage and cost are of all. See `EmbedOptions`.

        Raises:
            UnsupportedFeature: The provider has no embeddings.
            Error: As `generate`, with the tries of all requests in `attempts`.
        """
        return run(self._plan.embed(inputs, options))

    def count_tokens(self, prompt: Prompt = None, **options: Unpack[GenerateOptions]) -> TokenCount:
        """Count the input tokens that `generate` would send with the same arguments. Nothing is answered.

        The provider counts where it offers to; otherwise it is an estimate, which says so (`exact=False`).
        """
        return run(self._plan.count_tokens(prompt, options))

    def models(self, **options: Unpack[CallOptions]) -> list[ModelInfo]:
        """List the models that the provider offers to this key, all pages of it, with what the catalog knows of them.

        Raises:
            UnsupportedFeature: It has no list that a program can read.
            Error: As `generate`.
        """
        return run(self._plan.models(options))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncLLM(LLMBase):
    """`LLM`, awaited: the same methods with the same arguments. Make one with `create_llm(..., async_client=True)`.

    One may be used by any number of tasks, and by one event loop after another.
    """

    @overload
    def generate(
        self, prompt: Prompt = None, *, stream: Literal[True], **options: Unpack[GenerateOptions]
    ) -> AsyncStream: ...

    @overload
    def generate(
        self,
        prompt: Prompt = None,
        *,
        stream: Literal[True],
        response_model: type[T],
        max_retries: int = DEFAULT_RETRIES,
        **options: Unpack[ExtractOptions],
    ) -> AsyncPartialStream[T]: ...

    @overload
    def generate(
        self,
        prompt: Prompt = None,
        *,
        response_model: type[T],
        max_retries: int = DEFAULT_RETRIES,
        **options: Unpack[ExtractOptions],
    ) -> Coroutine[Any, Any, T]: ...

    @overload
    def generate(
        self, prompt: Prompt = None, *, stream: Literal[False] = False, **options: Unpack[GenerateOptions]
    ) -> Coroutine[Any, Any, LLMResponse]: ...

    def generate(
        self,
        prompt: Prompt = None,
        *,
        stream: bool = False,
        response_model: type[Any] | None = None,
        max_retries: int | None = None,
        **options: Unpack[ExtractOptions],
    ) -> Any:
        """Ask the model: as `LLM.generate`, to be awaited. With `stream=True` the stream itself comes at once."""
        if response_model is not None:
            rules, rest = split_rules(options, max_retries)
            if stream:
                from dragoman.client.value_streams import AsyncPartialStream  # few programs need them

                return AsyncPartialStream(self._plan.partial(response_model, prompt, rest, rules))
            return self._value(self._plan.extract(response_model, prompt, rest, rules))
        refuse_rules(options, max_retries)
        flow = self._plan.generate(prompt, options, stream=stream)
        return AsyncStream(flow) if stream else async_run(flow)

    async def _value(self, extracting: Flow[Extracted[T]]) -> T:
        return value_of(await async_run(extracting))

    async def extract(
        self,
        response_model: type[T],
        prompt: Prompt = None,
        *,
        max_retries: int = DEFAULT_RETRIES,
        **options: Unpack[ExtractOptions],
    ) -> Extracted[T]:
        """Ask for a value of `response_model`, and get the response with it: as `LLM.extract`, to be awaited."""
        rules, rest = split_rules(options, max_retries)
        return await async_run(self._plan.extract(response_model, prompt, rest, rules))

    def chat(self, **options: Unpack[GenerateOptions]) -> AsyncChat:
        """Begin a conversation that remembers; `options`, such as `system` and `tools`, hold for all its calls."""
        return AsyncChat(self._plan, options)

    @overload
    async def batch(
        self,
        prompts: Iterable[Question],
        *,
        response_model: type[T],
        max_retries: int = DEFAULT_RETRIES,
        concurrency: int = 32,
        progress: bool = True,
        journal: str | Path | None = None,
        again: Again = (),
        max_cost: Decimal | float | None = None,
        idempotency_header: str | None = None,
        **options: Unpack[ExtractOptions],
    ) -> BatchResults[T]: ...

    @overload
    async def batch(
        self,
        prompts: Iterable[Question],
        *,
        concurrency: int = 32,
        progress: bool = True,
        journal: str | Path | None = None,
        again: Again = (),
        max_cost: Decimal | float | None = None,
        idempotency_header: str | None = None,
        **options: Unpack[GenerateOptions],
    ) -> BatchResults[LLMResponse]: ...

    async def batch(
        self,
        prompts: Iterable[Question],
        *,
        response_model: type[Any] | None = None,
        max_retries: int | None = None,
        concurrency: int = 32,
        progress: bool = True,
        journal: str | Path | None = None,
        again: Again = (),
        max_cost: Decimal | float | None = None,
        idempotency_header: str | None = None,
        **options: Unpack[ExtractOptions],
    ) -> Any:
        """Ask many prompts at once: as `LLM.batch`, to be awaited. Cancelled, it cancels what runs."""
        from dragoman.client.batches import Asker, Batch, BatchRules  # few programs need them

        rules = BatchRules(
            concurrency=concurrency,
            progress=progress,
            journal=journal,
            again=again,
            max_cost=max_cost,
            idempotency_header=idempotency_header,
        )
        return await Batch(Asker(self._plan, response_model, max_retries, options), prompts, rules).async_run()

    async def unload(self) -> None:
        """Free what the model holds, and give back idle connections: as `LLM.unload`, to be awaited."""
        await async_run(self._plan.unload())

    async def close(self) -> None:
        """Give back the connections for good: as `LLM.close`, to be awaited. Nothing is waited for."""
        self._plan.close()

    async def run_tools(self, response: LLMResponse, tools: Iterable[ToolLike]) -> Message:
        """Run the tool calls in `response`: as `LLM.run_tools`, to be awaited. The functions may be async."""
        return await async_run(run_tools(response, tools))

    async def embed(self, inputs: EmbedInputs, **options: Unpack[EmbedOptions]) -> EmbeddingResponse:
        """Turn texts (or token ids, or pictures) into vectors: as `LLM.embed`, to be awaited."""
        return await async_run(self._plan.embed(inputs, options))

    async def count_tokens(self, prompt: Prompt = None, **options: Unpack[GenerateOptions]) -> TokenCount:
        """Count the input tokens that `generate` would send: as `LLM.count_tokens`, to be awaited."""
        return await async_run(self._plan.count_tokens(prompt, options))

    async def models(self, **options: Unpack[CallOptions]) -> list[ModelInfo]:
        """List the models that the provider offers to this key: as `LLM.models`, to be awaited."""
        return await async_run(self._plan.models(options))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
