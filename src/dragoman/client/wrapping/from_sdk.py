"""`from_openai` and its like: from a user's SDK client to an `Instructor` that asks through it.

Keys, addresses, proxies, timeouts, hooks, retries and mocks of the client keep working, and nothing about it is
changed. Those that only differ in whose client they take are rows of a table; the rest have arguments of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any, Final, Literal, Protocol, cast, overload

from msgspec import Struct

from dragoman.client.by_model import ByModel
from dragoman.client.create import create_llm
from dragoman.client.instructor import AsyncCreate, AsyncInstructor, Create, Instructor
from dragoman.client.mode import Mode
from dragoman.client.technique import usual_mode
from dragoman.client.wrapping.behind import spec_behind
from dragoman.client.wrapping.google_genai import is_for_vertex
from dragoman.client.wrapping.methods import attribute
from dragoman.client.wrapping.sdks import ANY_SERVER, OPENAIS_METHOD, Sdk, Use, WrongClient, is_awaited, sdk_of
from dragoman.client.wrapping.wrap import Wrapping, dialect_for
from dragoman.providers import get_spec
from dragoman.transport.carried.function import FunctionCarrier


class BlockingClient(Protocol):
    """A client whose methods block."""

    def __enter__(self) -> Any: ...


class AwaitedClient(Protocol):
    """A client whose methods are awaited."""

    async def __aenter__(self) -> Any: ...


class Meant(Struct, frozen=True, kw_only=True):
    """What a function takes.

    Attributes:
        packages: The SDKs, by package.
        takes: The same in words.
        provider: Who answers.
        look: Whether the client's address may say that somebody else does.
    """

    packages: tuple[str, ...]
    takes: str
    provider: str
    look: bool = False

    def wrapped(
        self,
        client: Any,
        mode: Mode | None,
        model: str | None,
        defaults: dict[str, Any],
        *,
        use_async: bool | None = None,
        beta: bool = False,
    ) -> Any:
        """The face. Raises `WrongClient`."""
        sdk = sdk_of(client, self.packages, self.takes)
        asynchronous = _asynchronous(client, sdk, use_async)
        dialect = dialect_for(sdk, mode)
        use = Use(client=client, dialect=dialect, asynchronous=asynchronous, beta=beta)
        spec = spec_behind(client, self.provider, dialect, look=self.look)
        return Wrapping(sdk=sdk, use=use, spec=spec, mode=mode).instructor(model, defaults)


def _asynchronous(client: object, sdk: Sdk, wanted: bool | None) -> bool:
    """Whether the client is awaited. Raises `WrongClient` for one that is not as is `wanted`."""
    awaited = is_awaited(client)
    if wanted is None or wanted == awaited or (wanted and sdk.does_both):
        return awaited if wanted is None else wanted
    raise WrongClient(
        f"a `{type(client).__name__}` {'is always awaited' if awaited else 'blocks'}: leave out use_async={wanted}, or "
        "pass the SDK's other client"
    )


class FromSdk:
    """A function such as `from_openai`: from an SDK's client to an `Instructor`, or an `AsyncInstructor`."""

    def __init__(self, name: str, meant: Meant) -> None:
        self.__name__ = self.__qualname__ = name
        self.__doc__ = f"Make an `Instructor` that asks through {meant.takes}; the client does the rest."
        self._meant = meant

    @overload
    def __call__(
        self, client: AwaitedClient, mode: Mode | None = None, model: str | None = None, **defaults: Any
    ) -> AsyncInstructor: ...

    @overload
    def __call__(
        self, client: BlockingClient, mode: Mode | None = None, model: str | None = None, **defaults: Any
    ) -> Instructor: ...

    def __call__(self, client: Any, mode: Mode | None = None, model: str | None = None, **defaults: Any) -> Any:
        """Wrap `client`.

        Args:
            client: The SDK's; it is asked through and never changed.
            mode: How to get values of the caller's types, when not as is right for the model.
            model: Who is asked when a call does not say.
            defaults: Options of every call that does not say otherwise, such as `temperature`.

        Raises:
            WrongClient: It is no client of that SDK.
        """
        return self._meant.wrapped(client, mode, model, defaults)

    def __repr__(self) -> str:
        return f"<function {self.__name__}>"


_OPENAI_CLIENT: Final = "an `OpenAI`, `AsyncOpenAI` or `AzureOpenAI` client of the `openai` package"

