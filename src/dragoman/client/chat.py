"""Chats: conversations that remember what was said. A turn is remembered once its answer is whole."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias, Unpack, overload

from dragoman.client.inputs import canonical_messages, messages_of
from dragoman.client.options import GenerateOptions
from dragoman.client.plan import Plan
from dragoman.client.streams import AsyncStream, Stream
from dragoman.flow import Flow, async_run, run
from dragoman.messages import LLMResponse, Message, Part

Prompt: TypeAlias = str | Message | Sequence[Part] | None
"""What to ask: text, a message, parts, or nothing when `messages` say it all."""

_OF_THE_TURN: Final = frozenset({"messages", "images", "documents"})
"""Options that belong to what is asked now; the others hold for the whole chat."""


class ChatBase:
    """What both faces share.

    `messages` is the conversation so far, a list of the caller's: shorten it, or begin another chat with a copy.
    Instructions given as `system` are not in it: they go before it in each call.
    """

    def __init__(self, plan: Plan, options: Mapping[str, Any]) -> None:
        options = plan.options(options)
        self._plan = plan
        self._options = {name: value for name, value in options.items() if name not in _OF_THE_TURN}
        self.messages: list[Message] = canonical_messages(options.get("messages") or ())

    def _turn(self, prompt: Prompt, options: Mapping[str, Any], *, stream: bool) -> Flow[LLMResponse]:
        options = {**self._options, **options}
        given: dict[str, Any] = {name: options[name] or () for name in _OF_THE_TURN & options.keys()}
        asked = messages_of(prompt, **given)
        told = {**options, **dict.fromkeys(_OF_THE_TURN, ()), "messages": (*self.messages, *asked)}
        return self._remembered(asked, self._plan.generate(None, told, stream=stream))

    def _remembered(self, asked: Sequence[Message], flow: Flow[LLMResponse]) -> Flow[LLMResponse]:
        response = yield from flow
        self.messages += (*asked, response.message)
        return response

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._plan!r}, {len(self.messages)} messages>"


class Chat(ChatBase):
    """A conversation: each call sends what was said before. Make one with `LLM.chat`.

    A call that fails, or a stream that is left early, leaves the conversation as it was. One thread at a time.
    """

    @overload
    def generate(
        self, prompt: Prompt = None, *, stream: Literal[True], **options: Unpack[GenerateOptions]
    ) -> Stream: ...

    @overload
    def generate(
        self, prompt: Prompt = None, *, stream: Literal[False] = False, **options: Unpack[GenerateOptions]
    ) -> LLMResponse: ...

    def generate(
        self, prompt: Prompt = None, *, stream: bool = False, **options: Unpack[GenerateOptions]
    ) -> LLMResponse | Stream:
        """Say the next thing, as `LLM.generate` would; `options` win over the chat's."""
        flow = self._turn(prompt, options, stream=stream)
        return Stream(flow) if stream else run(flow)


class AsyncChat(ChatBase):
    """`Chat`, awaited: make one with `AsyncLLM.chat`, and call it once at a time.

    A call that fails or is cancelled, or a stream that is left early, leaves the conversation as it was.
    """

    @overload
    def generate(
        self, prompt: Prompt = None, *, stream: Literal[True], **options: Unpack[GenerateOptions]
    ) -> AsyncStream: ...

    @overload
    def generate(
        self, prompt: Prompt = None, *, stream: Literal[False] = False, **options: Unpack[GenerateOptions]
    ) -> Coroutine[Any, Any, LLMResponse]: ...

    def generate(
        self, prompt: Prompt = None, *, stream: bool = False, **options: Unpack[GenerateOptions]
    ) -> Coroutine[Any, Any, LLMResponse] | AsyncStream:
        """Say the next thing: as `Chat.generate`, to be awaited. With `stream=True` the stream comes at once."""
        flow = self._turn(prompt, options, stream=stream)
        return AsyncStream(flow) if stream else async_run(flow)
