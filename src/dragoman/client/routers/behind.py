"""What all views of one router share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dragoman.client.routers.servers import Server
from dragoman.routing.routing import Routing
from dragoman.routing.straight import first_of
from dragoman.routing.target import Target

if TYPE_CHECKING:
    from dragoman.client.llm import LLMBase


class Behind:
    """What decides, who is behind each target, and what is to be closed.

    Attributes:
        routing: What decides.
        servers: Who is behind each target.
        first: Who is asked first of every call, where that is settled.
        closed: Whether nobody may be asked any more.
    """

    def __init__(self, routing: Routing, servers: Mapping[Target, Server], made: Sequence[LLMBase]) -> None:
        self.routing = routing
        self.servers = servers
        self.first = first_of(routing)
        self.closed = False
        self._made = made

    def close(self) -> None:
        """Close the clients that were made for the router, and not those it was given."""
        self.closed = True
        for llm in self._made:
            llm.plan.close()
