"""litellm's functions as a transport: the body goes in as arguments, and what comes out is JSON again.

So a call passes the same codec, the same tries and the same log as any other. litellm is imported at the first call,
which takes seconds, and retries nothing: the tries are ours.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
from time import monotonic
from typing import Any, Final, Literal

from dragoman.errors import ConnectionLost, Error, MissingPackage, TimedOut
from dragoman.http import AsyncTransport, Frame, Framing, HttpRequest, Transport
from dragoman.messages import decode_json, encode_json

_BEARER: Final = "Bearer "
_NOT_PASSED_ON: Final = frozenset({"authorization", "content-type", "user-agent"})
"""Headers that litellm makes itself, and the key, which is an argument of its own."""
_DONE: Final[Frame] = ("", b"[DONE]")
_CODES: Final = {
    "ContextWindowExceededError": "context_length_exceeded",
    "ContentPolicyViolationError": "content_policy_violation",
    "NotFoundError": "model_not_found",
}
"""By class of litellm's: the code that says the same."""


def function_transport(face: Literal["sync", "async"]) -> Transport | AsyncTransport:
    """The transport for threads or for tasks."""
    return AsyncFunctionTransport() if face == "async" else FunctionTransport()


def load_litellm() -> Any:
    """Raises `MissingPackage`."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else it fetches a list of prices when imported
    try:
        import litellm  # pyright: ignore[reportMissingImports]  # whoever asks for it brings it
    except ImportError:
        raise MissingPackage(
            "litellm is not installed: `pip install litellm`, or pass base_url= for its proxy", provider="litellm"
        ) from None
    return litellm


def arguments_of(request: HttpRequest) -> dict[str, Any]:
    """The body as keyword arguments, with the key, the caller's headers and the time that is left."""
    arguments: dict[str, Any] = decode_json(request.body)
    headers = {name.lower(): value for name, value in request.headers}
    key = headers.get("authorization", "")
    if key:
        arguments["api_key"] = key.removeprefix(_BEARER)
    further = {name: value for name, value in headers.items() if name not in _NOT_PASSED_ON}
    if further:
        arguments["extra_headers"] = further
    if request.deadline is not None:
        arguments["timeout"] = max(request.deadline - monotonic(), 0.001)
    return {**arguments, "max_retries": 0}


def _details(error: Exception) -> bytes:
    kind = type(error).__name__
    message = getattr(error, "message", None) or str(error)
    return encode_json({"error": {"message": message, "type": kind, "code": _CODES.get(kind)}})


def _status_of(error: Exception) -> int:
    """The status of an error that is a provider's answer. Others are raised: ours for a broken connection."""
    kind, status = type(error).__name__, getattr(error, "status_code", None)
    if kind == "Timeout":
        raise TimedOut("litellm's call took too long", phase="total") from error
    if kind == "APIConnectionError":
        raise ConnectionLost(f"litellm could not reach the provider: {error}") from error
    if not isinstance(status, int):
        raise error
    return status


class _FunctionReply:
    """What a function of litellm's gave, as a reply."""

    status: int
    headers: Mapping[str, str]

    def __init__(self, answer: Any, *, streamed: bool) -> None:
        self._answer = answer
        self.status = 200
        self.headers = {"content-type": "text/event-stream" if streamed else "application/json"}

    def close(self) -> None:
        close = getattr(self._answer, "close", None)
        if close is not None:
            with suppress(Exception):  # a generator that another thread is reading
                close()


class FunctionReply(_FunctionReply):
    """For threads."""

    def read(self) -> bytes:
        return self._answer.model_dump_json().encode()

    def frames(self, framing: Framing) -> Iterator[list[Frame]]:  # noqa: ARG002  # there are no bytes to cut
        try:
            for chunk in self._answer:
                yield [("", chunk.model_dump_json().encode())]
        except Exception as error:  # noqa: BLE001  # raised again when it is no provider's answer
            _status_of(error)
            yield [("error", _details(error))]
        yield [_DONE]


class AsyncFunctionReply(_FunctionReply):
    """For tasks."""

    async def read(self) -> bytes:
        return self._answer.model_dump_json().encode()

    async def frames(self, framing: Framing) -> AsyncIterator[list[Frame]]:  # noqa: ARG002  # there are no bytes to cut
        try:
            async for chunk in self._answer:
                yield [("", chunk.model_dump_json().encode())]
        except Exception as error:  # noqa: BLE001  # raised again when it is no provider's answer
            _status_of(error)
            yield [("error", _details(error))]
        yield [_DONE]

    def close(self) -> None:
        """Nothing: an async generator ends when it is dropped."""


class RefusalReply:
    """An error of a provider's, as the reply it once was."""

    headers: Mapping[str, str]

    def __init__(self, error: Exception) -> None:
        self.status = _status_of(error)
        self._body = _details(error)
        response = getattr(error, "response", None)
        self.headers = {name.lower(): value for name, value in getattr(response, "headers", {}).items()}

    def read(self) -> bytes:
        return self._body

    def frames(self, framing: Framing) -> Iterator[list[Frame]]:  # noqa: ARG002  # an error is read whole
        yield [("error", self._body)]

    def close(self) -> None:
        """Nothing is held."""


class AsyncRefusalReply(RefusalReply):
    """The same for tasks."""

    async def read(self) -> bytes:  # pyright: ignore[reportIncompatibleMethodOverride]  # the other face
        return self._body

    async def frames(self, framing: Framing) -> AsyncIterator[list[Frame]]:  # pyright: ignore[reportIncompatibleMethodOverride]  # noqa: ARG002  # the other face
        yield [("error", self._body)]


class _Released:
    """There is nothing to give back: the connections are litellm's."""

    def release(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class FunctionTransport(_Released):
    """`litellm.completion`, for threads."""

    def open(self, request: HttpRequest) -> FunctionReply | RefusalReply:
        litellm, arguments = load_litellm(), arguments_of(request)
        try:
            answer = litellm.completion(**arguments)
        except Error:
            raise
        except Exception as error:  # noqa: BLE001  # raised again when it is no provider's answer
            return RefusalReply(error)
        return FunctionReply(answer, streamed=bool(arguments.get("stream")))


class AsyncFunctionTransport(_Released):
    """`litellm.acompletion`, for tasks."""

    async def open(self, request: HttpRequest) -> AsyncFunctionReply | AsyncRefusalReply:
        litellm = await asyncio.to_thread(load_litellm)
        arguments = arguments_of(request)
        try:
            answer = await litellm.acompletion(**arguments)
        except Error:
            raise
        except Exception as error:  # noqa: BLE001  # raised again when it is no provider's answer
            return AsyncRefusalReply(error)
        return AsyncFunctionReply(answer, streamed=bool(arguments.get("stream")))
