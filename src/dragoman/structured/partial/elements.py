"""The elements of a list, each handed out when it has come whole."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Generic, TypeVar

from dragoman.messages import Event, Restarted, ToolCallDelta, ToolCallEnd, ToolCallStart
from dragoman.structured.ask_streamed import UNFIT
from dragoman.structured.output import WRAPPED
from dragoman.structured.parallel import ParallelType
from dragoman.structured.partial.nodes import NOTHING, Leaf, ListOf, Node, Wrapped
from dragoman.structured.partial.reader import Reader
from dragoman.structured.partial.scalars import NotJson
from dragoman.structured.rules import Rules

T = TypeVar("T")


class Delivery(Generic[T]):
    """The elements in their order, each delivered once: after a restart, what comes again as it was is passed over.

    After one that does not fit nothing more is delivered, until the answer begins anew.
    """

    def __init__(self) -> None:
        self.ready: deque[T] = deque()
        self._delivered: list[T] = []
        self._place = 0
        self._held = False

    def seen(self) -> bool:
        """Whether any element was delivered."""
        return bool(self._delivered)

    def begin(self) -> None:
        """The list comes from its beginning."""
        self._place, self._held = 0, False

    def hold(self) -> None:
        self._held = True

    def take(self, element: T) -> None:
        if self._held:
            return
        place, self._place = self._place, self._place + 1
        if place < len(self._delivered):
            if self._delivered[place] == element:
                return
            self._delivered[place] = element
        else:
            self._delivered.append(element)
        self.ready.append(element)


class Element(Leaf):
    """The place of an element: it goes to the delivery, and nowhere else."""

    def __init__(self, validate: Callable[[str | bytes], Any], delivery: Delivery[Any]) -> None:
        super().__init__(validate)
        self._delivery = delivery

    def text(self, text: str | bytes) -> Any:
        element = super().text(text)
        if element is NOTHING:
            self._delivery.hold()
        else:
            self._delivery.take(element)
        return NOTHING


def elements(validate: Callable[[str | bytes], Any], delivery: Delivery[Any]) -> Node:
    """A list, wrapped as `OutputType` has it, whose elements are delivered."""
    delivery.begin()
    return Wrapped(ListOf(Element(validate, delivery)), WRAPPED)


class ListeningToCalls:
    """Hears every call of a `ParallelType`: each is an element, as soon as its arguments are whole."""

    def __init__(self, output: ParallelType, rules: Rules, delivery: Delivery[Any]) -> None:
        self._output = output
        self._rules = {"context": rules.context, "strict": rules.strict}
        self._delivery = delivery
        self.restarts: list[Restarted] = []
        self._begin()

    def _begin(self) -> None:
        self._delivery.begin()
        self._calls: dict[int, Reader] = {}
        self._lost: set[int] = set()

    def take(self, event: Event) -> bool:
        """Whether `event` may have brought anything new."""
        match event:
            case ToolCallStart(choice=0) if event.name in self._output.members:
                validate = partial(self._output.value_of, event.name, **self._rules)
                self._calls[event.index] = Reader(Element(validate, self._delivery))
            case ToolCallDelta(choice=0) if event.index in self._calls:
                self._feed(event.index, event.arguments)
            case ToolCallEnd(choice=0) if event.index in self._calls:
                self._end(event.index, event.call.arguments_json)
            case Restarted():
                self._begin()
                if event.reason == UNFIT:
                    self.restarts.append(event)
            case _:
                return False
        return True

    def _feed(self, index: int, arguments: str) -> None:
        if index in self._lost:
            return
        try:
            self._calls[index].feed(arguments)
        except NotJson:  # the whole of it is judged at its end
            self._lost.add(index)

    def _end(self, index: int, arguments: str) -> None:
        """What did not come in pieces, or could not be read so, comes now."""
        reader = self._calls.pop(index)
        if not reader.whole:
            reader.node.text(arguments)
