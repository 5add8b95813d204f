"""Whether a target can do what a request asks: what the catalog does not know never speaks against it."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Final

from msgspec import Struct

from dragoman.catalog import ModelFacts, find_model, thinks
from dragoman.routing.features import Features, Need
from dragoman.routing.refusal import Refusal
from dragoman.routing.target import Target

_TALKS: Final = frozenset({"chat", "completion"})


def facts_of(target: Target, model: str | None) -> ModelFacts | None:
    """What is known of the model that answers there: the one that the caller names, where the provider has it, else
    the target's own.
    """
    place = target.place
    if model is None or model == place.model or not place.provider:
        return place.facts
    return find_model(place.provider, model) or place.facts


def unfit(target: Target, features: Features) -> Refusal | None:
    """Why the target could not do it, or `None` where nothing known speaks against it."""
    facts = target.place.facts if features.model is None else facts_of(target, features.model)
    if facts is None:
        return None
    kept = _kept.get(id(facts))  # for each target of a decision, and so with no frame more
    room, able = kept[1:] if kept is not None and kept[0] is facts else _looked_at(facts)
    if room.holds(features.input_tokens, features.output_tokens) and features.needs <= able:
        return None
    reason = _too_long(facts, features) or (_unable(facts, features) if features.needs else None)
    return Refusal(kind="unfit", reason=reason) if reason else None


def surely_fits(target: Target, features: Features) -> bool:
    """Whether all that the request needs is known of the target."""
    facts = facts_of(target, features.model)
    return (
        facts is not None and facts.context_tokens is not None and all(_KNOWN[need](facts) for need in features.needs)
    )


class Room(Struct, frozen=True):
    """How many tokens a target reads at most, reads and writes together, and writes; without end where not known."""

    reads: float = inf
    window: float = inf
    writes: float = inf

    def holds(self, tokens_in: float, tokens_out: int | None) -> bool:
        """Whether so much may be asked; `tokens_out` is the limit on the answer, if there is one."""
        limit = tokens_out or 0
        return tokens_in <= self.reads and tokens_in + limit <= self.window and limit <= self.writes


def room_of(target: Target) -> Room:
    """That of the target's own model. What fits into it is not too long for the target, as `unfit` tells."""
    facts = target.place.facts
    return Room() if facts is None else _looked_at(facts)[0]


def _looked_at(facts: ModelFacts) -> tuple[Room, frozenset[Need]]:
    """How much room there is, and what is not known to be lacking: found once for each model."""
    most, window, longest = facts.most_input_tokens, facts.context_tokens, facts.output_tokens
    room = Room(*(inf if tokens is None else tokens for tokens in (most, window, longest)))
    able: frozenset[Need] = frozenset(need for need, lacks in _LACKS.items() if not lacks(facts))
    if len(_kept) >= _MOST_KEPT:
        _kept.clear()
    _kept[id(facts)] = (facts, room, able)
    return room, able


_MOST_KEPT: Final = 1_024
_kept: dict[int, tuple[ModelFacts, Room, frozenset[Need]]] = {}
"""By the record itself, which has no hash: it is kept here, so that no other can have its place."""


def window_of(target: Target, model: str | None) -> int | None:
    """How many tokens the target reads and writes together, where that is known."""
    facts = facts_of(target, model)
    return None if facts is None else facts.context_tokens


# ---------------------------------------------------------------------- length


def _too_long(facts: ModelFacts, features: Features) -> str | None:
    tokens_in, tokens_out = features.input_tokens, features.output_tokens or 0
    most, window, longest = facts.most_input_tokens, facts.context_tokens, facts.output_tokens
    if most is not None and tokens_in > most:
        return f"it reads {most:,} tokens at most and the input is about {tokens_in:,}"
    if window is not None and tokens_in + tokens_out > window:
        return f"its window holds {window:,} tokens; the input is about {tokens_in:,} and max_tokens is {tokens_out:,}"
    if longest is not None and tokens_out > longest:
        return f"it writes {longest:,} tokens at most and max_tokens is {tokens_out:,}"
    return None


# ---------------------------------------------------------------------- abilities


def _unable(facts: ModelFacts, features: Features) -> str | None:
    lacking = [_WORDS[need] for need in features.needs if _LACKS[need](facts)]
    return min(lacking) if lacking else None


def _is_described(facts: ModelFacts) -> bool:
    """Whether its abilities are known: sources that say nothing of tools give `text` as the input of every model."""
    return facts.tools is not None or facts.input != ("text",)


def _cannot_take(modality: str) -> Callable[[ModelFacts], bool]:
    return lambda facts: _is_described(facts) and modality not in facts.input


def _takes(modality: str) -> Callable[[ModelFacts], bool]:
    return lambda facts: modality in facts.input


_LACKS: Final[dict[Need, Callable[[ModelFacts], bool]]] = {
    "tools": lambda facts: facts.tools is False,
    "forced_tools": lambda facts: facts.tools is False or not facts.forced_tools,
    "vision": _cannot_take("image"),
    "audio": _cannot_take("audio"),
    "video": _cannot_take("video"),
    "documents": _cannot_take("document"),
    "json_schema": lambda facts: _is_described(facts) and "json_schema" not in facts.formats,
    "reasoning": lambda facts: thinks(facts) is False,
    "value": lambda facts: facts.kind not in _TALKS,
    "stream": lambda facts: facts.kind not in _TALKS,
}
"""What is known to be lacking."""

_KNOWN: Final[dict[Need, Callable[[ModelFacts], bool]]] = {
    "tools": lambda facts: facts.tools is True,
    "forced_tools": lambda facts: facts.tools is True and facts.forced_tools,
    "vision": _takes("image"),
    "audio": _takes("audio"),
    "video": _takes("video"),
    "documents": _takes("document"),
    "json_schema": lambda facts: "json_schema" in facts.formats,
    "reasoning": lambda facts: facts.reasoning is not None,
    "value": lambda facts: facts.kind == "chat",
    "stream": lambda facts: facts.kind == "chat",
}
"""What is known to be there."""

_WORDS: Final[dict[Need, str]] = {
    "tools": "it calls no tools",
    "forced_tools": "no tool call can be demanded of it",
    "vision": "it reads no images",
    "audio": "it hears no audio",
    "video": "it watches no video",
    "documents": "it reads no files",
    "json_schema": "its provider does not hold answers to a JSON schema",
    "reasoning": "it does not think before it answers",
    "value": "it is no chat model",
    "stream": "it is no chat model",
}
