"""What may be said in a call, written once for every face.

`GenerateOptions` lists the options of `generate`; those that make sense for a whole client may be given to
`create_llm` as defaults. A call's option wins over the client's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypedDict, cast, get_args

from msgspec.structs import asdict

from dragoman.calls import RetryConfig
from dragoman.errors import ConfigurationError
from dragoman.http import Timeouts
from dragoman.messages import (
    EFFORTS,
    AnyTool,
    Document,
    Image,
    InputType,
    JsonObject,
    Message,
    OutputFormat,
    ServerToolName,
    ToolChoice,
    VectorType,
)
from dragoman.secret import Secret

if TYPE_CHECKING:
    from dragoman.client.mode import Mode

KeyLike: TypeAlias = str | Secret | Callable[[], str] | Callable[[], Awaitable[str]] | None
"""A key, or a function that gives a fresh one for each call."""

MessageLike: TypeAlias = Message | Mapping[str, Any]
"""A message, or a plain dict: in one of OpenAI's forms or Anthropic's, or a message as `msgspec` saves it."""

ToolLike: TypeAlias = AnyTool | ServerToolName | Callable[..., Any] | Mapping[str, Any]
"""A tool, a Python function, the name of a tool that the provider runs, or a plain dict.

The dict has OpenAI's, Anthropic's or the bare `name`/`parameters` form.
"""

ImageLike: TypeAlias = Image | str | Path | bytes
"""An image, its path, its URL, or its bytes."""


class CallOptions(TypedDict, total=False):
    """Options of every call, whatever it asks for."""

    headers: Mapping[str, str | Secret]
    """Headers to add to the request."""
    timeout: float | Timeouts
    """Seconds for the whole call, retries included, or all limits as `Timeouts`."""
    retry_config: RetryConfig
    """How often to try each request, and how long to wait between."""


class AnswerOptions(CallOptions, total=False):
    """Options of a call for an answer, but for the conversation."""

    system: str
    """Instructions that stand before the conversation."""
    images: Sequence[ImageLike]
    """Pictures that go with the prompt."""
    documents: Sequence[Document | str | Path]
    """PDFs and other files that go with the prompt: a `Document`, a path or a URL."""
    tools: Sequence[ToolLike]
    """What the model may call."""
    tool_choice: ToolChoice | str | Mapping[str, Any]
    """`"auto"`, `"required"`, `"none"`, the name of the tool it must call, or OpenAI's or Anthropic's dict."""
    parallel_tool_calls: bool
    """`False`: at most one tool call a turn."""
    mode: Mode
    """How to ask for a value of `response_model`, when not in the way that is right for the model."""
    output_format: OutputFormat | JsonObject | Literal["text", "json"]
    """`"json"`, a JSON Schema, or an `OutputFormat`. For typed results use `response_model`."""
    max_tokens: int
    """Limit on the answer in tokens, thinking included."""
    max_input_tokens: int
    """Limit on the input in tokens, by an estimate: what is longer is refused before it is sent."""
    context_budget: int
    """Limit on input and answer together, in tokens: lowers `max_tokens` to what the input leaves."""
    temperature: float
    """0 (steady) to 2 (varied); Anthropic takes 0 to 1."""
    top_p: float
    """Sample from the likeliest tokens that make up this share, 0 to 1."""
    top_k: int
    """Sample from this many likeliest tokens."""
    stop: str | Sequence[str]
    """Texts that end the answer."""
    seed: int
    """Ask for the same answer again, where the provider tries to."""
    frequency_penalty: float
    """-2 to 2: above 0, words become less likely the more often they have come."""
    presence_penalty: float
    """-2 to 2: above 0, words that have come at all become less likely."""
    n: int
    """How many alternative answers to produce."""
    logprobs: bool
    """Report the log probability of each token in `response.logprobs`."""
    top_logprobs: int
    """How many of the likeliest tokens to report at each place; with `logprobs=True`."""
    reasoning_effort: str
    """How hard to think: `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`."""
    reasoning_budget: int
    """Limit on thinking in tokens, for models that take a number."""
    user: str
    """Your own user, for the provider's checks for abuse."""
    service_tier: str
    """The provider's word for how fast and at what price it answers."""
    metadata: JsonObject
    """What the provider is to keep with the call."""
    extra_body: JsonObject
    """Fields to put into the body as they are."""
    fetch: Literal["public", "any", "never"]
    """Media at a URL that the provider takes only as bytes: fetched where everyone can reach them (the default), also
    where only this machine can (`"any"`: not for URLs that others wrote), or left out with a warning (`"never"`)."""
    on_loss: Literal["warn", "error"]
    """What to do when the provider cannot express all of the request."""


