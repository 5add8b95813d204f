"""What a server does that knows a request again: it answers as before, asks no model and charges nothing.

So has it draft-ietf-httpapi-idempotency-key-header-07 (datatracker.ietf.org, read 2026-11-21). Of the providers none
says that it does.
"""

from __future__ import annotations

from hashlib import sha256

from msgspec.structs import replace

from dragoman.errors import Rejected
from dragoman.testing.emulator.faults import NO_FAULT
from dragoman.testing.emulator.http import HttpCall, Reply, nothing


class Kept:
    """The answers by the keys of their requests; nothing is kept where no header is named. Failures are not kept."""

    def __init__(self, header: str | None) -> None:
        self._header = None if header is None else header.lower()
        self._replies: dict[str, tuple[bytes, Reply]] = {}

    def reply_to(self, call: HttpCall) -> Reply | None:
        """The answer that the request has had, whole. Raises `Rejected` when its key was another request's."""
        body, reply = self._replies.get(self._key(call) or "", (b"", None))
        if reply is None:
            return None
        if body != _digest(call):
            raise Rejected("This key was used for another request.", http_status=422)
        return replace(reply, fault=NO_FAULT, ended=nothing)

    def keep(self, call: HttpCall, reply: Reply) -> None:
        """Remember an answer, whatever becomes of it on its way."""
        key = self._key(call)
        if key is not None and reply.status < 300:
            self._replies[key] = (_digest(call), reply)

    def clear(self) -> None:
        self._replies.clear()

    def _key(self, call: HttpCall) -> str | None:
        return None if self._header is None else call.headers.get(self._header)


def _digest(call: HttpCall) -> bytes:
    return sha256(call.target.encode() + b" " + call.body).digest()
