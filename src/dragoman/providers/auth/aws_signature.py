"""AWS Signature Version 4, as a pure function: a request and keys in, headers out.

Reference: docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html (read 2026-11-21). The
rules are those for every service but S3: the path, which is percent-encoded on the wire already, is encoded once more.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final
from urllib.parse import quote, urlsplit

from msgspec import Struct

from dragoman.providers.auth.keys import Header
from dragoman.secret import Secret

ALGORITHM: Final = "AWS4-HMAC-SHA256"
TIME: Final = "%Y%m%dT%H%M%SZ"
"""How `x-amz-date` says a time, which is in UTC."""

_UNSIGNED: Final = frozenset(
    {"authorization", "connection", "content-length", "expect", "keep-alive", "proxy-authenticate"}
    | {"proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "x-amzn-trace-id"}
    | {"baggage", "traceparent", "tracestate"}
)
"""Headers that proxies may change, or that come after the signature."""
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class AwsKeys(Struct, frozen=True):
    """Who signs. `token` is there for keys that last for a session only."""

    access_key: str
    secret_key: Secret
    token: Secret | None = None


class Scope(Struct, frozen=True):
    """What a signature is good for: a day, a region and a service."""

    day: str
    region: str
    service: str

    def __str__(self) -> str:
        return f"{self.day}/{self.region}/{self.service}/aws4_request"


def sign(
    keys: AwsKeys,
    method: str,
    url: str,
    headers: Sequence[Header] = (),
    body: bytes = b"",
    *,
    region: str,
    service: str,
    at: datetime,
) -> tuple[Header, ...]:
    """The headers to add to a request so that it is signed at `at`, a time in UTC."""
    time = at.strftime(TIME)
    added = [("x-amz-date", time)]
    if keys.token:
        added.append(("x-amz-security-token", keys.token.reveal()))
    named = {name.lower() for name, _ in headers}
    host = [] if "host" in named else [("host", _host(url))]
    signed = [(name, value) for name, value in (*headers, *host, *added) if name.lower() not in _UNSIGNED]
    scope = Scope(time[:8], region, service)
    signature = signature_of(keys.secret_key, method, url, signed, body, scope=scope, time=time)
    names = ";".join(sorted({name.lower() for name, _ in signed}))
    proof = f"{ALGORITHM} Credential={keys.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    return (*added, ("authorization", proof))


def signature_of(
    secret_key: Secret, method: str, url: str, headers: Iterable[Header], body: bytes, *, scope: Scope, time: str
) -> str:
    """The signature of a request, all of `headers` in it."""
    canonical = canonical_request(method, url, headers, body)
    to_sign = "\n".join((ALGORITHM, time, str(scope), sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{secret_key.reveal()}".encode()
    for word in (scope.day, scope.region, scope.service, "aws4_request"):
        key = hmac.digest(key, word.encode(), sha256)
    return hmac.new(key, to_sign.encode(), sha256).hexdigest()


def canonical_request(method: str, url: str, headers: Iterable[Header], body: bytes) -> str:
    """The one text that every way of writing the request comes to."""
    parts = urlsplit(url)
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(" ".join(value.split()))
    lines = [f"{name}:{','.join(values[name])}" for name in sorted(values)]
    pairs = sorted(pair.partition("=")[::2] for pair in parts.query.split("&")) if parts.query else []
    return "\n".join(
        (
            method.upper(),
            quote(_plain_path(parts.path), safe="/~"),
            "&".join(f"{name}={value}" for name, value in pairs),
            *lines,
            "",
            ";".join(sorted(values)),
            sha256(body).hexdigest(),
        )
    )


def _plain_path(path: str) -> str:
    """`path` without empty and dot segments."""
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    plain = "/" + "/".join(segments)
    return f"{plain}/" if segments and path.endswith("/") else plain


def _host(url: str) -> str:
    """The `host` header for `url`: in lower case, without its scheme's usual port."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f"{host}:{parts.port}"