class GenerateOptions(AnswerOptions, total=False):
    """Options of one call. What is not given is left to the client's defaults, then to the provider."""

    messages: Sequence[MessageLike]
    """The conversation so far; the prompt, when there is one, comes after it."""


class EmbedOptions(CallOptions, total=False):
    """Options of `embed`. What is not given is left to the client's defaults, then to the provider."""

    dimensions: int
    """How long the vectors shall be, for models that can shorten them."""
    input_type: InputType
    """What they are for: `query`, `document`, `classification`, `clustering`, `similarity`, or a provider's word."""
    dtype: VectorType
    """What their numbers shall be: `float`, `int8`, `uint8`, or packed bits (`binary`, `ubinary`)."""
    encoding: Literal["float", "base64"]
    """How they travel. Base64, the default where there is a choice, is less than half as long."""
    truncate: bool
    """Cut off what is too long (`True`) or refuse it (`False`)."""
    user: str
    """Your own user, for the provider's checks for abuse."""
    extra_body: JsonObject
    """Fields to put into the body as they are."""
    on_loss: Literal["warn", "error"]
    """What to do when the provider cannot be told all of it."""


OF_ALL_CALLS: Final = frozenset({"headers", "timeout", "retry_config", "on_loss", "user"})
"""Options of a client that hold for every kind of call."""

REQUEST_FIELDS: Final = frozenset({
    "max_tokens", "temperature", "top_p", "top_k", "seed", "frequency_penalty", "presence_penalty", "n", "logprobs",
    "top_logprobs", "parallel_tool_calls", "user", "service_tier", "metadata",
})  # fmt: skip
"""Options that are fields of `Request` under the same name."""

BUDGETS: Final = frozenset({"max_input_tokens", "context_budget"})
"""Options that are fields of `Call` under the same name."""

_RANGES: Final[dict[str, tuple[float, float]]] = {"temperature": (0, 2), "top_p": (0, 1)}

_COUNTS: Final[dict[str, tuple[int, float]]] = {
    "max_tokens": (1, float("inf")),
    "max_input_tokens": (1, float("inf")),
    "context_budget": (1, float("inf")),
    "top_k": (1, float("inf")),
    "n": (1, 128),
    "reasoning_budget": (0, float("inf")),
    "dimensions": (1, float("inf")),
}
"""Whole numbers, from and to."""

_KINDS: Final[dict[str, tuple[tuple[type, ...], str]]] = {
    "system": ((str,), "text"),
    "user": ((str,), "text"),
    "service_tier": ((str,), "text"),
    "seed": ((int,), "a whole number"),
    "frequency_penalty": ((int, float), "a number"),
    "presence_penalty": ((int, float), "a number"),
    "top_logprobs": ((int,), "a whole number"),
    "metadata": ((Mapping,), "a mapping"),
    "extra_body": ((Mapping,), "a mapping of fields to values"),
    "output_format": ((str, Mapping, OutputFormat), "'text', 'json', a JSON Schema or an OutputFormat"),
    "retry_config": ((RetryConfig,), "a RetryConfig"),
    "input_type": ((str,), "text"),
    "truncate": ((bool,), "True or False"),
}

_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "on_loss": ("warn", "error"),
    "fetch": ("public", "any", "never"),
    "reasoning_effort": EFFORTS,
    "dtype": get_args(VectorType),
    "encoding": ("float", "base64"),
}

