"""A call without a `response_model` on an SDK's client: its own method, called as its own users call it.

What is ours of the arguments is done before: templates are rendered, and pictures, sounds and files become what the SDK
takes. Hooks hear of the call: `completion:response` gets what the method gave, a stream of the SDK's too, unread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator, Mapping
from contextlib import contextmanager
from inspect import isawaitable
from typing import Any, Final, cast

from msgspec import Struct

from dragoman.client.hooks import Hooks
from dragoman.client.instructor.conversation import rendered
from dragoman.client.instructor.plainly import CONTEXTS, without_what_values_have
from dragoman.messages import Media

_OURS: Final = frozenset({*CONTEXTS, "hooks", "autodetect_images", "token_budget"})
"""Arguments that no SDK knows."""

_TALK: Final = ("messages", "system", "input", "instructions", "message", "chat_history")
"""Arguments of SDKs that hold what is said, and so templates."""

_TURNS: Final = {"messages": None, "input": "openai_responses"}
"""Arguments that hold messages with parts → their dialect, where it is not that of the client."""

_ONLY_ATTEMPT: Final = {"attempt_number": 1, "max_attempts": 1, "is_last_attempt": True}


class Verbatim(Struct, frozen=True):
    """A method of an SDK's client, and the dialect that it takes."""

    method: Callable[..., Any]
    dialect: str

    def call(self, messages: Any, options: Mapping[str, Any], *, stream: bool) -> Any:
        """What the SDK gives."""
        said = _said(messages, options, stream=stream)
        detect = bool(options.get("autodetect_images"))
        given = self._written(said, detect) if detect or _has_ours(said) else said
        with _heard(options.get("hooks") or Hooks(), given) as hooks:
            answer = self.method(**given)
        hooks.emit_completion_response(answer)
        return answer

    def call_awaited(self, messages: Any, options: Mapping[str, Any], *, stream: bool) -> Coroutine[Any, Any, Any]:
        """`call`, to be awaited. What is wrong with the options is raised at once."""
        said = _said(messages, options, stream=stream)
        return self._awaited(said, options.get("hooks") or Hooks(), bool(options.get("autodetect_images")))

    async def _awaited(self, said: Mapping[str, Any], hooks: Hooks, detect: bool) -> Any:
        given = await asyncio.to_thread(self._written, said, detect) if detect or _has_ours(said) else said
        with _heard(hooks, given):
            answer = self.method(**given)
            answer = await answer if isawaitable(answer) else answer
        hooks.emit_completion_response(answer)
        return answer

    def _written(self, said: Mapping[str, Any], detect: bool) -> Mapping[str, Any]:
        """`said`, with texts, pictures, sounds and files in lists as the SDK takes them. It may read or fetch them."""
        from dragoman.client.multimodal import write_parts  # few calls have any

        written = {
            name: [write_parts(turn, dialect or self.dialect, autodetect=detect) for turn in said[name]]
            for name, dialect in _TURNS.items()
            if isinstance(said.get(name), list | tuple)
        }
        return {**said, **written}


def _said(messages: Any, options: Mapping[str, Any], *, stream: bool) -> dict[str, Any]:
    """The arguments for the SDK, templates rendered."""
    rest = without_what_values_have(messages, options)
    context = next((rest[name] for name in CONTEXTS if rest.get(name)), None)
    given = {name: value for name, value in rest.items() if name not in _OURS}
    if messages is not None:
        given["messages"] = messages
    if stream:
        given["stream"] = True
    return {name: rendered(value, context) if name in _TALK else value for name, value in given.items()}


def _has_ours(said: Mapping[str, Any]) -> bool:
    """Whether a content holds what no SDK takes: a part of ours, or a text in a list."""
    turns = [turn for name in _TURNS if isinstance(said.get(name), list | tuple) for turn in said[name]]
    contents = [cast("Any", turn).get("content") for turn in turns if isinstance(turn, Mapping)]
    return any(isinstance(content, Media) or _is_mixed(content) for content in contents)


def _is_mixed(content: Any) -> bool:
    parts: list[Any] = cast("list[Any]", content) if isinstance(content, list | tuple) else []
    return any(isinstance(part, Media | str) for part in parts)


@contextmanager
def _heard(hooks: Hooks, given: Mapping[str, Any]) -> Generator[Hooks]:
    """`hooks` hear of a call with `given`, and of how it fails."""
    hooks.emit_completion_arguments(**given)
    try:
        yield hooks
    except Exception as error:
        hooks.emit_completion_error(error, **_ONLY_ATTEMPT)
        hooks.emit_completion_last_attempt(error, **_ONLY_ATTEMPT)
        raise
