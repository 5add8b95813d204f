"""`instructor.utils` and `instructor.models`: the small things that programs import from there."""

from __future__ import annotations

import os
from collections.abc import Callable
from inspect import iscoroutinefunction, unwrap
from typing import Any, TypeAlias

from dragoman.client.provider_enum import Provider

__all__ = ["KnownModelName", "Provider", "disable_pydantic_error_url", "is_async"]

KnownModelName: TypeAlias = str
"""`"provider/model"`. Any text, for the models are in the catalog and there are new ones every week."""


def is_async(func: Callable[..., Any]) -> bool:
    """Whether a function, or the one it wraps, is awaited."""
    return iscoroutinefunction(func) or iscoroutinefunction(unwrap(func))


def disable_pydantic_error_url() -> None:
    """Take the addresses of pydantic's documentation out of its errors, those of errors that are shown from now on."""
    os.environ["PYDANTIC_ERRORS_INCLUDE_URL"] = "0"