_OF_THE_CLIENT: Final = frozenset({"model", "api_key", "base_url", "dialect", "http_client", "transport", "query"})
"""What is said once, in `create_llm`."""

_LISTS: Final = ("messages", "images", "documents", "tools")
_NAME_CHARACTERS: Final = 100


class ClientOptions(GenerateOptions, total=False):
    """Options of a client: those of its calls, and the settings of the providers that have any.

    `docs/providers.md` says which provider has which, and where it is read from when not given.
    """

    region: str
    """Where in the cloud: AWS."""
    region_name: str
    """The same, as boto3 calls it."""
    project: str
    """The Google Cloud project."""
    location: str
    """Where in the cloud: Google."""
    account_id: str
    """The account, where it is part of the address: Cloudflare."""
    api_version: str
    """The version of the API, where the address carries it: Azure."""
    azure_endpoint: str
    """The resource's address, as Azure's SDK calls it."""
    azure_deployment: str
    """The deployment's name, where it is not the model's: Azure."""
    profile: str
    """The named profile whose credentials to use: AWS."""
    aws_access_key_id: str
    """An AWS access key, in place of what the environment says."""
    aws_secret_access_key: str | Secret
    """The secret of that key."""
    aws_session_token: str | Secret
    """The session of temporary AWS keys."""


def check_options(options: Mapping[str, Any], kind: type = GenerateOptions) -> None:
    """Raise `ConfigurationError` for an option that `kind` does not have or whose value cannot be right."""
    names = kind.__annotations__.keys()  # those of its bases too
    unknown = options.keys() - names
    if unknown:
        raise ConfigurationError(_unknown_option(min(unknown), names))
    for name, value in options.items():
        check = _CHECKS.get(name)
        if check is not None and value is not None:
            check(name, value)


def options_over(defaults: Mapping[str, Any], options: Mapping[str, Any]) -> Mapping[str, Any]:
    """`defaults`, which have been checked, with a call's `options` over them. Raises as `check_options` does."""
    if not options:
        return defaults
    check_options(options)
    return {**defaults, **options}


def _check_range(name: str, value: object) -> None:
    low, high = _RANGES[name]
    if isinstance(value, bool) or not (isinstance(value, int | float) and low <= value <= high):
        raise ConfigurationError(f"{name} must be a number from {low:g} to {high:g}, not {value!r}")


def _check_count(name: str, value: object) -> None:
    low, high = _COUNTS[name]
    if isinstance(value, bool) or not (isinstance(value, int) and low <= value <= high):
        limits = f"from {low} to {high:g}" if high != float("inf") else f"of at least {low}"
        raise ConfigurationError(f"{name} must be a whole number {limits}, not {value!r}")


def _check_kind(name: str, value: object) -> None:
    kinds, said = _KINDS[name]
    if not isinstance(value, kinds):
        raise ConfigurationError(f"{name} must be {said}, not {type(value).__name__}")


def _check_stop(name: str, value: object) -> None:
    texts = [value] if isinstance(value, str) else value
    if not (isinstance(texts, Sequence) and all(isinstance(text, str) for text in cast("Sequence[object]", texts))):
        raise ConfigurationError(f"{name} must be a text or a list of texts, not {value!r}")


def _check_timeout(name: str, value: object) -> None:
    limits = asdict(value) if isinstance(value, Timeouts) else {"": value}
    for phase, limit in limits.items():
        if limit is not None:
            _check_seconds(f"{name}: `{phase}`" if phase else name, limit)


def _check_seconds(name: str, value: object) -> None:
    if isinstance(value, bool) or not (isinstance(value, int | float) and value > 0):
        raise ConfigurationError(f"{name} must be a positive number of seconds or Timeouts, not {value!r}")


def _check_list(name: str, value: object) -> None:
    if value is ...:  # a placeholder, which `messages_of` names
        return
    kind = type(value)
    if issubclass(kind, (str, bytes, Mapping)) or not issubclass(kind, Iterable):
        fix = "" if name == "messages" else f": write {name}=[{_short(value)}]"
        raise ConfigurationError(f"{name} must be a list, not {kind.__name__}{fix}")


