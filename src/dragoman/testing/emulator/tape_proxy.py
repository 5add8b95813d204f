"""Between a client and its provider: the emulator answers from a tape, and records what is not on it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from dragoman.errors import Rejected
from dragoman.flow import async_run
from dragoman.http import AsyncTransport, HttpRequest
from dragoman.providers import ProviderSpec, find_settings, get_spec, join_path, parse_base_url
from dragoman.providers.base_url import whole_url
from dragoman.secret import Secret
from dragoman.testing.emulator.http import HttpCall, Reply
from dragoman.testing.tape.exchange import Recorded
from dragoman.testing.tape.scrubbing import secrets_in
from dragoman.testing.tape.tape import Tape, recorded_of, sent_of
from dragoman.transport import TransportOptions, open_async_transport

_TO: Final = re.compile(r"^/@(?P<provider>\w+)(?P<rest>/.*)?$", re.DOTALL)
"""How a path says which provider it is meant for: `/@openai/v1/chat/completions`."""

_NOT_FORWARDED: Final = frozenset({
    "host", "connection", "content-length", "transfer-encoding", "accept-encoding", "keep-alive", "te", "upgrade",
    "proxy-authorization", "proxy-connection", "expect",
})  # fmt: skip
_AWS: Final = "AWS4-HMAC"
"""Begins a signature that holds for one host only: such a call is signed again for the one it goes to."""


def address(url: str, spec: ProviderSpec) -> str:
    """Where a client finds the provider's tape at an emulator that listens at `url`."""
    prefix = spec.default_prefix
    return f"{url}/@{spec.name}{prefix if isinstance(prefix, str) else ''}"


class TapeProxy:
    """Answers calls from a tape; what is not on it goes to the provider once.

    Where that is, is read from the environment when this is made: soon after, the variables name the emulator itself.
    """

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self._environment = dict(os.environ)
        self._transport: AsyncTransport | None = None

    async def answer(self, call: HttpCall) -> Reply:
        """Play or record. Raises `NotOnTape`, and `TransportError` when the provider cannot be reached."""
        spec, rest = _meant_for(call)
        asked = sent_of(spec.name, call.method, rest, call.headers, call.body)
        sent = replace(asked, base_url=self._base_url(spec))
        played = self.tape.play(sent)
        if isinstance(played, Recorded):
            return _reply(played)
        recorded = await self._forward(spec, rest, call)
        played.fill(recorded)
        return _reply(recorded)

    async def _forward(self, spec: ProviderSpec, rest: str, call: HttpCall) -> Recorded:
        self._transport = self._transport or open_async_transport(TransportOptions())
        request, secrets = await self._request(spec, rest, call)
        reply = await self._transport.open(request)
        return recorded_of(reply.status, reply.headers, await reply.read(), secrets)

    async def _request(self, spec: ProviderSpec, rest: str, call: HttpCall) -> tuple[HttpRequest, list[Secret]]:
        """The call as it goes to the provider, and the secrets in it."""
        said = {setting.name: self._variable(setting.env) for setting in spec.settings}
        settings, _ = find_settings(spec.name, spec.settings, said)
        base = self._base_url(spec) or spec.url_for(settings)
        if not base:
            raise Rejected(f"where is `{spec.name}`? Say so in Tape(..., upstreams=...)", http_status=501)
        origin, prefix = parse_base_url(base, spec.prefix_for(settings))
        target = join_path(prefix, rest)
        headers = {name: value for name, value in call.headers.items() if name not in _NOT_FORWARDED}
        secrets = list(secrets_in(call.target, call.headers))
        if headers.get("authorization", "").startswith(_AWS):
            credential = await async_run(spec.auth.find(spec.name, None, settings))
            if credential is not None:
                signed = credential.headers(call.method, origin, target, call.body)
                headers.update({name.lower(): value for name, value in signed})
                secrets += credential.secrets
        fields = tuple(headers.items())
        return HttpRequest(origin=origin, target=target, method=call.method, headers=fields, body=call.body), secrets

    def _base_url(self, spec: ProviderSpec) -> str | None:
        """Where the provider is said to be; `None`: at its usual place."""
        addresses = [name for setting in spec.settings if setting.is_address for name in setting.env]
        said = self.tape.upstreams.get(spec.name) or self._variable((*addresses, *spec.base_url_variables))
        if said is None or spec.bare_host_port is None:
            return said and said.rstrip("/")
        return whole_url(said, spec.bare_host_port)

    def _variable(self, names: Iterable[str]) -> str | None:
        return next((self._environment[name] for name in names if self._environment.get(name)), None)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def _meant_for(call: HttpCall) -> tuple[ProviderSpec, str]:
    """The provider that a call is meant for, and the target below the prefix that its clients are given."""
    path, mark, query = call.target.partition("?")
    found = _TO.match(path)
    if found is None:
        raise Rejected("a tape wants to know whose call it is: the path begins with /@PROVIDER", http_status=404)
    spec = get_spec(found["provider"])
    prefix = spec.default_prefix
    rest = (found["rest"] or "/").removeprefix(prefix if isinstance(prefix, str) else "")
    return spec, f"{rest}{mark}{query}"


def _reply(recorded: Recorded) -> Reply:
    """The reply; a stream in pieces that end where its frames do."""
    content, headers = recorded.content, dict(recorded.headers)
    kind = headers.get("content-type", "")
    pieces = _pieces(content, kind)
    return Reply(
        status=recorded.status,
        headers=tuple(headers.items()),
        pieces=pieces,
        streamed=len(pieces) > 1,
        outcome="ok" if recorded.status < 400 else "refused",
    )


_ENDS: Final[Mapping[str, re.Pattern[bytes]]] = {
    "text/event-stream": re.compile(rb"(?<=\n\n)|(?<=\r\n\r\n)"),
    "application/x-ndjson": re.compile(rb"(?<=\n)"),
}
"""By content type: where the frames of a stream end."""


def _pieces(content: bytes, content_type: str) -> tuple[bytes, ...]:
    ends = _ENDS.get(content_type.partition(";")[0].strip().lower())
    return tuple(piece for piece in ends.split(content) if piece) if ends else (content,)
