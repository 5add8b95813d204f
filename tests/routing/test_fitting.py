"""What is known of a model may speak against it; what is not known does not."""

from __future__ import annotations

import pytest

from dragoman.catalog import find_model
from dragoman.routing.features import Features
from dragoman.routing.fitting import facts_of, surely_fits, unfit
from dragoman.routing.target import Place, Target
from tests.routing.scene import model


def needing(*needs: str, **fields: object) -> Features:
    return Features(needs=frozenset(needs), **fields)


BARE = model("bare")  # its price may be known, its abilities are not
PLAIN = model("plain", tools=False)
ABLE = model(
    "able",
    tools=True,
    input=("text", "image", "audio", "video", "document"),
    formats=("json_schema",),
    context_tokens=8192,
    output_tokens=4096,
)
OFFERS = model("offers", tools=True, forced_tools=False)
EMBEDS = model("embeds", kind="embedding")
OLD = model("gpt-3.5-turbo", tools=True)
SMALL = model("small", context_tokens=8192, input_tokens=8000, output_tokens=1000)


@pytest.mark.parametrize(
    ("target", "features", "reason"),
    [
        (BARE, needing("tools", "vision", "audio", "video", "documents", "json_schema", "reasoning", "value"), None),
        (ABLE, needing("tools", "forced_tools", "vision", "audio", "video", "documents", "json_schema", "value"), None),
        (PLAIN, needing("tools"), "it calls no tools"),
        (PLAIN, needing("forced_tools"), "no tool call can be demanded of it"),
        (OFFERS, needing("tools"), None),
        (OFFERS, needing("forced_tools"), "no tool call can be demanded of it"),
        (PLAIN, needing("vision"), "it reads no images"),
        (PLAIN, needing("audio"), "it hears no audio"),
        (PLAIN, needing("video"), "it watches no video"),
        (PLAIN, needing("documents"), "it reads no files"),
        (PLAIN, needing("json_schema"), "its provider does not hold answers to a JSON schema"),
        (PLAIN, needing("value"), None),  # any chat model can be asked for JSON
        (OLD, needing("reasoning"), "it does not think before it answers"),
        (EMBEDS, needing("value"), "it is no chat model"),
        (EMBEDS, needing("stream"), "it is no chat model"),
        (SMALL, Features(input_tokens=8000), None),
        (SMALL, Features(input_tokens=8001), "it reads 8,000 tokens at most and the input is about 8,001"),
        (SMALL, Features(input_tokens=7500, output_tokens=692), None),
        (
            SMALL,
            Features(input_tokens=7500, output_tokens=693),
            "its window holds 8,192 tokens; the input is about 7,500 and max_tokens is 693",
        ),
        (SMALL, Features(output_tokens=1001), "it writes 1,000 tokens at most and max_tokens is 1,001"),
        (BARE, Features(input_tokens=10**9, output_tokens=10**9), None),
        (Target("made/unknown"), needing("vision", input_tokens=10**9), None),
    ],
)
def test_unfit(target: Target, features: Features, reason: str | None) -> None:
    refusal = unfit(target, features)
    assert (refusal and refusal.reason) == reason
    assert refusal is None or (refusal.kind, refusal.until) == ("unfit", None)


@pytest.mark.parametrize(
    ("target", "features", "known"),
    [
        (
            ABLE,
            needing("tools", "forced_tools", "vision", "audio", "video", "documents", "json_schema", "stream"),
            True,
        ),
        (ABLE, needing("reasoning"), False),
        (BARE, Features(), False),  # not even its window
        (SMALL, needing("tools"), False),
        (Target("made/unknown"), Features(), False),
    ],
)
def test_what_is_known_for_sure(target: Target, features: Features, known: bool) -> None:
    assert surely_fits(target, features) is known


def test_a_model_that_the_caller_names_is_the_one_that_must_fit() -> None:
    """X8: where the provider has it; others keep their own."""
    mini = find_model("openai", "gpt-4o-mini")
    target = Target("openai/gpt-4o-mini", place=Place(provider="openai", model="gpt-4o-mini", facts=mini))
    assert facts_of(target, None) is mini
    assert facts_of(target, "gpt-3.5-turbo") == find_model("openai", "gpt-3.5-turbo")
    assert facts_of(target, "claude-sonnet-4-5") is mini
    assert unfit(target, needing("vision")) is None
    assert unfit(target, needing("vision", model="gpt-3.5-turbo")) is not None
