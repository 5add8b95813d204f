"""cohere, made by Fern: our whole body goes in as `additional_body_parameters`, what comes out is the SDK's objects.

They keep fields that the SDK does not know. `cohere.Client` is of the older API; its `v2` is the one that is spoken.
"""

from __future__ import annotations

from typing import Any, Final, cast

from dragoman.client.wrapping.limits import narrowed
from dragoman.client.wrapping.methods import attribute, named_in
from dragoman.http import Frame
from dragoman.transport.carried.dumping import dumped
from dragoman.transport.carried.replies import Answer, Parsed, Pieces
from dragoman.transport.carried.sending import Sending

_METHODS: Final = {True: "chat_stream", False: "chat"}
"""By whether the answer is streamed: the method, which says so to the server by itself."""


def method_of(client: Any, *, stream: bool) -> str:
    """Where the method of the second API is: at a `ClientV2` itself, and at the `v2` of a `Client`."""
    second = any(kind.__name__.endswith("V2Client") for kind in client.__class__.__mro__) or not hasattr(client, "v2")
    return _METHODS[stream] if second else f"v2.{_METHODS[stream]}"


class CohereCarrier:
    """A `ClientV2`, a `Client`, or the async one of either."""

    roots = frozenset({"cohere"})

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, sending: Sending) -> Any:
        path = method_of(self._client, stream=sending.stream)
        method = attribute(self._client, path)
        body = {name: value for name, value in sending.body.items() if name != "stream"}
        named, _ = named_in(_declared(self._client, path) or method, body)
        limit = narrowed(self._own_limit(), sending.seconds_left())
        options: dict[str, Any] = {"additional_headers": dict(sending.headers), "additional_body_parameters": body}
        if limit is not None:
            options |= {"timeout": limit, "timeout_in_seconds": max(int(limit), 1)}
        return method(**named, request_options=options)

    def answer(self, given: Any, sending: Sending) -> Answer:
        return Pieces(given, _frame) if sending.stream else Parsed(given, dumped(given))

    def _own_limit(self) -> float | None:
        """The client's own timeout, where it can be seen."""
        wrapper: Any = getattr(self._client, "_client_wrapper", None)
        limit = wrapper.get_timeout() if hasattr(wrapper, "get_timeout") else None
        return limit if isinstance(limit, int | float) else None


def _declared(client: Any, path: str) -> Any:
    """The method as its class has it: around that of an object the SDK puts a function that takes any name."""
    holder, _, name = path.rpartition(".")
    return getattr(cast("object", type(attribute(client, holder))), name, None)


def _frame(event: Any) -> list[Frame]:
    return [(str(getattr(event, "type", "")), dumped(event))]
