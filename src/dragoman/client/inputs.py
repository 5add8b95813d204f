"""What callers hand in, made canonical: prompts, messages, pictures and files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, takewhile
from operator import itemgetter
from os import PathLike
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

from msgspec import ValidationError, convert
from msgspec.structs import replace

from dragoman.client.contents import is_mixed, unmixed
from dragoman.client.options import ImageLike, MessageLike
from dragoman.client.understood import Understood
from dragoman.dialects import get_dialect
from dragoman.errors import ConfigurationError, Rejected
from dragoman.messages import Document, EmbeddingInput, Image, Message, Part, Role, Text
from dragoman.messages.media_source import IMAGE
from dragoman.messages.part_base import PartBase
from dragoman.transport.carried.dumping import as_json

_ANTHROPIC_PARTS: Final = frozenset({
    "tool_use", "tool_result", "image", "document", "thinking", "redacted_thinking", "server_tool_use", "search_result",
})  # fmt: skip
"""Types of content parts that Anthropic's form has and OpenAI's has not."""

_RESPONSES: Final = "openai_responses"

_RESPONSES_PARTS: Final = frozenset({"input_text", "input_image", "input_file", "output_text"})
"""Types of content parts that OpenAI's Responses API has and its chat API has not."""

_SHARED_PARTS: Final = frozenset({"text", "refusal", "input_audio"})
"""Those that both have."""

_ITEMS: Final = frozenset({
    "reasoning", "item_reference", "compaction", "mcp_list_tools", "mcp_approval_request", "mcp_approval_response",
})  # fmt: skip
_ITEM_ENDS: Final = ("_call", "_output")
"""Types of what stands beside messages in the Responses API's input and output: these, and what ends so."""

_OWN_PARTS: Final = frozenset({"tool_call", "reasoning", "opaque"})
"""Types of content parts that nobody's form has but ours."""

_SAVED: Final = frozenset({"cache", "extra"})
"""Fields that a message or a part has, `None` or not, when msgspec has written it; nobody else's has both."""

_OF_OBJECTS: Final = ("content", "tool_calls")
"""Fields of a message whose lists may hold objects of an SDK's."""

_LISTS: Final = (list, tuple)
"""Made once: `list | tuple` would be made anew for every message, which a third of its time here went into."""

EmbedLike: TypeAlias = str | Sequence[int] | Image | Path | bytes
"""A text, its tokens, or a picture: as it is, by its path, or its bytes."""

EmbedInputs: TypeAlias = EmbedLike | Sequence[EmbedLike]
"""What to embed: one thing, or a list of them."""

_PLAIN_ROLES: Final = frozenset({"system", "user", "assistant"})


_ATTACHED: Final = frozenset({"system", "images", "documents"})
"""Options that belong to the conversation, beside its messages."""


def conversation_of(prompt: Any, options: Mapping[str, Any]) -> tuple[Message, ...]:
    """`messages_of` by the options of a call. What is understood already is taken as it is."""
    is_understood = isinstance(prompt, Understood)
    if is_understood and _ATTACHED.isdisjoint(options):
        return prompt.messages
    return messages_of(
        None if is_understood else prompt,
        system=options.get("system"),
        messages=prompt.messages if is_understood else options.get("messages") or (),
        images=options.get("images") or (),
        documents=options.get("documents") or (),
    )


def messages_of(
    prompt: str | Message | Sequence[Part] | None,
    *,
    system: str | None = None,
    messages: Iterable[MessageLike] = (),
    images: Iterable[ImageLike] = (),
    documents: Iterable[Document | str | Path] = (),
) -> tuple[Message, ...]:
    """The conversation: `system`, then `messages`, then the prompt with its pictures and files.

    Raises `ConfigurationError` when there is nothing to say.
    """
    turns = [] if system is None else [Message(Role.SYSTEM, system)]
    turns += canonical_messages(messages)
    attached: list[Part] = [*map(image_of, images), *map(document_of, documents)]
    if prompt is not None or attached:
        turns.append(_prompt_turn(prompt, attached))
    if not turns:
        raise ConfigurationError("nothing was asked: pass a prompt or messages=[...]")
    return tuple(turns)


def _prompt_turn(prompt: object, attached: list[Part]) -> Message:
    match prompt:
        case Message(content=[]) | [] if not attached:
            raise ConfigurationError("nothing was asked: there is nothing in the prompt, not even an empty text")
        case Message():
            return Message(prompt.role, (*attached, *prompt.parts)) if attached else prompt
        case str():
            return Message(Role.USER, (*attached, Text(prompt)) if attached else prompt)
        case list() | tuple():
            return _turn_of_parts((*attached, *cast("Sequence[Part]", prompt)))
        case None:
            return Message(Role.USER, tuple(attached))
        case Mapping():
            raise ConfigurationError("a prompt is text, a Message or a list of parts: a dict goes into messages=[...]")
        case _ if prompt is ...:
            raise ConfigurationError("`...` is a placeholder: put a real prompt or real messages in its place")
        case _:
            raise ConfigurationError(f"a prompt is text, a Message or a list of parts, not {type(prompt).__name__}")


