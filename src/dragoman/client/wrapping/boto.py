"""boto3's `bedrock-runtime`: our body goes in by name, its bytes as bytes, and parsed dicts come out.

The service's own model says where bytes stand, so nothing here names a field. The time that is left cannot be said for
one call: the limits are those of the client's `Config`.
"""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Mapping
from functools import partial
from inspect import iscoroutinefunction
from typing import Any, Final, cast

from dragoman.client.wrapping.methods import attribute
from dragoman.errors import UnsupportedFeature
from dragoman.http import Frame
from dragoman.messages import encode_json
from dragoman.transport.carried.replies import Answer, Parsed, Pieces
from dragoman.transport.carried.sending import Sending

_METHODS: Final = {True: ("converse_stream", "ConverseStream"), False: ("converse", "Converse")}
"""By whether it is streamed: the method, and the operation's name."""


class BotoCarrier:
    """A client of `boto3` or `aiobotocore`.

    Args:
        client: The user's.
        asynchronous: Whether tasks ask: a client that blocks is then called in threads.
    """

    roots = frozenset({"botocore", "aiobotocore"})

    def __init__(self, client: Any, *, asynchronous: bool) -> None:
        self._client = client
        self._asynchronous = asynchronous

    def send(self, sending: Sending) -> Any:
        sending.seconds_left()
        if sending.headers:
            raise UnsupportedFeature("headers= cannot be sent through a boto3 client: register a handler of its events")
        name, operation = _METHODS[sending.stream]
        method = attribute(self._client, name)
        shape = _input_of(self._client, operation)
        arguments = {**(_with_bytes(sending.body, shape) if shape else sending.body), "modelId": sending.model}
        if self._asynchronous and not _is_awaited(self._client, method):
            return asyncio.to_thread(partial(method, **arguments))
        return method(**arguments)

    def answer(self, given: Any, sending: Sending) -> Answer:
        headers = given.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        if sending.stream:
            return Pieces(given["stream"], _frames, headers={**headers})
        body = {name: value for name, value in given.items() if name != "ResponseMetadata"}
        return Parsed(given, encode_json(_as_json(body)), headers={**headers})


def _is_awaited(client: Any, method: Any) -> bool:
    return iscoroutinefunction(method) or any(kind.__name__.startswith("Aio") for kind in client.__class__.__mro__)


def _input_of(client: Any, operation: str) -> Any:
    """The shape of what the operation takes; a mock of a client has none."""
    model = getattr(getattr(client, "meta", None), "service_model", None)
    names = getattr(model, "operation_names", None)
    return cast("Any", model).operation_model(operation).input_shape if isinstance(names, list) else None


def _with_bytes(value: Any, shape: Any) -> Any:
    """`value`, in which base64 is bytes where `shape` has them."""
    match shape.type_name:
        case "structure" if isinstance(value, Mapping) and not getattr(shape, "is_document_type", False):
            fields = cast("Mapping[str, Any]", value)
            members = shape.members
            return {
                name: _with_bytes(each, members[name]) if name in members else each for name, each in fields.items()
            }
        case "list" if isinstance(value, list):
            return [_with_bytes(each, shape.member) for each in cast("list[Any]", value)]
        case "blob" if isinstance(value, str):
            return b64decode(value)
        case _:
            return cast("Any", value)


def _frames(event: Mapping[str, Any]) -> list[Frame]:
    return [(name, encode_json(_as_json(data))) for name, data in event.items()]


def _as_json(value: Any) -> Any:
    """`value`, with bytes as base64."""
    match value:
        case bytes():
            return b64encode(value).decode()
        case dict():
            return {name: _as_json(each) for name, each in cast("dict[str, Any]", value).items()}
        case list():
            return [_as_json(each) for each in cast("list[Any]", value)]
        case _:
            return value