def _short(value: object) -> str:
    """`value` as a program has it, where that is a name or an address; contents are not shown."""
    return repr(value) if isinstance(value, str) and len(value) <= _NAME_CHARACTERS else "..."


def _check_headers(name: str, value: object) -> None:
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{name} must be a mapping of names to values, not {type(value).__name__}")
    for header, text in cast("Mapping[object, object]", value).items():
        if not (isinstance(header, str) and isinstance(text, str | Secret)):
            raise ConfigurationError(f"{name}: `{header}` must be text or a Secret, not {type(text).__name__}")


def _check_word(name: str, value: object) -> None:
    words = _WORDS[name]
    if value not in words:
        raise ConfigurationError(f"{name} must be {' or '.join(map(repr, words))}, not {value!r}")


def _check_mode(name: str, value: object) -> None:
    from dragoman.client.mode import checked  # few programs name one

    checked(value, name)


_CHECKS: Final[dict[str, Callable[[str, object], None]]] = {
    **dict.fromkeys(_RANGES, _check_range),
    **dict.fromkeys(_COUNTS, _check_count),
    **dict.fromkeys(_KINDS, _check_kind),
    **dict.fromkeys(_LISTS, _check_list),
    **dict.fromkeys(_WORDS, _check_word),
    "headers": _check_headers,
    "stop": _check_stop,
    "timeout": _check_timeout,
    "mode": _check_mode,
}


_CALLED_ELSEWHERE: Final = {
    "api_base": ("base_url",),
    "apikey": ("api_key",),
    "instructions": ("system",),
    "max_completion_tokens": ("max_tokens",),
    "max_output_tokens": ("max_tokens",),
    "num_retries": ("retry_config",),
    "output_type": ("response_model",),
    "response_format": ("response_model", "output_format"),
    "schema": ("response_model", "output_format"),
    "stop_sequences": ("stop",),
    "system_prompt": ("system",),
    "thinking": ("reasoning_budget",),
    "thinking_budget": ("reasoning_budget",),
}
"""Names that providers and other libraries have for what is called otherwise here. They do not work."""


def _unknown_option(name: str, names: Iterable[str]) -> str:
    if name in _OF_THE_CLIENT:
        return f"`{name}` belongs to the client: make another with create_llm(..., {name}=...)"
    known = [*names, "response_model", *sorted(_OF_THE_CLIENT)]
    elsewhere = [each for each in _CALLED_ELSEWHERE.get(name, ()) if each in known]
    close = elsewhere or get_close_matches(name, known, n=1, cutoff=_ALIKE)
    meant = f": did you mean {' or '.join(f'`{each}`' for each in close)}?" if close else "."
    return f"there is no option `{name}`{meant} What only the provider knows goes into extra_body={{...}}"


def check_client_option(name: str) -> None:
    """Raise `ConfigurationError` for a `name` that no client takes. Values are checked where a client is made."""
    names = ClientOptions.__annotations__.keys()
    if name not in names and name not in _OF_THE_CLIENT:
        raise ConfigurationError(_unknown_option(name, names))


def refuse_misspelt(name: str, names: Iterable[str]) -> None:
    """Raise `ConfigurationError` for a `name` that belongs to the client, or is nearly one of `names`."""
    if name in _OF_THE_CLIENT or get_close_matches(name, list(names), n=1, cutoff=_NEARLY):
        raise ConfigurationError(_unknown_option(name, names))


_ALIKE: Final = 0.7
"""How alike a name has to be to what is offered in its place: `organization` and `location` are not."""

_NEARLY: Final = 0.8
"""How alike two names are when one is taken for the other misspelt: `modle` and `model` are, `store` and `stop` not."""


def timeouts_of(timeout: float | Timeouts | None) -> Timeouts:
    """Limits from what a caller gave, when checked: a number is the total, in seconds."""
    if isinstance(timeout, Timeouts):
        return timeout
    return Timeouts() if timeout is None else Timeouts(total=timeout)
