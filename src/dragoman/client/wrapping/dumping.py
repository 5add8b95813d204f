"""The JSON that an SDK's object was made of."""

from __future__ import annotations

from typing import Any, cast

from dragoman.errors import DecodeError
from dragoman.messages import encode_json


def dumped(given: Any) -> bytes:
    """The body for `given`: a model of pydantic's, or the plain dict. Raises `DecodeError` for what is neither."""
    if isinstance(given, dict):
        return encode_json(given)
    dump = getattr(given, "model_dump", None)
    # SDKs make their objects unchecked, and pydantic would warn of what is not as they expected: that is ours to read
    made: object = dump(mode="json", by_alias=True, exclude_none=True, warnings=False) if callable(dump) else None
    if not isinstance(made, dict):
        raise DecodeError(
            f"the client's method returned a `{type(given).__name__}`, which is no answer of its SDK's: a mock has to "
            "return the SDK's own object, such as a `ChatCompletion`, or its JSON as a dict"
        )
    return encode_json(cast("dict[str, Any]", made))