from_openai: Final = FromSdk(
    "from_openai", Meant(packages=("openai",), takes=_OPENAI_CLIENT, provider="openai", look=True)
)
from_groq: Final = FromSdk(
    "from_groq",
    Meant(packages=("groq", "openai"), takes="a `Groq` or `AsyncGroq` client of the `groq` package", provider="groq"),
)
from_cerebras: Final = FromSdk(
    "from_cerebras",
    Meant(
        packages=("cerebras", "openai"),
        takes="a `Cerebras` or `AsyncCerebras` client of the `cerebras-cloud-sdk` package",
        provider="cerebras",
    ),
)
from_fireworks: Final = FromSdk(
    "from_fireworks",
    Meant(
        packages=("fireworks", "openai"),
        takes="a `Fireworks` or `AsyncFireworks` client of the `fireworks-ai` package",
        provider="fireworks",
    ),
)
from_writer: Final = FromSdk(
    "from_writer",
    Meant(
        packages=("writerai", "openai"),
        takes="a `Writer` or `AsyncWriter` client of the `writer-sdk` package",
        provider="writer",
    ),
)
from_perplexity: Final = FromSdk(
    "from_perplexity",
    Meant(
        packages=("openai", "perplexity"),
        takes=f"{_OPENAI_CLIENT}, or a `Perplexity` client of the `perplexityai` package,",
        provider="perplexity",
    ),
)
from_openrouter: Final = FromSdk(
    "from_openrouter", Meant(packages=("openai",), takes=_OPENAI_CLIENT, provider="openrouter")
)
from_xai: Final = FromSdk("from_xai", Meant(packages=("openai",), takes=_OPENAI_CLIENT, provider="xai"))
from_cohere: Final = FromSdk(
    "from_cohere",
    Meant(
        packages=("cohere",),
        takes="a `ClientV2`, `AsyncClientV2`, `Client` or `AsyncClient` of the `cohere` package",
        provider="cohere",
    ),
)

_ANTHROPIC: Final = Meant(
    packages=("anthropic",),
    takes="an `Anthropic`, `AnthropicBedrock` or `AnthropicVertex` client of the `anthropic` package, or an async one,",
    provider="anthropic",
    look=True,
)
_MISTRAL: Final = Meant(
    packages=("mistralai",), takes="a `Mistral` client of the `mistralai` package", provider="mistral"
)
_GENAI: Final = Meant(
    packages=("google.genai",), takes="a `genai.Client` of the `google-genai` package", provider="google"
)
_VERTEX: Final = Meant(
    packages=("google.genai",),
    takes="a `genai.Client(vertexai=True, ...)` of the `google-genai` package",
    provider="vertex",
)
_BEDROCK: Final = Meant(
    packages=("botocore",), takes="a `bedrock-runtime` client of `boto3`, or of `aiobotocore`,", provider="bedrock"
)


@overload
def from_anthropic(
    client: AwaitedClient, mode: Mode | None = None, beta: bool = False, model: str | None = None, **defaults: Any
) -> AsyncInstructor: ...


@overload
def from_anthropic(
    client: BlockingClient, mode: Mode | None = None, beta: bool = False, model: str | None = None, **defaults: Any
) -> Instructor: ...


def from_anthropic(
    client: Any, mode: Mode | None = None, beta: bool = False, model: str | None = None, **defaults: Any
) -> Any:
    """Make an `Instructor` that asks through an `Anthropic` client, or one for Bedrock or Vertex.

    With `beta` the methods of its `beta` are called. Otherwise as `from_openai`.
    """
    return _ANTHROPIC.wrapped(client, mode, model, defaults, beta=beta)


@overload
def from_mistral(
    client: Any, mode: Mode | None = None, use_async: Literal[False] = False, model: str | None = None, **defaults: Any
) -> Instructor: ...


@overload
def from_mistral(
    client: Any, mode: Mode | None = None, *, use_async: Literal[True], model: str | None = None, **defaults: Any
) -> AsyncInstructor: ...


def from_mistral(
    client: Any, mode: Mode | None = None, use_async: bool = False, model: str | None = None, **defaults: Any
) -> Any:
    """Make an `Instructor` that asks through a `Mistral` client, with `use_async` an `AsyncInstructor`."""
    return _MISTRAL.wrapped(client, mode, model, defaults, use_async=use_async)


@overload
def from_genai(
    client: BlockingClient | None = None,
    mode: Mode | None = None,
    *,
    use_async: Literal[False] = False,
    model: str | None = None,
    **defaults: Any,
) -> Instructor: ...


@overload
def from_genai(
    client: Any = None,
    mode: Mode | None = None,
    *,
    use_async: Literal[True],
    model: str | None = None,
    **defaults: Any,
) -> AsyncInstructor: ...


def from_genai(
    client: Any = None,
    mode: Mode | None = None,
    *,
    use_async: bool = False,
    model: str | None = None,
    **defaults: Any,
) -> Any:
    """Make an `Instructor` that asks through a `genai.Client`, with `use_async` or its `aio` an `AsyncInstructor`.

    Without a client our own transport is used, and the key is that of the environment, as `genai.Client()` finds it.
    """
    if client is None:
        return _without_a_client("google", mode, model, defaults, use_async=use_async)
    meant = _VERTEX if is_for_vertex(client) else _GENAI
    return meant.wrapped(client, mode, model, defaults, use_async=use_async or None)


