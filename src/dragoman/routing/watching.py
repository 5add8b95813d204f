"""Watching a flow: its events pass a witness on their way to the caller, who may change them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from dragoman.flow import Decoder, Effect, Emit, Flow, Pump, passing
from dragoman.messages import METADATA_EVENTS, Event, TextDelta

T = TypeVar("T")


class Witness(Protocol):
    """Sees each event, and says what the caller gets in its place."""

    def take(self, event: Event) -> Iterable[Event]: ...


class Looker:
    """A witness that changes nothing. It may see all events of a frame before the caller gets the first."""

    __slots__ = ()

    def see(self, event: Event) -> None:
        raise NotImplementedError

    def take(self, event: Event) -> tuple[Event]:
        self.see(event)
        return (event,)


class _Passing(Struct):
    """A decoder whose events pass a witness."""

    decoder: Decoder
    witness: Witness

    def feed(self, name: str, data: bytes) -> Iterator[Event]:
        for event in self.decoder.feed(name, data):
            yield from self.witness.take(event)

    def finish(self) -> Iterator[Event]:
        for event in self.decoder.finish():
            yield from self.witness.take(event)


class _Seen(Struct):
    """A decoder whose events are seen by a looker."""

    decoder: Decoder
    see: Callable[[Event], None]

    def feed(self, name: str, data: bytes) -> Iterable[Event]:
        events = self.decoder.feed(name, data)
        if not isinstance(events, list):  # those of another witness come one by one
            return self._one_by_one(events)
        for event in events:
            self.see(event)
        return events

    def finish(self) -> Iterator[Event]:
        return self._one_by_one(self.decoder.finish())

    def _one_by_one(self, events: Iterable[Event]) -> Iterator[Event]:
        for event in events:
            self.see(event)
            yield event


def watched(flow: Flow[T], witness: Witness) -> Flow[T]:
    """`flow`, with the same effects and the same result."""
    return passing(flow, partial(_passed, witness))


def _passed(witness: Witness, effect: Effect) -> Flow[Any]:
    match effect:
        case Pump(reply, framing, decoder, tap):
            seen = _Seen(decoder, witness.see) if isinstance(witness, Looker) else _Passing(decoder, witness)
            return (yield Pump(reply, framing, seen, tap))
        case Emit(event):
            for each in witness.take(event):
                yield Emit(each)
        case _:
            return (yield effect)


class Beginning(Looker):
    """A witness that tells once, at the first of an answer's content."""

    __slots__ = ("_tell",)

    def __init__(self, tell: Callable[[], object]) -> None:
        self._tell: Callable[[], object] | None = tell

    def see(self, event: Event) -> None:
        if self._tell is not None and not isinstance(event, METADATA_EVENTS):
            self._tell()
            self._tell = None


class Shown(Looker):
    """What the caller has been shown of an answer: since the last `Restarted`, which voids all before it.

    Attributes:
        begun: Whether there was any event.
        anything: Whether any of the answer was shown. Then it is too late to ask elsewhere in silence.
        only_text: Whether that is text alone, which another model can go on from.
    """

    __slots__ = ("_pieces", "anything", "begun", "only_text")

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.begun = self.anything = False
        self.only_text = True
        self._pieces: list[str] = []

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def see(self, event: Event) -> None:
        self.begun = True
        if isinstance(event, TextDelta) and event.choice == 0:
            self.anything = True
            self._pieces.append(event.text)
        elif not isinstance(event, METADATA_EVENTS):
            self.anything, self.only_text = True, False
