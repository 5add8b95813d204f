"""A client of ours in Instructor's manner behind a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from dragoman.client.instructor.base import InstructorBase
from dragoman.client.instructor.creating import Asked, Creating
from dragoman.client.routers.servers import Server, Wish
from dragoman.flow import Flow
from dragoman.messages import LLMResponse
from dragoman.routing.target import Place
from dragoman.structured import Extracted, Rules
from dragoman.structured.partial import Delivery
from dragoman.structured.rules import Both, Watcher

if TYPE_CHECKING:
    from dragoman.client.cache.base import Caching
    from dragoman.client.value_streams import IterableFlow, PartialFlow

T = TypeVar("T")


class InstructorServer(Server):
    """A client of ours in Instructor's manner: its hooks are told and its defaults hold."""

    def __init__(self, client: InstructorBase, place: Place) -> None:
        self._client = client
        self.place = place

    def generate(self, wish: Wish, watcher: Watcher | None) -> Flow[LLMResponse]:
        asked = self._asked(wish)
        if watcher is not None:
            asked = replace(asked, rules=replace(asked.rules, watcher=Both(asked.rules.watcher, watcher)))
        return asked.response(stream=wish.stream)

    def extract(self, wanted: type[T], wish: Wish, rules: Rules, caching: Caching | None) -> Flow[Extracted[T]]:
        asked = self._ruled(wish, rules)
        found = yield from replace(asked, caching=caching or asked.caching).value(wanted)
        return Extracted(found.value, found.response)

    def partial(self, wanted: type[T], wish: Wish, rules: Rules) -> PartialFlow[T]:
        return self._ruled(wish, rules).partial(wanted)

    def iterable(self, wanted: Any, wish: Wish, rules: Rules, delivery: Delivery[Any]) -> IterableFlow[Any]:
        return self._ruled(wish, rules).iterable(wanted, delivery)

    def model_for(self, model: str) -> str:
        usual = self.place.model
        return self._client.plan(usual).for_model(model).model if usual else model

    def _asked(self, wish: Wish) -> Asked:
        asked = wish.model or self.place.model
        model = {"model": asked} if asked else {}
        return self._client.asked(list(wish.messages), {**wish.options, **model}, stream=wish.stream)

    def _ruled(self, wish: Wish, rules: Rules) -> Asked:
        """What is asked by the rules of the router's call, of which the client's own hooks hear too."""
        asked = self._asked(wish)
        return replace(asked, rules=replace(rules, watcher=Both(asked.rules.watcher, rules.watcher)))

    def __repr__(self) -> str:
        return repr(self._client)


def is_ours(client: object) -> bool:
    """Whether it is a client of ours, whose calls are flows."""
    return isinstance(client, InstructorBase) and isinstance(client.create_fn, Creating)
