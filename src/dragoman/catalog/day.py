"""Days as ISO text: they compare as texts do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta

Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]


def utc_today() -> str:
    """Today, in UTC."""
    return datetime.now(UTC).date().isoformat()
