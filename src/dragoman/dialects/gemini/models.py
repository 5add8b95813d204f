"""Models: where requests to one go, and what depends on its generation.

The path names the model, and whether to stream. Names are taken as Google gives them: bare, `models/…`,
`tunedModels/…`, or a resource name of Vertex AI such as `projects/…/endpoints/…`.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote

_RESOURCES: Final = ("models/", "tunedModels/", "projects/", "publishers/", "endpoints/")
_ASK: Final = "generateContent"
_STREAM: Final = "streamGenerateContent"


def path_of(model: str, *, stream: bool) -> str:
    """The path below the provider's prefix. Streams are asked for as server-sent events."""
    name = model if model.startswith(_RESOURCES) else f"models/{model}"
    return f"/{quote(name, safe='/@:')}:{f'{_STREAM}?alt=sse' if stream else _ASK}"


_PLACE: Final = re.compile(
    r"/(?P<name>(?:projects/[^?]+/)?(?:models|tunedModels|endpoints)/[^?]+):(?P<method>\w*)(?:\?|$)"
)


def named_in(path: str) -> tuple[str | None, bool]:
    """The model that `path` names, and whether it asks for a stream."""
    place = _PLACE.search(path)
    if place is None:
        return None, False
    name = unquote(place["name"])
    published = name.partition("models/")[2] if name.startswith("models/") else name.partition("/models/")[2]
    return published or name, place["method"] == _STREAM


_GENERATION: Final = re.compile(r"gemini-(\d+)(?:\.(\d+))?")


def generation(model: str) -> tuple[int, int] | None:
    """`(2, 5)` for `gemini-2.5-flash`; `None` for a name that does not say, such as `gemini-flash-latest`."""
    found = _GENERATION.search(model)
    return None if found is None else (int(found[1]), int(found[2] or 0))


_THIRD: Final[tuple[int, int]] = (3, 0)
_UNKNOWN_IS_OLD: Final[tuple[int, int]] = (0, 0)


def signs_calls(model: str) -> bool:
    """Whether the model refuses a history in which the first call of a turn is not signed."""
    return (generation(model) or _UNKNOWN_IS_OLD) >= _THIRD


def thinks_by_budget(model: str) -> bool:
    """Whether thinking is bounded in tokens, not by a level."""
    return (generation(model) or _THIRD) < _THIRD
