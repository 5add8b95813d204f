"""TLS: contexts from options, and failures as messages that say what to do.

Imported when an https origin is first used.
"""

from __future__ import annotations

import ssl
from functools import lru_cache

from dragoman.errors import ConfigurationError, ConnectFailed, ConnectionLost
from dragoman.http import Origin
from dragoman.transport.failures import connection_lost, is_disagreement
from dragoman.transport.options import TransportOptions

_CERTIFICATE_FAILURES = {
    9: "its certificate is not valid yet; check the clock of this machine",
    10: "its certificate has expired; only the server's owner can renew it (check the clock of this machine, too)",
    18: "its certificate is self-signed; to trust it, pass it as `ca_file=`",
    19: "its certificate comes from an authority this machine does not trust (a proxy of your company, perhaps);"
    " pass that authority's certificate as `ca_file=`, or set SSL_CERT_FILE",
    20: "its certificate comes from an authority this machine does not know; pass that authority's certificate as"
    " `ca_file=`, or set SSL_CERT_FILE",
    62: "its certificate is for another host name; check the address",
    64: "its certificate is not for this IP address; use the host's name",
}
"""By OpenSSL's verification codes (X509_V_ERR_*)."""

_OTHER_FAILURES = {
    "WRONG_VERSION_NUMBER": "it does not speak TLS on this port; is the address `http://`?",
    "HTTP_REQUEST": "it does not speak TLS on this port; is the address `http://`?",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "it demands a client certificate; pass `cert=`",
    "TLSV1_ALERT_UNKNOWN_CA": "it does not trust our client certificate; check `cert=`",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "no common TLS version or cipher, or it demands a client certificate (`cert=`)",
    "TLSV1_ALERT_PROTOCOL_VERSION": "no common TLS version: the server's is too old or too new",
    "UNSUPPORTED_PROTOCOL": "no common TLS version: the server's is too old",
}
"""By OpenSSL's reasons, which it also uses for the alerts a peer sends."""


def tls_failed(origin: Origin, error: OSError) -> ConnectFailed:
    """The error for a TLS connection to `origin` that did not come about.

    Who is not trusted now, or speaks another protocol, is so at the next try as well; a connection that broke need not.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        why = _CERTIFICATE_FAILURES.get(error.verify_code) or error.verify_message
        failure = ConnectFailed(f"{origin} is not trusted: {why}")
    else:
        failure = ConnectFailed(f"there is no TLS connection to {origin}: {_why(error)}")
    failure.retryable = not is_disagreement(error)
    return failure


def _why(error: OSError) -> str:
    reason = getattr(error, "reason", None) or ""
    known = _OTHER_FAILURES.get(reason)
    return known or reason.replace("_", " ").lower() or "it closed the connection during the handshake"


def lost_after_handshake(origin: Origin, error: OSError) -> ConnectFailed | ConnectionLost:
    """The error for a connection that broke before anything came through it.

    Since TLS 1.3 that is how a server refuses a client: its handshake is over before our certificate is looked at.
    """
    if is_disagreement(error):
        return tls_failed(origin, error)
    lost = connection_lost(origin, error)
    return ConnectionLost(
        f"{lost.message}, right after the TLS handshake: does it demand a client certificate (`cert=`)?"
    )


def was_announced(end: ssl.SSLObject) -> bool:
    """Whether the peer said that the end of the stream is the end: one that is not announced may be an attacker's."""
    try:
        return end.read(1) == b""
    except ssl.SSLError:
        return False


def tls_context(options: TransportOptions) -> ssl.SSLContext:
    """The context for `options`, made once: loading the authorities takes tens of milliseconds.

    Raises `ConfigurationError` for files that are missing or unusable.
    """
    if isinstance(options.verify, ssl.SSLContext):
        if options.ca_file or options.cert:
            raise ConfigurationError("`verify=` is a context: put `ca_file` and `cert` into it instead")
        return options.verify
    return _context(options.verify, options.ca_file, options.cert)


@lru_cache(maxsize=32)
def _context(verify: bool | str, ca_file: str | None, cert: str | tuple[str, ...] | None) -> ssl.SSLContext:
    context = _trusting(verify)
    if ca_file:
        _load_authorities(context, ca_file, "ca_file")
    if cert:
        _load_client_certificate(context, (cert,) if isinstance(cert, str) else cert)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _trusting(verify: bool | str) -> ssl.SSLContext:
    if isinstance(verify, str):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        _load_authorities(context, verify, "verify")
        return context
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _load_authorities(context: ssl.SSLContext, path: str, option: str) -> None:
    from pathlib import Path

    try:
        context.load_verify_locations(**{"capath" if Path(path).is_dir() else "cafile": path})
    except OSError as error:
        raise ConfigurationError(f"`{option}={path!r}` cannot be read as certificates: {_reason(error)}") from None


def _load_client_certificate(context: ssl.SSLContext, cert: tuple[str, ...]) -> None:
    if len(cert) > 3:
        raise ConfigurationError("`cert=` takes a file, `(certificate, key)` or `(certificate, key, password)`")
    file, key, password = (*cert, None, None)[:3]
    try:
        # Without a password OpenSSL would ask for one on the terminal.
        context.load_cert_chain(file or "", key, password or "")
    except OSError as error:
        raise ConfigurationError(f"the client certificate {file!r} cannot be used: {_reason(error)}") from None


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "no certificate in it").replace("_", " ").lower()
    return error.strerror or type(error).__name__
