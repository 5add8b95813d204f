"""From the events of an answer to the value so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Protocol

from dragoman.messages import Event, ResponseStart, Restarted, TextDelta, ToolCallDelta, ToolCallEnd, ToolCallStart
from dragoman.structured.ask_streamed import UNFIT
from dragoman.structured.output import OutputType
from dragoman.structured.partial.json_in_text import JsonInText
from dragoman.structured.partial.nodes import Node
from dragoman.structured.partial.reader import Reader
from dragoman.structured.partial.scalars import NotJson
from dragoman.structured.techniques import Technique


class Document(Protocol):
    """Something that reads JSON in pieces."""

    def feed(self, piece: str) -> bool: ...

    def finish(self) -> bool: ...

    def show(self) -> Any: ...

    def is_complete(self, path: Sequence[str] = ()) -> bool: ...

    @property
    def restarts(self) -> int: ...


class Listening:
    """Hears the answer where the technique has it: in the arguments of a call, or in the text.

    What turns out to be no JSON is listened to no further: the final parse, which may repair it, has the last word.
    """

    def __init__(self, output: OutputType[Any], technique: Technique, make_node: Callable[[], Node]) -> None:
        self._output = output
        self._in_call = technique.hears == "call"
        self._make_node = make_node
        self.restarts: list[Restarted] = []
        self._model = ""
        self._begin()

    def _begin(self) -> None:
        self._call: int | None = None
        self._fed = self._lost = False
        self._document: Document = (
            self._reader() if self._in_call else JsonInText(self._reader, lists=self._output.wrapped)
        )

    def _reader(self) -> Reader:
        return Reader(self._make_node())

    def take(self, event: Event) -> bool:
        """Whether `event` brought anything new to show."""
        take = self._TAKES.get(type(event))
        return take is not None and take(self, event)

    def show(self) -> Any:
        """The value so far, a fresh one at each call; `NOTHING` when there is none."""
        return self._document.show()

    def is_complete(self, path: Sequence[str]) -> bool:
        return self._document.is_complete(path)

    def _start(self, event: ResponseStart) -> bool:
        self._model = event.model or ""
        return False

    def _text(self, event: TextDelta) -> bool:
        return not self._in_call and not event.choice and self._feed(event.text)

    def _call_start(self, event: ToolCallStart) -> bool:
        if self._call is None and not event.choice and event.name == self._output.name:
            self._call = event.index
        return False

    def _call_delta(self, event: ToolCallDelta) -> bool:
        return self._is_ours(event.index, event.choice) and self._feed(event.arguments)

    def _call_end(self, event: ToolCallEnd) -> bool:
        """Dialects whose calls come whole may say nothing before."""
        if not self._is_ours(event.index, event.choice):
            return False
        return False if self._fed else self._feed(event.call.arguments_json)

    def _is_ours(self, index: int, choice: int) -> bool:
        return self._in_call and index == self._call and not choice

    def _restarted(self, event: Restarted) -> bool:
        """What was delivered is void. Where nothing had been, nobody need know."""
        if self._fed or event.reason == UNFIT:
            self.restarts.append(event)
        self._begin()
        return False

    def _feed(self, piece: str) -> bool:
        if self._lost or not piece:
            return False
        self._fed = True
        before = self._document.restarts
        try:
            return self._document.feed(piece)
        except NotJson:
            self._lost = True
            return False
        finally:
            if self._document.restarts > before:
                self.restarts.append(Restarted(target=self._model, reason=UNFIT))

    _TAKES: ClassVar[dict[type, Callable[[Listening, Any], bool]]] = {
        ResponseStart: _start,
        TextDelta: _text,
        ToolCallStart: _call_start,
        ToolCallDelta: _call_delta,
        ToolCallEnd: _call_end,
        Restarted: _restarted,
    }
