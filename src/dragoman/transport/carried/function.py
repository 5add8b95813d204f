"""A function in the form of `litellm.completion`: our body goes in by name, what comes out is an object of its own.

The function finds its keys and addresses itself, and retries as the caller has set it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from dragoman.http import Frame
from dragoman.transport.carried.dumping import dumped
from dragoman.transport.carried.replies import Answer, Parsed, Pieces
from dragoman.transport.carried.sending import Sending

_END: Final[tuple[Frame, ...]] = (("", b"[DONE]"),)


class FunctionCarrier:
    """`litellm.completion`, `litellm.acompletion`, or a router's."""

    roots = frozenset({"litellm", "openai"})

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def send(self, sending: Sending) -> Any:
        arguments = dict(sending.body)
        left = sending.seconds_left()
        if left is not None:
            arguments["timeout"] = left
        if sending.headers:
            arguments["extra_headers"] = dict(sending.headers)
        return self._function(**arguments)

    def answer(self, given: Any, sending: Sending) -> Answer:
        return Pieces(given, _frame, _END) if sending.stream else Parsed(given, dumped(given))


def _frame(chunk: Any) -> list[Frame]:
    return [("", dumped(chunk))]
