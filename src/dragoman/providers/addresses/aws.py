"""Addresses on AWS: one a region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dragoman.providers.auth.aws import region_for

_SUFFIXES: Final = {"cn-": "amazonaws.com.cn"}
"""By the beginning of a region: domains that are not `amazonaws.com`."""


def runtime_address(settings: Mapping[str, str]) -> str:
    """Where models answer in the region that is set. Raises `ConfigurationError` for what cannot be a region."""
    region = region_for(settings)
    suffix = next((suffix for start, suffix in _SUFFIXES.items() if region.startswith(start)), "amazonaws.com")
    return f"https://bedrock-runtime.{region}.{suffix}"