from_gemini: Final = from_genai
"""`from_genai`, as Instructor called it for Google's earlier SDK."""


def from_vertexai(
    client: Any, mode: Mode | None = None, use_async: bool = False, model: str | None = None, **defaults: Any
) -> Any:
    """Make an `Instructor` that asks through a `genai.Client(vertexai=True, ...)`: as `from_genai`."""
    return _VERTEX.wrapped(client, mode, model, defaults, use_async=use_async or None)


@overload
def from_bedrock(
    client: Any,
    mode: Mode | None = None,
    async_client: Literal[False] = False,
    model: str | None = None,
    **defaults: Any,
) -> Instructor: ...


@overload
def from_bedrock(
    client: Any, mode: Mode | None = None, *, async_client: Literal[True], model: str | None = None, **defaults: Any
) -> AsyncInstructor: ...


def from_bedrock(
    client: Any, mode: Mode | None = None, async_client: bool = False, model: str | None = None, **defaults: Any
) -> Any:
    """Make an `Instructor` that asks through boto3's `bedrock-runtime` client.

    With `async_client` it is an `AsyncInstructor`, which calls boto3 in threads. A client of aiobotocore is awaited.
    """
    return _BEDROCK.wrapped(client, mode, model, defaults, use_async=async_client or None)


def from_litellm(
    completion: Callable[..., Any],
    mode: Mode | None = None,
    *,
    async_client: bool | None = None,
    model: str | None = None,
    **defaults: Any,
) -> Any:
    """Make an `Instructor` that asks by `litellm.completion`, of `litellm.acompletion` an `AsyncInstructor`.

    Any function of that form is taken. `async_client` says whether it is awaited where that cannot be seen.
    """
    if not callable(completion):
        raise WrongClient(f"a function such as `litellm.completion` is taken, not a `{type(completion).__name__}`")
    asynchronous = _gives_coroutines(completion) if async_client is None else async_client
    sdk = _of_functions("", frozenset({"api_key", "base_url", "num_retries"}))
    use = Use(client=completion, dialect=dialect_for(sdk, mode), asynchronous=asynchronous)
    return Wrapping(sdk=sdk, use=use, spec=get_spec("litellm"), mode=mode).instructor(model, defaults)


def from_lookalike(client: Any, mode: Mode | None = None, *, model: str | None = None, **defaults: Any) -> Any:
    """Make an `Instructor` that asks by the `chat.completions.create` of a client that is no known SDK's.

    Raises `WrongClient` when it has none.
    """
    create = client
    for name in OPENAIS_METHOD.split("."):
        create = getattr(create, name, None)
    if not callable(create):
        raise WrongClient(
            f"a client of an SDK is taken (see from_openai and its like), not a `{type(client).__name__}`"
        )
    sdk = _of_functions(OPENAIS_METHOD)
    use = Use(client=client, dialect=dialect_for(sdk, mode), asynchronous=_gives_coroutines(create))
    return Wrapping(sdk=sdk, use=use, spec=get_spec(ANY_SERVER), mode=mode).instructor(model, defaults)


def _of_functions(path: str, taken: frozenset[str] = frozenset()) -> Sdk:
    """An SDK of which nothing is known but where its function is, in the form of OpenAI's method."""

    def carrier(use: Use) -> FunctionCarrier:
        def call(**body: Any) -> Any:
            return attribute(use.client, path)(**body)  # looked up now, so that a mock in its place is called

        return FunctionCarrier(call)

    return Sdk(
        dialects=("openai_chat",),
        carrier=carrier,
        plain=lambda _, __: path,
        taken=taken,
    )


def _gives_coroutines(function: Callable[..., Any]) -> bool:
    """Litellm's own decorators hide it, so the name counts too."""
    inner = getattr(function, "__wrapped__", function)
    return iscoroutinefunction(function) or iscoroutinefunction(inner)


def _without_a_client(
    provider: str, mode: Mode | None, model: str | None, defaults: dict[str, Any], *, use_async: bool
) -> Instructor | AsyncInstructor:
    """On our own transport."""
    spec, options = get_spec(provider), cast("dict[str, Any]", {} if mode is None else {"mode": mode})
    kwargs: dict[str, Any] = {**defaults, **({} if model is None else {"model": model})}
    cache = kwargs.pop("cache", None)
    mode = mode or usual_mode(spec, spec.dialect_for(model or ""), model or "")
    if use_async:
        awaited = ByModel(lambda model: create_llm(spec, model, async_client=True, **options))
        return AsyncInstructor(None, AsyncCreate(awaited, cache=cache), mode, provider, **kwargs)
    blocking = ByModel(lambda model: create_llm(spec, model, async_client=False, **options))
    return Instructor(None, Create(blocking, cache=cache), mode, provider, **kwargs)
