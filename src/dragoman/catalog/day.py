"""Days as ISO text: they compare as texts do."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from msgspec import Meta

from dragoman.errors import ConfigurationError

Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]


def utc_today() -> str:
    """Today, in UTC."""
    return datetime.now(UTC).date().isoformat()


def day_meant(text: str | None) -> str:
    """The day a caller names, or today. Raises `ConfigurationError` for what is no day."""
    if text is None:
        return utc_today()
    try:
        return date.fromisoformat(text).isoformat()
    except (TypeError, ValueError):
        raise ConfigurationError(f"today={text!r} is no day: write it as `2026-11-21`") from None
