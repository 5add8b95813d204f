"""A model's answer to a request, as events: the loop from token to token."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from itertools import count
from time import monotonic
from typing import Final
from uuid import uuid4

from dragoman.engines.base import LoadedModel
from dragoman.engines.detokenize import Detokenizer, StopSequences
from dragoman.engines.markup import Kind, Splitter, begins_thinking, call_marks, calls_in
from dragoman.engines.prompt import prompt_of, sampling_of
from dragoman.errors import ContextTooLong
from dragoman.messages import (
    Event,
    Extra,
    Finish,
    FinishReason,
    JsonObject,
    OutputFormat,
    ReasoningDelta,
    ReasoningEnd,
    Request,
    ResponseStart,
    TextDelta,
    ToolCall,
    ToolCallEnd,
    ToolCallStart,
    Usage,
    UsageUpdate,
    encode_json,
)

_ANY_OBJECT: Final[JsonObject] = {"type": "object"}
_MOST_BY_DEFAULT: Final = 4096


class Answer:
    """One answer of a loaded model.

    Making it reads the prompt, so what is wrong with that is raised before anything is computed. `events()` computes.
    """

    def __init__(
        self, model: LoadedModel, request: Request, *, cancelled: Callable[[], bool], load_seconds: float = 0.0
    ) -> None:
        """Raises `UnsupportedFeature`, `ContextTooLong` and `ConfigurationError`."""
        self._model = model
        self._request = request
        self._cancelled = cancelled
        self._load_seconds = load_seconds
        self._began = self._first_token_at = monotonic()
        self._sampling = sampling_of(request)
        self._prompt = model.encode(prompt_of(request, model))
        self._limit = _limit(len(self._prompt), request.max_tokens, model.context_tokens)
        self._written = 0
        self._finish_reason: FinishReason = "length"
        self._stops = StopSequences(request.stop)

    def events(self) -> Generator[Event]:
        """Ends early, without a `Finish`, when it is cancelled."""
        yield ResponseStart(model=self._request.model)
        marks = call_marks(self._model.chat_template) if self._request.tools else None
        opened = begins_thinking(self._model.decode(self._prompt[-16:]))
        parts = _Parts()
        for kind, text in _split(self._texts(), Splitter(marks, thinking=opened)):
            yield from parts.events(kind, text)
        yield from parts.close()
        if self._cancelled():
            return
        usage = Usage(input_tokens=len(self._prompt), output_tokens=self._written)
        yield UsageUpdate(usage=usage)
        reason = "tool_calls" if parts.called and self._finish_reason == "stop" else self._finish_reason
        yield Finish(finish_reason=reason, extra=self._durations())

    def _durations(self) -> Extra:
        """Under the names that Ollama has for them, in nanoseconds."""
        first, ended = self._first_token_at, monotonic()
        seconds = {
            "total_duration": self._load_seconds + ended - self._began,
            "load_duration": self._load_seconds,
            "prompt_eval_duration": first - self._began,
            "eval_duration": ended - first,
        }
        return Extra(fields={name: int(each * 1e9) for name, each in seconds.items()}, dialect="ollama")

    def _texts(self) -> Iterator[str]:
        """The text of the answer, up to an end token, a stop sequence or the limit."""
        stops = self._stops
        text = Detokenizer(self._model.decode, self._model.hidden_tokens)
        for token in self._tokens():
            yield stops.feed(text.feed(token))
            if stops.found is not None:
                self._finish_reason = "stop"
                return
        yield stops.feed(text.finish())
        yield stops.finish()

    def _tokens(self) -> Iterator[int]:
        schema = _schema(self._request.output_format)
        with closing(self._model.tokens(self._prompt, self._sampling, schema)) as tokens:
            for token in tokens:
                if self._cancelled():
                    return
                if not self._written:
                    self._first_token_at = monotonic()
                self._written += 1
                if token in self._model.end_tokens:
                    self._finish_reason = "stop"
                    return
                yield token
                if self._written >= self._limit:
                    return


def _limit(prompt: int, wanted: int | None, context: int | None) -> int:
    """How many tokens the answer may be. Raises `ContextTooLong` when there is no room for any."""
    left = None if context is None else context - prompt
    if left is not None and left < 1:
        raise ContextTooLong(f"the prompt is {prompt} tokens, and the model's context is {context}")
    most = _MOST_BY_DEFAULT if wanted is None else wanted
    return most if left is None else min(most, left)


def _schema(form: OutputFormat | None) -> JsonObject | None:
    if form is None or form.kind == "text":
        return None
    return _ANY_OBJECT if form.schema is None else form.schema


def _split(texts: Iterator[str], splitter: Splitter) -> Iterator[tuple[Kind, str]]:
    for text in texts:
        yield from splitter.feed(text)
    yield from splitter.finish()


class _Parts:
    """Pieces of text, thinking and calls as events, each part with its index."""

    def __init__(self) -> None:
        self._indices = count()
        self._index = 0
        self._kind: Kind | None = None
        self.called = False

    def events(self, kind: Kind, text: str) -> Iterator[Event]:
        if kind == "calls":
            calls = calls_in(text)
            if calls is not None:
                yield from self.close()
                for name, arguments in calls:
                    yield from self._call(name, arguments)
                return
            kind = "text"
        if kind != self._kind:
            if not text.strip():
                return  # the line breaks around marks
            yield from self.close()
            self._kind, self._index = kind, next(self._indices)
        yield ReasoningDelta(text, self._index) if kind == "thinking" else TextDelta(text, self._index)

    def close(self) -> Iterator[Event]:
        """End the part that is open."""
        if self._kind == "thinking":
            yield ReasoningEnd(index=self._index)
        self._kind = None

    def _call(self, name: str, arguments: JsonObject) -> Iterator[Event]:
        self.called = True
        index = next(self._indices)
        text = encode_json(arguments).decode()
        call = ToolCall(id=f"call_{uuid4().hex[:24]}", name=name, arguments=dict(arguments), arguments_json=text)
        yield ToolCallStart(id=call.id, name=name, index=index)
        yield ToolCallEnd(call=call, index=index)
