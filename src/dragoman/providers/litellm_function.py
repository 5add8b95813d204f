"""litellm's functions, called in place of HTTP. So a call passes the same codec, tries and log as any other.

litellm is imported at the first call, which takes seconds, and retries nothing: the tries are ours.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any, Final, Literal

from msgspec.structs import replace

from dragoman.errors import MissingPackage
from dragoman.http import AsyncTransport, Transport
from dragoman.transport.carried.function import FunctionCarrier
from dragoman.transport.carried.sending import Sending
from dragoman.transport.carried.transport import AsyncCarriedTransport, CarriedTransport

_KEY: Final = "authorization"
_MADE_BY_LITELLM: Final = frozenset({"content-type", "user-agent"})
"""Headers of ours that it has its own in place of."""


def function_transport(face: Literal["sync", "async"]) -> Transport | AsyncTransport:
    """The transport for threads or for tasks."""
    if face == "async":
        return AsyncCarriedTransport(LitellmCarrier(_acompletion))
    return CarriedTransport(LitellmCarrier(_completion))


class LitellmCarrier(FunctionCarrier):
    """A function of litellm's, by which a provider of ours is reached: its key is an argument of each call."""

    def send(self, sending: Sending) -> Any:
        headers = {name.lower(): value for name, value in sending.headers.items()}
        key = headers.pop(_KEY, "").removeprefix("Bearer ")
        body = {**sending.body, **({"api_key": key} if key else {}), "max_retries": 0}
        further = {name: value for name, value in headers.items() if name not in _MADE_BY_LITELLM}
        return super().send(replace(sending, body=body, headers=further))


def _completion(**arguments: Any) -> Any:
    return _load().completion(**arguments)


async def _acompletion(**arguments: Any) -> Any:
    litellm = await asyncio.to_thread(_load)
    return await litellm.acompletion(**arguments)


def _load() -> Any:
    """Raises `MissingPackage`."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else it fetches a list of prices when imported
    try:
        import litellm  # pyright: ignore[reportMissingImports]  # whoever asks for it brings it
    except ImportError:
        raise MissingPackage(
            "litellm is not installed: `pip install litellm`, or pass base_url= for its proxy", provider="litellm"
        ) from None
    return litellm
