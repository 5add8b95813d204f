"""The JSON that an SDK's object was made of."""

from __future__ import annotations

from typing import Any, cast

from dragoman.errors import DecodeError
from dragoman.messages import encode_json


def as_json(made: Any, *, without: frozenset[str] = frozenset()) -> dict[str, Any] | None:
    """The JSON of `made`, a model of pydantic's, but for the fields `without`; `None` for what is no such model."""
    dump = None if isinstance(made, type) else getattr(made, "model_dump", None)
    if not callable(dump):
        return None
    # SDKs make their objects unchecked, and pydantic would warn of what is not as they expected: that is ours to read
    dumped: object = dump(mode="json", by_alias=True, exclude_none=True, exclude=without, warnings=False)
    return cast("dict[str, Any]", dumped) if isinstance(dumped, dict) else None


def dumped(given: Any, *, without: frozenset[str] = frozenset()) -> bytes:
    """The body for `given`, an SDK's object or the plain dict. Raises `DecodeError` for what is neither."""
    if isinstance(given, dict):
        return encode_json(given)
    body = as_json(given, without=without)
    if body is None:
        raise DecodeError(
            f"the client's method returned a `{type(given).__name__}`, which is no answer of its SDK's: a mock has to "
            "return the SDK's own object, such as a `ChatCompletion`, or its JSON as a dict"
        )
    return encode_json(body)
