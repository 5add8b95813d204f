"""How a call goes out: what it refers to is fetched first, and who watches is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from dragoman.calls import Call, generate
from dragoman.client.contents import has_urls
from dragoman.errors import Error
from dragoman.flow import Flow
from dragoman.messages import LLMResponse, Request
from dragoman.structured.rules import Watcher


def sent(call: Call, options: Mapping[str, Any]) -> Flow[LLMResponse]:
    """The flow of `call`. What lies at a URL and can be sent only as bytes is fetched first."""
    if not has_urls(call.request):
        return generate(call)
    from dragoman.client.fetching import with_bytes  # few calls need it

    def near() -> Flow[LLMResponse]:
        request = yield from with_bytes(call.request, call.target.dialect, options.get("fetch") or "public")
        return (yield from generate(replace(call, request=request)))

    return near()


def watched(sending: Flow[LLMResponse], request: Request, watcher: Watcher) -> Flow[LLMResponse]:
    """`sending`, of `request`, which is not sent again; `watcher` is told."""
    watcher.asked(request)
    try:
        response = yield from sending
    except Error as error:
        watcher.failed(error, asked=1, is_last=True)
        raise
    watcher.answered(response)
    return response
