"""SDKs made by Stainless: openai, anthropic, groq, cerebras, fireworks, writer, perplexity and their like.

Their methods take our fields by name and the rest as `extra_body`, and give the HTTP response itself when a header asks
for it, as their `with_raw_response` does (github.com/openai/openai-python#accessing-raw-response-data-eg-headers, read
2026-11-21). The method is looked up at each call: `with_raw_response` would remember an older one, past a mock.
"""

from __future__ import annotations

from typing import Any, Final

from dragoman.client.wrapping.limits import narrowed
from dragoman.client.wrapping.methods import attribute, named_in, takes
from dragoman.http import Frame
from dragoman.transport.carried.dumping import dumped
from dragoman.transport.carried.failures import tries_noted
from dragoman.transport.carried.replies import Answer, Http, Parsed, Pieces
from dragoman.transport.carried.sending import Sending

_ASK_FOR_HTTP: Final = {"X-Stainless-Raw-Response": "raw"}

RESPONSES: Final = "responses.create"
"""What is called in place of the usual method when the path is that of OpenAI's Responses API."""

_DONE: Final[tuple[Frame, ...]] = (("", b"[DONE]"),)
"""What ends a stream of chat completions, of which an SDK's objects do not tell."""


class StainlessCarrier:
    """Such a client.

    Args:
        client: The user's.
        method: Where the method is that is usually called.
        roots: The packages whose exceptions it raises.
    """

    def __init__(self, client: Any, method: str, roots: frozenset[str]) -> None:
        self.roots = roots
        self._client = client
        self._method = method

    def send(self, sending: Sending) -> Any:
        create = attribute(self._client, RESPONSES if sending.path.endswith("/responses") else self._method)
        named, rest = named_in(create, {"model": sending.model, **sending.body})
        further: dict[str, Any] = {"extra_headers": {**sending.headers, **_ASK_FOR_HTTP}}
        if rest:
            further["extra_body"] = rest
        if takes(create, "timeout"):
            further["timeout"] = narrowed(getattr(self._client, "timeout", None), sending.seconds_left())
        return create(**named, **further)

    def answer(self, given: Any, sending: Sending) -> Answer:
        response = getattr(given, "http_response", None)
        parse = getattr(given, "parse", None)
        if isinstance(getattr(response, "status_code", None), int) and callable(parse):
            return Http(response, parse, tries_noted(response))
        if sending.stream:  # a mock gave the objects themselves
            return Pieces(given, _frame, _DONE)
        return Parsed(given, dumped(given))


def _frame(event: Any) -> list[Frame]:
    """Events of the newer APIs say in `type` what they are called."""
    kind = getattr(event, "type", "")
    return [(kind if isinstance(kind, str) else "", dumped(event))]
