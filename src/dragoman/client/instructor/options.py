"""Options of `create`, and those of other names that stand for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Final, TypeAlias, cast

from dragoman.client.aliases import under_own_names
from dragoman.client.cache.base import BaseCache
from dragoman.client.hooks import Hooks
from dragoman.client.instructor.google_options import from_google_s
from dragoman.client.instructor.sdk_values import is_left_out, own_timeout
from dragoman.client.options import AnswerOptions, GenerateOptions, MessageLike, refuse_misspelt
from dragoman.client.value_options import ValueOptions
from dragoman.errors import ConfigurationError
from dragoman.transport.carried.dumping import as_json

Messages: TypeAlias = str | Sequence[MessageLike] | None
"""A conversation, or one message of the user's."""


class ParameterOptions(AnswerOptions, total=False):
    """Options of a request, with the names that the SDKs have for some of them.

    What is none of them goes into the body as it is, for the provider to judge.
    """

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
    stop_sequences: Sequence[str]
    """`stop`, as Anthropic's API calls it."""
    extra_headers: Mapping[str, str]
    """`headers`, as the SDKs call them."""
    autodetect_images: bool
    """A text that is the address of a picture, a sound or a PDF becomes what is there. Local files are read."""
    cache: BaseCache
    """Where the answer is kept, when not where the client keeps its answers."""
    cache_ttl: int
    """For how many seconds it is kept."""


class CreateOptions(ParameterOptions, ValueOptions, total=False):
    """Options of `create`: those of the request, and of how a value is asked for."""

    validation_context: Mapping[str, Any]
    """`context`, as Instructor called it."""
    hooks: Hooks | None
    """Who else is told, in this call."""


_ALIASES: Final = {
    "input": "messages",
    "instructions": "system",
    "max_completion_tokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "stop_sequences": "stop",
    "extra_headers": "headers",
    "validation_context": "context",
}


def own_names(options: Mapping[str, Any]) -> dict[str, Any]:
    """`options` under our own names, without those that say nothing. Raises `ConfigurationError` for one said twice."""
    said = from_google_s({name: value for name, value in options.items() if not is_left_out(value)})
    given = under_own_names(said, _ALIASES)
    return {**given, "timeout": own_timeout(given["timeout"])} if "timeout" in given else given


_KNOWN: Final = GenerateOptions.__annotations__.keys() | CreateOptions.__annotations__.keys()
_NAMED: Final = {"response_model", "max_retries", "hooks", "stream"}


def body_fields(options: Mapping[str, Any], taken: frozenset[str] = frozenset()) -> dict[str, Any]:
    """`options`, in which what is none of ours goes into the body as it is, and so does what is `taken` there.

    Raises `ConfigurationError` for what is meant for the client, and for what looks like one of ours misspelt.
    """
    foreign = options.keys() - _KNOWN
    options = (
        {**options, "extra_body": _plain("extra_body", options["extra_body"])} if options.get("extra_body") else options
    )
    if not foreign:
        return dict(options)
    for name in foreign - taken:
        refuse_misspelt(name, _KNOWN | _NAMED)
    fields = {name: _plain(name, options[name]) for name in foreign}
    rest = {name: value for name, value in options.items() if name in _KNOWN}
    return {**rest, "extra_body": {**fields, **(rest.get("extra_body") or {})}}


def _plain(name: str, value: Any) -> Any:
    """The value as JSON has it; a model of pydantic's, wherever it stands, as the object that it writes."""
    made = as_json(value)
    if made is not None:
        return made
    match value:
        case Enum():
            return value.value
        case list() | tuple():
            return [_plain(name, each) for each in cast("Sequence[Any]", value)]
        case Mapping():
            return {_plain(name, key): _plain(name, each) for key, each in cast("Mapping[Any, Any]", value).items()}
        case None | str() | int() | float() | bool():
            return value
        case _:
            raise ConfigurationError(f"`{name}` would go into the body, which has no {type(value).__name__}")
