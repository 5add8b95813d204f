"""String formats: how each is recognised, where a prompt may offer one, and how one is made.

The names are those of JSON Schema 2020-12 and of pydantic 2 (docs.pydantic.dev/latest/api/types, read 2026-11-20).
"""

from __future__ import annotations

import ipaddress
import re
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

from msgspec import Struct


class Format(Struct, frozen=True):
    """A string format.

    `check` raises `ValueError` or answers falsely for what does not have it; `make` gives the nth example, each
    different; `kind` is the kind of fact (see `facts`) that may have it.
    """

    check: Callable[[str], Any]
    make: Callable[[int], str]
    kind: str | None = None


def _matches(pattern: str) -> Callable[[str], Any]:
    return re.compile(pattern, re.IGNORECASE).fullmatch


def _date_time(text: str) -> datetime | None:
    return datetime.fromisoformat(text.upper()) if "T" in text.upper() else None


def _time(text: str) -> str | None:
    return str(time.fromisoformat(text.upper())) if ":" in text else None


def _is_duration(text: str) -> bool:
    return _DURATION(text) is not None and not text.upper().endswith(("P", "T"))


def _is_regex(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def _decodes(decode: Callable[[str], bytes]) -> Callable[[str], Any]:
    """A check for text that `decode` can read, were it only to nothing."""
    return lambda text: [decode(text)]


def _day(n: int) -> str:
    return date.fromordinal(date(2024, 1, 15).toordinal() + n).isoformat()


def _clock(n: int) -> str:
    minutes = 630 + n
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}:00Z"


def _uuid(version: int) -> Format:
    def make(n: int) -> str:
        return str(UUID(int=(0x12345678_1234_4000_8000_000000000000 + n), version=version))

    return Format(_matches(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), make, "uuid")


def _later_uuid(version: int) -> Format:
    """Versions that `UUID(version=…)` does not make: the digit is put in by hand."""
    return Format(_uuid(4).check, lambda n: f"{(made := _uuid(4).make(n))[:14]}{version}{made[15:]}", "uuid")


_DURATION: Final = _matches(r"[+-]?P(\d+W|(\d+Y)?(\d+M)?(\d+D)?(T(\d+H)?(\d+M)?(\d+([.,]\d+)?S)?)?)")
_LABEL: Final = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_HOST: Final = rf"{_LABEL}(\.{_LABEL})*"
_EMAIL: Final = rf"[a-z0-9!#$%&'*+/=?^_`{{|}}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{{|}}~-]+)*@{_LABEL}(\.{_LABEL})+"
_URI: Final = r"[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]+"

_EMAIL_FORMAT: Final = Format(_matches(_EMAIL), lambda n: f"person{n or ''}@example.com", "email")
_URI_FORMAT: Final = Format(_matches(_URI), lambda n: f"https://example.com/{n or ''}", "url")
_TEXT: Final = Format(lambda _: True, lambda n: f"text{n or ''}")

FORMATS: Final[dict[str, Format]] = {
    "date-time": Format(_date_time, lambda n: f"{_day(n)}T10:30:00Z", "date-time"),
    "date": Format(date.fromisoformat, _day, "date"),
    "time": Format(_time, _clock, "time"),
    "duration": Format(_is_duration, lambda n: f"PT{n + 1}H"),
    "email": _EMAIL_FORMAT,
    "idn-email": _EMAIL_FORMAT,
    "name-email": Format(
        _matches(rf"([^<>@]+ )?<?{_EMAIL}>?"), lambda n: f"Person {n} <person{n}@example.com>", "email"
    ),
    "hostname": Format(_matches(_HOST), lambda n: f"host{n or ''}.example.com"),
    "idn-hostname": Format(_matches(_HOST), lambda n: f"host{n or ''}.example.com"),
    "uri": _URI_FORMAT,
    "url": _URI_FORMAT,
    "iri": _URI_FORMAT,
    "uri-reference": Format(_matches(r"\S*"), lambda n: f"/items/{n}", "url"),
    "multi-host-uri": _URI_FORMAT,
    "uuid": _uuid(4),
    **{f"uuid{version}": _uuid(version) for version in (1, 3, 4, 5)},
    **{f"uuid{version}": _later_uuid(version) for version in (6, 7, 8)},
    "ipv4": Format(ipaddress.IPv4Address, lambda n: f"192.0.2.{n % 254 + 1}", "ipv4"),
    "ipv6": Format(ipaddress.IPv6Address, lambda n: f"2001:db8::{n + 1:x}"),
    "ipvanyaddress": Format(ipaddress.ip_address, lambda n: f"192.0.2.{n % 254 + 1}", "ipv4"),
    "ipv4network": Format(ipaddress.IPv4Network, lambda n: f"10.{n % 256}.0.0/16"),
    "ipv6network": Format(ipaddress.IPv6Network, lambda n: f"2001:db8:{n:x}::/48"),
    "ipvanynetwork": Format(ipaddress.ip_network, lambda n: f"10.{n % 256}.0.0/16"),
    "ipv4interface": Format(ipaddress.IPv4Interface, lambda n: f"10.0.0.{n % 254 + 1}/24"),
    "ipv6interface": Format(ipaddress.IPv6Interface, lambda n: f"2001:db8::{n + 1:x}/64"),
    "ipvanyinterface": Format(ipaddress.ip_interface, lambda n: f"10.0.0.{n % 254 + 1}/24"),
    "byte": Format(_decodes(lambda text: b64decode(text, validate=True)), lambda n: f"ZHJhZ29t{'YW4u' * n}"),
    "base64": Format(_decodes(lambda text: b64decode(text, validate=True)), lambda n: f"ZHJhZ29t{'YW4u' * n}"),
    "base64url": Format(_decodes(urlsafe_b64decode), lambda n: f"ZHJhZ29t{'YW4u' * n}"),
    "json-pointer": Format(_matches(r"(/[^/]*)*"), lambda n: f"/items/{n}"),
    "regex": Format(_is_regex, lambda n: f"^[a-z]{{{n + 1}}}$"),
    "color": Format(_matches(r"#([0-9a-f]{3}){1,2}|[a-z]+"), lambda n: f"#{0x336699 + n:06x}"),
    "directory-path": Format(lambda text: text, lambda n: "./" * n + "."),
    "path": Format(lambda text: text, lambda n: f"files/{n}.txt"),
    "phone": Format(_matches(r"(tel:)?\+?[\d() .-]{5,}"), lambda n: f"+1 202 555 {100 + n:04}", "phone"),
    "password": _TEXT,
    "binary": _TEXT,
}
"""The formats whose values are checked and made; strings of any other format are treated as plain text."""


def has_format(text: str, name: str) -> bool:
    """Whether `text` has the format called `name`; everything has a format that is not known."""
    known = FORMATS.get(name)
    if known is None:
        return True
    try:
        return bool(known.check(text))
    except ValueError:
        return False
