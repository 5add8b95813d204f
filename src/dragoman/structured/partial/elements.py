"""The elements of a list, each handed out when it has come whole."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from dragoman.messages import Event, Restarted, ToolCallEnd
from dragoman.structured.output import WRAPPED
from dragoman.structured.parallel import ParallelType
from dragoman.structured.partial.nodes import NOTHING, Leaf, ListOf, Node, Wrapped
from dragoman.structured.rules import Rules
from dragoman.structured.streaming import UNFIT

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
    """Hears every call of a `ParallelType`: each is an element when it is whole."""

    def __init__(self, output: ParallelType, rules: Rules, delivery: Delivery[Any]) -> None:
        self._output = output
        self._rules = rules
        self._delivery = delivery
        self.restarts: list[Restarted] = []

    def take(self, event: Event) -> bool:
        """Whether `event` brought anything new."""
        match event:
            case Restarted():
                self._delivery.begin()
                if event.reason == UNFIT:
                    self.restarts.append(event)
            case ToolCallEnd(choice=0):
                self._call(event.call.name, event.call.arguments_json)
            case _:
                return False
        return True

    def _call(self, name: str, arguments: str) -> None:
        rules = self._rules
        try:
            value = self._output.value_of(name, arguments, context=rules.context, strict=rules.strict)
        except ValueError:
            if name in self._output.members:  # others may be the caller's
                self._delivery.hold()
        else:
            self._delivery.take(value)
