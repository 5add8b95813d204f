"""mistralai, made by Speakeasy: it takes a body by name alone, and gives its own objects.

So a field that it does not know cannot be sent, and one that it does not know in an answer is not seen.
"""

from __future__ import annotations

from typing import Any, Final

from dragoman.client.wrapping.limits import narrowed
from dragoman.client.wrapping.methods import attribute, named_in
from dragoman.errors import UnsupportedFeature
from dragoman.http import Frame
from dragoman.transport.carried.dumping import dumped
from dragoman.transport.carried.replies import Answer, Parsed, Pieces
from dragoman.transport.carried.sending import Sending

METHODS: Final = {
    (False, False): "chat.complete",
    (True, False): "chat.stream",
    (False, True): "chat.complete_async",
    (True, True): "chat.stream_async",
}
"""By whether it is streamed, and whether it is awaited: one client does both."""

_END: Final[tuple[Frame, ...]] = (("", b"[DONE]"),)


class MistralCarrier:
    """A `Mistral` client.

    Args:
        client: The user's.
        asynchronous: Whether its awaited methods are called.
    """

    roots = frozenset({"mistralai"})

    def __init__(self, client: Any, *, asynchronous: bool) -> None:
        self._client = client
        self._asynchronous = asynchronous

    def send(self, sending: Sending) -> Any:
        method = attribute(self._client, METHODS[sending.stream, self._asynchronous])
        body = {name: value for name, value in sending.body.items() if name != "stream"}
        named, rest = named_in(method, body)
        if rest:
            raise UnsupportedFeature(
                f"`{min(rest)}` cannot be sent through the SDK's client, which takes only fields that it knows: leave "
                "it out, or use from_provider"
            )
        left = narrowed(self._own_limit(), sending.seconds_left())
        limit = {} if left is None else {"timeout_ms": max(int(left * 1000), 1)}
        return method(**named, **limit, http_headers=dict(sending.headers))

    def answer(self, given: Any, sending: Sending) -> Answer:
        return Pieces(given, _frame, _END) if sending.stream else Parsed(given, dumped(given))

    def _own_limit(self) -> float | None:
        """The client's own timeout in seconds, where it has one."""
        limit = getattr(getattr(self._client, "sdk_configuration", None), "timeout_ms", None)
        return limit / 1000 if isinstance(limit, int | float) else None


def _frame(event: Any) -> list[Frame]:
    return [("", dumped(getattr(event, "data", event)))]
