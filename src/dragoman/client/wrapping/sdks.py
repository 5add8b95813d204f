"""The table of SDKs: whose class an object is, what it speaks, how it is called.

Objects are told by the package of their class or of one that it inherits from, so nothing is imported, and a subclass
(a tracer's, or the caller's own) or a mock with a `spec` counts too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from msgspec import Struct

from dragoman.client.wrapping import cohere, mistralai
from dragoman.client.wrapping.boto import BotoCarrier
from dragoman.client.wrapping.cohere import CohereCarrier
from dragoman.client.wrapping.google_genai import GenaiCarrier
from dragoman.client.wrapping.mistralai import MistralCarrier
from dragoman.client.wrapping.stainless import StainlessCarrier
from dragoman.exceptions import ClientError
from dragoman.transport.carried.carrier import Carrier


class WrongClient(ClientError, TypeError):
    """What was to be wrapped is no client of the SDK that is meant."""


class Use(Struct, frozen=True, kw_only=True):
    """How a client is used.

    Attributes:
        client: The user's.
        dialect: What is spoken.
        asynchronous: Whether it is awaited.
        beta: Whether the SDK's `beta` methods are called.
    """

    client: Any
    dialect: str
    asynchronous: bool
    beta: bool = False


class Sdk(Struct, frozen=True, kw_only=True):
    """An SDK.

    Attributes:
        dialects: What it speaks, first what it does usually.
        carrier: Makes what calls its client.
        plain: Where the method is that its own users call, by whether it is streamed; `None` where that takes no
            `messages`.
        says_stream: Whether that method has an argument `stream`; elsewhere there is another method for it.
        does_both: Whether one client has methods to be awaited beside those that block.
        taken: What it takes with each call and others once, where the client is made.
    """

    dialects: tuple[str, ...]
    carrier: Callable[[Use], Carrier]
    plain: Callable[[Use, bool], str] | None = None
    says_stream: bool = True
    does_both: bool = False
    taken: frozenset[str] = frozenset()


OPENAIS_METHOD: Final = "chat.completions.create"
"""Where the method is in OpenAI's client, and in those that look like it."""


def _stainless(package: str, *dialects: str, method: str = OPENAIS_METHOD) -> Sdk:
    """An SDK made by Stainless. One method says and gives both, an answer and a stream."""
    roots = frozenset({package})
    return Sdk(
        dialects=dialects or ("openai_chat",),
        carrier=lambda use: StainlessCarrier(use.client, f"beta.{method}" if use.beta else method, roots),
        plain=lambda use, stream: method,  # noqa: ARG005  # as said
    )


SDKS: Final = {
    "openai": _stainless("openai", "openai_chat", "openai_responses"),
    "anthropic": _stainless("anthropic", "anthropic_messages", method="messages.create"),
    "groq": _stainless("groq"),
    "cerebras": _stainless("cerebras"),
    "fireworks": _stainless("fireworks"),
    "perplexity": _stainless("perplexity"),
    "writerai": _stainless("writerai", method="chat.chat"),
    "google.genai": Sdk(
        dialects=("gemini",),
        carrier=lambda use: GenaiCarrier(use.client, asynchronous=use.asynchronous),
        does_both=True,
    ),
    "mistralai": Sdk(
        dialects=("mistral",),
        carrier=lambda use: MistralCarrier(use.client, asynchronous=use.asynchronous),
        plain=lambda use, stream: mistralai.METHODS[stream, use.asynchronous],
        says_stream=False,
        does_both=True,
    ),
    "cohere": Sdk(
        dialects=("cohere_v2",),
        carrier=lambda use: CohereCarrier(use.client),
        plain=lambda use, stream: cohere.method_of(use.client, stream=stream),
        says_stream=False,
    ),
    "botocore": Sdk(
        dialects=("bedrock_converse",),
        carrier=lambda use: BotoCarrier(use.client, asynchronous=use.asynchronous),
        does_both=True,
    ),
}
"""By the package that its classes are of."""

ANY_SERVER: Final = "openai_compatible"
"""Who is behind an address that nobody here has."""

CLOUDS: Final = {"BaseAzureClient": "azure_openai", "BaseBedrockClient": "bedrock", "BaseVertexClient": "vertex"}
"""Classes that only the clients for a cloud inherit from → who is behind those."""

_BY_OPENAI: Final = 'pass `OpenAI(base_url="{url}", api_key=...)` of the `openai` package, or use {ours}'

_NOT_CARRIED: Final = {
    "xai_sdk": "xai_sdk speaks gRPC, which is not what we send: "
    + _BY_OPENAI.format(url="https://api.x.ai/v1", ours='`from_provider("xai/...")`'),
    "google.generativeai": "google.generativeai has ended, and sends protocol buffers: pass `genai.Client()` of the "
    '`google-genai` package, or use `from_provider("google/...")`',
    "vertexai": "vertexai's GenerativeModel, deprecated since June 2025, sends protocol buffers: pass "
    "`genai.Client(vertexai=True, project=..., location=...)` of the `google-genai` package, or use "
    '`from_provider("vertex/...")`',
}
"""Packages whose clients cannot carry our bodies → what to do."""


def sdk_of(client: object, packages: tuple[str, ...], takes: str) -> Sdk:
    """The SDK, one of `packages`, that `client` is of. Raises `WrongClient`, which says what is taken (`takes`)."""
    for module in _modules(client):
        for package in packages:
            if _is_in(module, package):
                return SDKS[package]
    why = next(
        (said for package, said in _NOT_CARRIED.items() if any(_is_in(m, package) for m in _modules(client))), ""
    )
    kind = client if isinstance(client, type) else type(client)
    given = f"`{kind.__module__}.{kind.__qualname__}`"
    raise WrongClient(
        f"{takes} is taken, not {'the class' if kind is client else 'a'} {given}{f': {why}' if why else ''}"
    )


def is_awaited(client: object) -> bool:
    """Whether its methods are to be awaited: such classes are called `Async…`, aiobotocore's `Aio…`."""
    return any(kind.__name__.startswith(("Async", "Aio")) for kind in client.__class__.__mro__)


def class_names(client: object) -> Iterator[str]:
    """The names of its class and of those that it inherits from."""
    return (kind.__name__ for kind in client.__class__.__mro__)


def _modules(client: object) -> list[str]:
    """Where its class and those that it inherits from are defined. A class is no client."""
    if isinstance(client, type):
        return []
    return [kind.__module__ for kind in client.__class__.__mro__]  # a mock with a `spec` says that one's


def _is_in(module: str, package: str) -> bool:
    return f"{module}.".startswith(f"{package}.")
