"""google-genai: our whole body goes in as `extra_body`, what comes out is the body as it came.

Streams have no public way to the body. Where the SDK's own generator is in place, the request is made one step below
it, which gives the JSON of each piece; otherwise the objects are taken, which lack fields that the SDK does not know.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any, Final

from dragoman.client.wrapping.limits import narrowed
from dragoman.client.wrapping.methods import attribute
from dragoman.errors import MissingPackage
from dragoman.http import Frame
from dragoman.transport.carried.dumping import dumped
from dragoman.transport.carried.replies import Answer, Parsed, Pieces
from dragoman.transport.carried.sending import Sending

_METHODS: Final = {False: "models.generate_content", True: "models.generate_content_stream"}
"""By whether it is streamed."""

_ADDED: Final = frozenset({"sdk_http_response", "parsed", "automatic_function_calling_history"})
"""What the SDK adds to an answer."""

_FOR_VERTEX: Final = "vertexai"
"""The client's attribute for it."""

_NOT_SENT: Final = "-"
"""What stands where the SDK demands a conversation; ours replaces it."""


class GenaiCarrier:
    """A `genai.Client`, or its `aio`.

    Args:
        client: The user's.
        asynchronous: Whether its awaited methods are called, which are those of its `aio`.
    """

    roots = frozenset({"google"})

    def __init__(self, client: Any, *, asynchronous: bool) -> None:
        self._client = getattr(client, "aio", client) if asynchronous else client
        self._asynchronous = asynchronous

    def send(self, sending: Sending) -> Any:
        method = attribute(self._client, _METHODS[sending.stream])
        config = self._config(sending)
        if sending.stream and (below := self._below(method)) is not None:
            path = f"{_path(self._api(), sending.model)}:streamGenerateContent?alt=sse"
            return below("post", path, sending.body, config.http_options)
        return method(model=sending.model, contents=_NOT_SENT, config=config)

    def _below(self, method: Any) -> Any:
        """What sends a streamed request and gives JSON; `None` where the method is not the SDK's own any more."""
        code = getattr(getattr(method, "__func__", None), "__code__", None)
        if code is None or not code.co_filename.replace("\\", "/").endswith("google/genai/models.py"):
            return None
        return getattr(self._api(), "async_request_streamed" if self._asynchronous else "request_streamed", None)

    def _api(self) -> Any:
        return getattr(self._client, "_api_client", None)

    def _config(self, sending: Sending) -> Any:
        types = _types()
        limit = narrowed(self._own_limit(), sending.seconds_left())
        options = types.HttpOptions(
            extra_body=sending.body,
            timeout=None if limit is None else max(int(limit * 1000), 1),
            headers=dict(sending.headers) or None,
        )
        return types.GenerateContentConfig(
            http_options=options,
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
            should_return_http_response=None if sending.stream else True,
        )

    def answer(self, given: Any, sending: Sending) -> Answer:
        if sending.stream:
            return Pieces(given, _frame)
        http: Any = getattr(given, "sdk_http_response", None)
        body = getattr(http, "body", None)
        if not isinstance(body, str):
            return Parsed(given, dumped(given))
        headers = {str(name).lower(): str(value) for name, value in dict(http.headers or {}).items()}
        return Parsed(_completion(body), body.encode(), headers)

    def _own_limit(self) -> float | None:
        """The client's own timeout in seconds, where it has one."""
        options = getattr(self._api(), "_http_options", None)
        limit = getattr(options, "timeout", None)
        return limit / 1000 if isinstance(limit, int | float) else None


def is_for_vertex(client: Any) -> bool:
    """Whether it asks Vertex AI. A client says so itself, its `aio` by what lies below; a mock's attribute is none."""
    return any(getattr(each, _FOR_VERTEX, None) is True for each in (client, getattr(client, "_api_client", None)))


def _path(api: Any, model: str) -> str:
    """Where a model is, as the SDK writes it: under a publisher on Vertex."""
    return import_module("google.genai._transformers").t_model(api, model)


def _completion(body: str) -> Any:
    """The SDK's own object; its constructors refuse fields that it does not know, this does not. `None` of no JSON."""
    make = _types().GenerateContentResponse._from_response  # noqa: SLF001  # the public ones are those that refuse
    try:
        wire = json.loads(body)
    except ValueError:  # the codec says so
        return None
    return make(response=wire, kwargs={}) if isinstance(wire, dict) else None


def _types() -> Any:
    try:
        return import_module("google.genai.types")
    except ImportError:  # a mock was brought
        raise MissingPackage("google-genai is not installed: `pip install google-genai`") from None


def _frame(piece: Any) -> list[Frame]:
    body = getattr(piece, "body", None)
    if isinstance(body, str):
        return [("", body.encode())]
    return [("", dumped(piece, without=_ADDED))]