def _turn_of_parts(parts: tuple[Part, ...]) -> Message:
    try:
        return Message(Role.USER, parts)
    except TypeError as error:
        raise ConfigurationError(f"prompt: {error}") from error


def canonical_messages(messages: Iterable[MessageLike]) -> list[Message]:
    """Messages with plain dicts, in one of OpenAI's forms or in Anthropic's or as msgspec writes ours, translated."""
    if cast("object", messages) is ...:
        raise ConfigurationError("`...` is a placeholder: put real messages in its place")
    turns: list[Message] = []
    for form, formed in groupby(_with_forms(map(in_dicts, messages)), key=itemgetter(0)):
        group = (message for _, message in formed)
        match form:
            case None:
                turns += cast("Iterable[Message]", group)
            case "plain":
                turns += [Message(message["role"], message["content"]) for message in cast("Iterable[Any]", group)]
            case "mixed":
                turns += [unmixed(message, _read) for message in cast("Iterable[Mapping[str, Any]]", group)]
            case "own":
                turns += map(_read_again, cast("Iterable[Mapping[str, Any]]", group))
            case _:
                turns += _decoded(form, [dict(cast("Mapping[str, Any]", message)) for message in group])
    return _with_first_at_top(turns)


def _with_forms(messages: Iterable[MessageLike]) -> list[tuple[str | None, MessageLike]]:
    """Each with its `_form`. Texts among the Responses API's items are items too: those around them make one turn."""
    formed = [(_form(message), message) for message in messages]
    if not any(form == _RESPONSES for form, _ in formed):
        return formed
    return [(_RESPONSES if form == "plain" else form, message) for form, message in formed]


def in_dicts(message: Any) -> Any:
    """`message`, in which what an SDK answered with (its objects, which pydantic's are) is the dicts that it writes."""
    if isinstance(message, Message):
        return message
    whole = cast("Any", message) if type(message) is dict else _as_dict(message)
    if whole is not message:
        return {name: whole[name] for name in ("role", "content")} if _is_anthropic_s(whole) else whole
    if not isinstance(message, dict | Mapping):
        return message
    fields = cast("Mapping[str, Any]", message)
    lists = {name: fields[name] for name in _OF_OBJECTS if isinstance(fields.get(name), _LISTS)}
    return _all_in_dicts(fields, lists) if lists else fields


def _all_in_dicts(fields: Mapping[str, Any], lists: Mapping[str, Sequence[Any]]) -> Mapping[str, Any]:
    written = {name: [_as_dict(each) for each in values] for name, values in lists.items()}
    changed = any(new is not old for name in lists for new, old in zip(written[name], lists[name], strict=True))
    return {**fields, **written} if changed else fields


def _is_anthropic_s(answer: Mapping[str, Any]) -> bool:
    """Whether it says more than the turn that it is. A message of the Responses API's has a status."""
    return answer.get("type") == "message" and "status" not in answer


def _as_dict(value: Any) -> Any:
    written = as_json(value)
    return value if written is None else written


def _with_first_at_top(turns: list[Message]) -> list[Message]:
    """`turns` in which the system messages that come first are the conversation's own, whatever form they were in.

    Inside `messages` Anthropic takes none before the first turn; a later one stays where the caller put it.
    """
    first = list(takewhile(lambda turn: turn.role is Role.SYSTEM, turns))
    return [*map(_at_top, first), *turns[len(first) :]]


def _at_top(turn: Message) -> Message:
    extra = turn.extra
    if extra is None or extra.dialect != "anthropic_messages":
        return turn
    return replace(turn, extra=replace(extra, spelling={}) if extra.fields else None)


