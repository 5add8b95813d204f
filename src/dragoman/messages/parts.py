"""Content parts: what a message is made of.

Every part is an immutable record with a `type` tag. A part holds what all dialects share; what only one dialect
knows travels beside it in `extra`, or as a whole `Opaque` part, and goes back to that dialect unchanged.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, cast

from msgspec import Struct, field
from msgspec.structs import force_setattr

from dragoman.messages.json_text import decode_json, encode_json
from dragoman.messages.media import Audio, Document, Image, Video
from dragoman.messages.part_base import Extra, JsonObject, PartBase


class Citation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, repr_omit_defaults=True):
    """Where a passage of a `Text` comes from.

    `start` and `end` count in `unit` (`end` is exclusive): characters of the answer for `"answer"`,
    otherwise characters, pages or blocks of the cited document, or blocks of a search result.
    """

    unit: Literal["answer", "char", "page", "block", "search"] = "answer"
    url: str | None = None
    title: str | None = None
    cited_text: str | None = None
    document_index: int | None = None
    start: int | None = None
    end: int | None = None
    extra: Extra | None = None


class Text(PartBase, frozen=True, kw_only=False, tag="text"):
    """Plain text, with the citations that support it."""

    text: str
    citations: tuple[Citation, ...] = ()


class ToolCall(PartBase, frozen=True, kw_only=True, tag="tool_call"):
    """The model asks for a tool to be run. The `ToolResult` that answers it has the same `id`.

    Give `arguments` (a dict) or `arguments_json` (its JSON text, as a provider sent it): the other is derived.
    Text that is not a JSON object, for example cut off by the token limit, gives `arguments={}` and
    `complete=False`. Empty text and `null` are a call without arguments.
    `text` is the input of a free-form tool, which has no arguments.
    """

    id: str
    name: str
    arguments: dict[str, Any] = field(default_factory=dict[str, Any])
    arguments_json: str = ""
    complete: bool = True
    text: str | None = None

    def __post_init__(self) -> None:
        if not self.arguments_json:
            force_setattr(self, "arguments_json", encode_json(self.arguments).decode())
        elif not self.arguments:
            arguments, complete = parse_arguments(self.arguments_json)
            force_setattr(self, "arguments", arguments)
            force_setattr(self, "complete", self.complete and complete)


def parse_arguments(arguments_json: str) -> tuple[dict[str, Any], bool]:
    """The arguments in a provider's JSON text, and whether the text was a whole JSON object."""
    if arguments_json in ("", "{}", "null"):
        return {}, True
    try:
        value = decode_json(arguments_json)
    except ValueError:
        return {}, False
    return (cast("dict[str, Any]", value), True) if isinstance(value, dict) else ({}, False)


class ToolResult(PartBase, frozen=True, kw_only=True, tag="tool_result"):
    """What a tool answered, for the call with the same `id`.

    `content` is text, or parts where the provider takes pictures and files from tools. `is_error=True` tells the model
    that the tool failed. `name` is the tool's: some dialects want it, and find it in the conversation when not given.
    """

    id: str
    content: str | tuple[Part, ...]
    is_error: bool = False
    name: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.content, list):
            force_setattr(self, "content", tuple(self.content))

    @property
    def text(self) -> str:
        """The text of the result, without its other parts."""
        return self.content if isinstance(self.content, str) else joined_text(self.content)


class Reasoning(PartBase, frozen=True, kw_only=False, tag="reasoning"):
    """The model's thinking.

    `payload` is what the provider must get back unchanged to go on (a signature, encrypted content),
    and `dialect` whose it is. The text can be empty while the payload matters.
    """

    text: str = ""
    payload: JsonObject | None = None
    dialect: str | None = None


class Refusal(PartBase, frozen=True, kw_only=False, tag="refusal"):
    """The model declined, in its own words: they are in `LLMResponse.refusal`, not in its `content`."""

    text: str


class Opaque(PartBase, frozen=True, kw_only=False, tag="opaque", eq=False):  # noqa: PLW1641  # a payload has no hash
    """Something only `dialect` knows, kept as it came: server-side tool blocks, new part types.

    Decoders say what they know of it: `kind`, and for what a tool of the provider was asked and gave its `name` in
    the provider's words, the `id` that joins call and result, `input` and `output`. All of that is in `payload` too:
    encoders write `payload` alone, and two that have the same are equal.
    """

    dialect: str
    payload: JsonObject
    kind: Literal["server_tool_call", "server_tool_result"] | None = None
    name: str | None = None
    id: str | None = None
    input: Any = None
    output: Any = None

    def __eq__(self, other: object) -> bool:
        return type(other) is Opaque and self._kept == other._kept

    @property
    def _kept(self) -> tuple[Any, ...]:
        return self.dialect, self.payload, self.cache, self.extra


Part: TypeAlias = Text | Image | Audio | Video | Document | ToolCall | ToolResult | Reasoning | Refusal | Opaque


def joined_text(parts: tuple[Part, ...]) -> str:
    """The visible text of `parts`: every `Text`, nothing else, without separators."""
    return "".join([part.text for part in parts if type(part) is Text])
