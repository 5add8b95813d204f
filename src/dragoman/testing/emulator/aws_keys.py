"""Calls signed with AWS keys: whether the signature is that of a key on a list."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from typing import Final

from dragoman.errors import Unauthorized
from dragoman.providers.auth.aws_signature import ALGORITHM, Scope, signature_of
from dragoman.secret import Secret
from dragoman.testing.emulator.http import HttpCall

_PROOF: Final = re.compile(
    rf"{ALGORITHM} Credential=(?P<key>[^/]+)/(?P<day>\d+)/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, *"
    r"SignedHeaders=(?P<names>[^,]+), *Signature=(?P<signature>[0-9a-f]+)"
)


def is_signed(call: HttpCall) -> bool:
    return call.headers.get("authorization", "").startswith(ALGORITHM)


def check_signature(call: HttpCall, keys: Mapping[str, str]) -> None:
    """Raises `Unauthorized`, in AWS's words, unless a key of `keys` (access key → secret) has signed the call."""
    proof = _PROOF.fullmatch(call.headers["authorization"])
    if proof is None:
        raise _refused("IncompleteSignatureException", "The authorization header is not a whole signature.")
    secret = keys.get(proof["key"])
    if secret is None:
        raise _refused("UnrecognizedClientException", "The security token included in the request is invalid.")
    if not hmac.compare_digest(_signature(call, proof, secret), proof["signature"]):
        raise _refused("InvalidSignatureException", _MISMATCH)


def _signature(call: HttpCall, proof: re.Match[str], secret: str) -> str:
    """What the signature has to be. Raises `Unauthorized` when what must be signed is not."""
    names = proof["names"].split(";")
    if not {"host", "x-amz-date"} <= set(names) or not set(names) <= call.headers.keys():
        raise _refused(
            "InvalidSignatureException", "'Host' and 'X-Amz-Date' must be signed, and what is signed be there."
        )
    return signature_of(
        Secret(secret),
        call.method,
        f"http://{call.headers['host']}{call.target}",
        [(name, call.headers[name]) for name in names],
        call.body,
        scope=Scope(proof["day"], proof["region"], proof["service"]),
        time=call.headers["x-amz-date"],
    )


_MISMATCH: Final = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


def _refused(code: str, message: str) -> Unauthorized:
    return Unauthorized(message, http_status=403, code=code)