def _form(message: MessageLike) -> str | None:
    """The dialect a dict is in, or `"plain"` when any would say the same, `"own"` for ours, `"mixed"` for more than one
    form in one content, `None` for a `Message`.
    """
    if isinstance(message, Message):
        return None
    if not isinstance(message, dict | Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers are not type-checked
        raise ConfigurationError(
            f"a message is a Message or a dict with `role` and `content`, not {type(message).__name__}"
        )
    if _is_item(message):
        return _RESPONSES
    content = message.get("content")
    if type(content) is str and len(message) == 2 and message.get("role") in _PLAIN_ROLES:
        return "plain"
    if is_mixed(message):
        return "mixed"
    parts = cast("Sequence[Any]", content) if isinstance(content, list | tuple) else ()
    if message.keys() >= _SAVED or any(map(_is_own, parts)):
        return "own"
    return _form_of_parts([cast("Mapping[str, Any]", part) for part in parts if isinstance(part, Mapping)])


def _form_of_parts(parts: list[Mapping[str, Any]]) -> str:
    kinds = {part.get("type") for part in parts}
    if kinds & _RESPONSES_PARTS:
        return _RESPONSES if kinds <= _RESPONSES_PARTS | _SHARED_PARTS else "mixed"
    marked = kinds == {"text"} and any("cache_control" in part for part in parts)
    return "anthropic_messages" if marked or kinds & _ANTHROPIC_PARTS else "openai_chat"


def _is_item(message: Mapping[str, Any]) -> bool:
    """Whether it is one of the Responses API's, by its type."""
    kind = message.get("type")
    if not isinstance(kind, str):
        return False
    if "role" in message:
        return kind == "message" and "status" in message
    return kind in _ITEMS or kind.endswith(_ITEM_ENDS)


def _is_own(part: object) -> bool:
    if isinstance(part, Mapping):
        fields = cast("Mapping[str, Any]", part)
        return fields.get("type") in _OWN_PARTS or fields.keys() >= _SAVED
    return isinstance(part, PartBase)


def _read(message: Mapping[str, Any]) -> Message:
    return canonical_messages([message])[0]


def _read_again(message: Mapping[str, Any]) -> Message:
    try:
        return convert(dict(message), Message)
    except ValidationError as error:
        raise ConfigurationError(
            f"messages: {error}. By its fields this is one of dragoman's own, as msgspec saves them: "
            "pass it as it was saved, or write all of it in OpenAI's or Anthropic's form"
        ) from None


def _decoded(form: str, messages: list[dict[str, Any]]) -> tuple[Message, ...]:
    talk = {"input": list(map(_without_nulls, messages))} if form == _RESPONSES else {"messages": messages}
    try:
        return get_dialect(form).decode_request({"model": "", "max_tokens": 1, **talk}).messages
    except Rejected as error:
        raise ConfigurationError(f"messages: {error.message}") from None


def _without_nulls(item: Any) -> Any:
    """`model_dump()` of an SDK's writes what an item does not have as null."""
    match item:
        case Mapping():
            fields = cast("Mapping[str, Any]", item)
            return {name: _without_nulls(value) for name, value in fields.items() if value is not None}
        case list() | tuple():
            return [_without_nulls(each) for each in cast("Sequence[Any]", item)]
        case _:
            return item


def image_of(image: ImageLike) -> Image:
    """A picture from a path, a URL, bytes, or as it is."""
    match image:
        case Image():
            return image
        case bytes():
            return Image.from_bytes(image, _kind_of_image(image))
        case str() if image.startswith(("http://", "https://", "data:")):
            return Image.from_url(image)
        case str() | PathLike():
            return _picture(Path(image))
        case _:
            raise ConfigurationError(f"a picture is a path, a URL, bytes or an Image, not {type(image).__name__}")


def _picture(path: Path) -> Image:
    """A file whose name, or else whose beginning, is that of a picture."""
    named = IMAGE.type_of_name(path.name) or ""
    kind = named if named.startswith("image/") else _begins_as(path.read_bytes())
    if kind is None:
        known = (
            f"no picture but {named}: other files go into documents="
            if named
            else f"{_NO_PICTURE}path(path, media_type)"
        )
        raise ConfigurationError(f"`{path}` is {known}")
    return Image.from_path(path, kind)


def embedding_inputs(given: EmbedInputs) -> tuple[EmbeddingInput, ...]:
    """What to embed, one by one. A list of numbers is the tokens of one text. Raises `ConfigurationError`."""
    match given:
        case str() | Image() | Path() | bytes():
            inputs = (_embedding_input(given),)
        case [int(), *_]:
            inputs = (tuple(given),)
        case _ if isinstance(cast("object", given), Iterable) and not isinstance(given, Mapping):
            inputs = tuple(map(_embedding_input, cast("Iterable[EmbedLike]", given)))
        case _:
            raise ConfigurationError(f"embed takes texts, token ids or pictures, not {type(given).__name__}")
    if not inputs:
        raise ConfigurationError("there is nothing to embed: the list is empty")
    return inputs


def _embedding_input(given: EmbedLike) -> EmbeddingInput:
    match given:
        case str():
            return given
        case Image() | Path() | bytes():
            return image_of(given)
        case [int(), *_]:
            return tuple(given)
        case _:
            raise ConfigurationError(f"embed takes texts, token ids or pictures, not {type(given).__name__}")


_NO_PICTURE: Final = "no PNG, JPEG, GIF or WebP: use Image.from_"


def _kind_of_image(content: bytes) -> str:
    kind = _begins_as(content)
    if kind is None:
        raise ConfigurationError(f"these bytes are {_NO_PICTURE}bytes(content, media_type)")
    return kind


def _begins_as(content: bytes) -> str | None:
    return next((kind for beginning, kind in IMAGE.beginnings if content.startswith(beginning)), None)


def document_of(document: Document | str | Path) -> Document:
    """A file from a path, a URL, or as it is."""
    if isinstance(document, Document):
        return document
    if isinstance(document, str) and document.startswith(("http://", "https://", "data:")):
        return Document.from_url(document)
    try:
        return Document.from_path(document)
    except ValueError as error:
        raise ConfigurationError(f"{error} to Document.from_path, or give the text with Document(text=...)") from None
