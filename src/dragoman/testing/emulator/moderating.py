"""Texts judged in OpenAI's words.

Reference: platform.openai.com/docs/api-reference/moderations and recorded answers (read 2026-11-21). Inputs that are
texts are judged one by one; inputs that are parts (`{"type": "text"}`, `{"type": "image_url"}`), all together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, TypeAlias, cast

from dragoman.errors import Rejected
from dragoman.testing.rules import CATEGORIES, scores_of

Wire: TypeAlias = dict[str, Any]

DEFAULT_MODEL: Final = "omni-moderation-latest"
"""Who judges when nobody is named."""

_LATER: Final = frozenset({"illicit", "illicit/violent"})
"""What models for texts alone do not know, nor do they tell what a category was judged by."""
_ONLY_TEXTS: Final = "text-moderation"
_OF_PICTURES: Final = frozenset(
    {"sexual", "self-harm/intent", "self-harm/instructions", "self-harm", "violence", "violence/graphic"}
)


def moderated(wire: Wire, model: str, id: str) -> Wire:  # noqa: A002  # as the field is
    """The answer to a body. Raises `Rejected` when there is nothing to judge in it."""
    judge = _by_text if model.startswith(_ONLY_TEXTS) else _by_all
    return {"id": id, "model": model, "results": [judge(*parts) for parts in _inputs(wire.get("input"))]}


def _inputs(given: object) -> list[tuple[str, frozenset[str]]]:
    """What is judged, each as its text and the kinds of its parts."""
    if isinstance(given, str):
        return [(given, frozenset({"text"}))]
    items = cast("list[Any]", given) if isinstance(given, list) else []
    if items and all(isinstance(each, str) for each in items):
        return [(text, frozenset({"text"})) for text in items]
    if items and all(_is_known(each) for each in items):
        return [_together(items)]
    raise Rejected(
        "`input` must be a text, texts, or parts of type `text` and `image_url`",
        http_status=400,
        code="invalid_request_error",
    )


_KINDS: Final = {"text": "text", "image_url": "image"}


def _is_known(part: Any) -> bool:
    return isinstance(part, dict) and cast("Wire", part).get("type") in _KINDS


def _together(parts: Sequence[Wire]) -> tuple[str, frozenset[str]]:
    text = " ".join(str(part.get("text", "")) for part in parts)
    return text, frozenset(_KINDS[part["type"]] for part in parts)


def _by_text(text: str, _: frozenset[str]) -> Wire:
    return _result(scores_of(text, [name for name in CATEGORIES if name not in _LATER]))


def _by_all(text: str, kinds: frozenset[str]) -> Wire:
    applied = {name: _applied(name, kinds) for name in CATEGORIES}
    scores = {name: score if applied[name] else 0.0 for name, score in scores_of(text).items()}
    return {**_result(scores), "category_applied_input_types": applied}


def _applied(category: str, kinds: frozenset[str]) -> list[str]:
    """By which kinds of parts a category is judged: most only by texts."""
    return [kind for kind in _KINDS.values() if kind in kinds and (kind == "text" or category in _OF_PICTURES)]


def _result(scores: dict[str, float]) -> Wire:
    categories = {name: score > 0.5 for name, score in scores.items()}
    return {"flagged": any(categories.values()), "categories": categories, "category_scores": scores}
