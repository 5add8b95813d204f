"""What a client does besides answering, on both faces, against the emulator: vectors, counts, lists."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dragoman
from dragoman import (
    ConfigurationError,
    Image,
    MissingKey,
    RateLimited,
    RetryConfig,
    TransportOptions,
    UnknownModel,
    UnsupportedFeature,
)
from dragoman.testing import Emulator

from ..drive import MODES, settled

both = pytest.mark.parametrize("mode", MODES)
SMALL = "openai/text-embedding-3-small"
AT_ONCE = RetryConfig(initial_delay=0)

Ask = Callable[..., Any]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(seed=5) as emulator:
        yield emulator


def ask(mode: str, emulator: Emulator, model: str, method: str, *arguments: Any, **options: Any) -> Any:
    """Call `method` of a client of either face."""
    made = options.pop("client", {})

    async def awaited() -> Any:
        async with dragoman.create_llm(model, base_url=emulator.url, api_key="k", async_client=True, **made) as llm:
            return await getattr(llm, method)(*arguments, **options)

    if mode == "async":
        return asyncio.run(awaited())
    with dragoman.create_llm(model, base_url=emulator.url, api_key="k", **made) as llm:
        return getattr(llm, method)(*arguments, **options)


def likeness(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


# ---------------------------------------------------------------------- vectors


@both
def test_texts_become_vectors(mode: str, emulator: Emulator) -> None:
    response = ask(mode, emulator, SMALL, "embed", ["A cat sat on a mat.", "The cat sat on the mat.", "Markets fell."])
    assert (len(response), response.dimensions, response.dtype) == (3, 1536, "float")
    assert likeness(response[0], response[1]) > 0.5 > likeness(response[0], response[2])
    assert response.usage.input_tokens == 15
    assert response.cost == emulator.bill.cost
    assert repr(response) == (
        "<EmbeddingResponse openai/text-embedding-3-small 3 vectors of 1536 float 15 tokens $0.0000003>"
    )


@both
def test_one_text_becomes_one_vector(mode: str, emulator: Emulator) -> None:
    (alone,) = ask(mode, emulator, SMALL, "embed", "hello", dimensions=64)
    (listed,) = ask(mode, emulator, SMALL, "embed", ["hello"], dimensions=64, encoding="float")
    assert alone == listed
    assert len(alone) == 64
    assert [seen.wire["encoding_format"] for seen in emulator.requests] == ["base64", "float"]


@both
def test_more_inputs_than_a_request_may_have(mode: str, emulator: Emulator) -> None:
    """The emulator refuses what is more than the provider takes."""
    texts = [f"text {number}" for number in range(2100)]
    response = ask(mode, emulator, SMALL, "embed", texts, dimensions=8)
    assert [len(seen.wire["input"]) for seen in emulator.requests] == [2048, 52]
    assert (len(response), len(response.attempts), len(emulator.bill)) == (2100, 2, 2)
    assert response.cost == emulator.bill.cost
    assert response.usage.input_tokens == emulator.bill.usage.input_tokens
    (last,) = ask(mode, emulator, SMALL, "embed", "text 2099", dimensions=8)
    assert response[2099] == last


@both
def test_token_ids(mode: str, emulator: Emulator) -> None:
    assert len(ask(mode, emulator, SMALL, "embed", [1, 2, 3], dimensions=8)) == 1
    assert len(ask(mode, emulator, SMALL, "embed", [[1, 2], [3]], dimensions=8)) == 2
    assert [seen.wire["input"] for seen in emulator.requests] == [[[1, 2, 3]], [[1, 2], [3]]]


@both
def test_voyage_only_embeds(mode: str, emulator: Emulator) -> None:
    options = {"input_type": "query", "dtype": "int8", "dimensions": 16, "truncate": True}
    response = ask(mode, emulator, "voyage/voyage-4", "embed", ["hello world"], **options)
    assert (response.dtype, response.dimensions, set(map(type, response[0]))) == ("int8", 16, {int})
    assert response.warnings == ()
    with pytest.raises(UnsupportedFeature, match="answers no prompts: call `embed`"):
        ask(mode, emulator, "voyage/voyage-4", "generate", "Hi")


@both
@pytest.mark.parametrize("model", ["cohere/embed-v4.0", "ollama/nomic-embed-text"])
def test_other_providers_embed_in_their_own_words(mode: str, emulator: Emulator, model: str) -> None:
    """More than Cohere takes at once; the one batch and the other give what one request would."""
    texts = [f"text {number}" for number in range(100)]
    response = ask(mode, emulator, model, "embed", texts, dimensions=32)
    openai = ask(mode, emulator, SMALL, "embed", texts, dimensions=32)
    assert response.vectors == openai.vectors
    assert len(response.attempts) == (2 if model.startswith("cohere") else 1)


@both
def test_what_holds_for_all_calls_of_a_client(mode: str, emulator: Emulator) -> None:
    """Options of answers, such as a temperature, are not sent."""
    emulator.fault(status=503)
    client = {"temperature": 0.5, "user": "ann", "headers": {"x-own": "1"}, "retry_config": AT_ONCE, "timeout": 9}
    response = ask(mode, emulator, SMALL, "embed", "hello", client=client, extra_body={"own": True})
    assert [attempt.outcome for attempt in response.attempts] == ["Overloaded", "ok"]
    seen = emulator.requests[-1]
    assert seen.wire == {
        "model": "text-embedding-3-small",
        "input": ["hello"],
        "encoding_format": "base64",
        "user": "ann",
        "own": True,
    }
    assert seen.headers["x-own"] == "1"


@both
def test_a_fault_is_raised_and_on_the_bill(mode: str, emulator: Emulator) -> None:
    emulator.fault(status=429, times=2)
    with pytest.raises(RateLimited, match="`openai/text-embedding-3-small`"):
        ask(mode, emulator, SMALL, "embed", "hello", retry_config=RetryConfig(max_attempts=2, initial_delay=0))
    assert [(line.model, line.status, line.cost) for line in emulator.bill] == [("text-embedding-3-small", 429, 0)] * 2


@both
def test_a_provider_without_embeddings(mode: str, emulator: Emulator) -> None:
    with pytest.raises(UnsupportedFeature, match="`anthropic/m`: this provider has no embeddings"):
        ask(mode, emulator, "anthropic/m", "embed", "hello")


WRONG: dict[str, tuple[Any, dict[str, Any], str]] = {
    "nothing": ([], {}, "nothing to embed"),
    "a number": (5, {}, "texts, token ids or pictures, not int"),
    "none among them": (["a", None], {}, "not NoneType"),
    "an empty list inside": ([[]], {}, "not list"),
    "a mapping": ({"text": "a"}, {}, "not dict"),
    "no such option": ("a", {"dimension": 8}, "did you mean `dimensions`"),
    "an option of answers": ("a", {"temperature": 1}, "no option `temperature`"),
    "no dimensions": ("a", {"dimensions": 0}, "at least 1"),
    "no such type": ("a", {"dtype": "float16"}, "'int8' or"),
    "no such encoding": ("a", {"encoding": "hex"}, "'float' or 'base64'"),
    "no bytes of a picture": (b"abc", {}, "no PNG"),
}


@both
@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_right(mode: str, emulator: Emulator, name: str) -> None:
    inputs, options, said = WRONG[name]
    with pytest.raises(ConfigurationError, match=said):
        ask(mode, emulator, SMALL, "embed", inputs, **options)
    assert emulator.requests == []


PIXEL = b"\x89PNG\r\n\x1a\n"


@both
@pytest.mark.parametrize("kind", ["bytes", "path", "image"])
def test_pictures_are_refused_where_none_are_taken(mode: str, emulator: Emulator, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "dot.png"
    path.write_bytes(PIXEL)
    picture = {"bytes": PIXEL, "path": path, "image": Image.from_bytes(PIXEL, "image/png")}[kind]
    with pytest.raises(UnsupportedFeature, match="`openai_embeddings` takes no pictures"):
        ask(mode, emulator, SMALL, "embed", [picture])


# ---------------------------------------------------------------------- counts


@both
def test_a_count_is_what_an_answer_is_billed(mode: str, emulator: Emulator) -> None:
    def get_weather(city: str) -> str:
        """Tell the weather in a city."""
        return city

    asked: dict[str, Any] = {"system": "Be brief.", "tools": [get_weather], "max_tokens": 20, "temperature": 0.5}
    counted = ask(mode, emulator, "anthropic/claude-sonnet-4-5", "count_tokens", "Hello there", **asked)
    answered = ask(mode, emulator, "anthropic/claude-sonnet-4-5", "generate", "Hello there", **asked)
    assert (counted.tokens, counted.exact) == (answered.usage.input_tokens, True)
    assert len(emulator.bill) == 1  # counting is free


@both
def test_an_estimate_says_that_it_is_one(mode: str, emulator: Emulator) -> None:
    counted = ask(mode, emulator, "openai_compatible/m", "count_tokens", "Hello there, how are you today?")
    assert not counted.exact
    assert 5 < counted.tokens < 20
    assert emulator.requests == []


@both
def test_counting_takes_messages_as_generate_does(mode: str, emulator: Emulator) -> None:
    messages = [{"role": "user", "content": "Hello there"}]
    model = "anthropic/claude-sonnet-4-5"
    one = ask(mode, emulator, model, "count_tokens", messages=messages)
    other = ask(mode, emulator, model, "count_tokens", "Hello there")
    assert one == other
    with pytest.raises(ConfigurationError, match="nothing was asked"):
        ask(mode, emulator, model, "count_tokens")


# ---------------------------------------------------------------------- models


@both
@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_models_in_each_providers_way(mode: str, emulator: Emulator, provider: str) -> None:
    models = ask(mode, emulator, f"{provider}/m", "models")
    assert [model.id for model in models][:2] == ["gpt-4o", "gpt-4o-mini"]
    assert {model.provider for model in models} == {provider}
    assert all(model.created_at == 1_735_689_600 for model in models)
    known = {"openai": "gpt-4o-mini", "anthropic": "claude-sonnet-4-5"}[provider]
    assert [model.id for model in models if model.id == known and model.prices["input"] > 0]


@both
@pytest.mark.parametrize("dialect", [None, "openai_chat"])
def test_a_provider_lists_in_its_own_way_whatever_dialect_is_spoken(
    mode: str, emulator: Emulator, dialect: str | None
) -> None:
    models = ask(mode, emulator, "ollama/m", "models", client={"dialect": dialect})
    assert (emulator.requests[-1].path, models[0].provider) == ("/api/tags", "ollama")


@both
def test_listing_takes_limits_and_no_other_options(mode: str, emulator: Emulator) -> None:
    emulator.fault(status=503, path="/models")
    assert ask(mode, emulator, "openai/m", "models", retry_config=AT_ONCE, timeout=9, headers={"x-own": "1"})
    assert [seen.headers["x-own"] for seen in emulator.requests] == ["1", "1"]
    with pytest.raises(ConfigurationError, match="no option `stream`"):
        ask(mode, emulator, "openai/m", "models", stream=True)


def listed(mode: str, provider: Any, **arguments: Any) -> Any:
    """By `list_models`, or its twin."""
    return settled((dragoman.async_list_models if mode == "async" else dragoman.list_models)(provider, **arguments))


@both
def test_listing_without_a_model(mode: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    assert listed(mode, "openai", base_url=emulator.url, api_key="k")[0].id == "gpt-4o"
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(MissingKey, match="`openai`: there is no API key") as caught:
        listed(mode, "openai", base_url=emulator.url)
    assert caught.value.target == "openai"
    emulator.fault(status=404, path="/models")
    with pytest.raises(UnknownModel, match="`openai`:"):
        listed(mode, "openai", base_url=emulator.url, api_key="k")


@both
def test_listing_without_a_model_takes_what_create_llm_takes(mode: str, emulator: Emulator) -> None:
    """A proxy, a query, headers: whoever needs them to ask needs them to list."""
    given = {"transport": TransportOptions(max_connections=1), "query": "own=1", "headers": {"x-own": "1"}}
    assert listed(mode, "openai", base_url=emulator.url, api_key="k", **given)
    (seen,) = emulator.requests
    assert (seen.target.partition("?")[2], seen.headers["x-own"]) == ("own=1", "1")


def test_listing_has_the_arguments_of_create_llm() -> None:
    """All of them but the model and the choice of a face, in their order."""
    made, listed, awaited = (
        [each for each in inspect.signature(function).parameters.values() if each.name not in ("model", "async_client")]
        for function in (dragoman.create_llm, dragoman.list_models, dragoman.async_list_models)
    )
    assert [each.replace(name="defaults") if each.name == "options" else each for each in listed] == made
    assert awaited == listed


@both
@pytest.mark.parametrize("method", ["embed", "count_tokens", "models"])
def test_a_closed_client_does_nothing(mode: str, emulator: Emulator, method: str) -> None:
    arguments = () if method == "models" else ("hello",)
    llm: Any = dragoman.create_llm(SMALL, base_url=emulator.url, api_key="k", async_client=mode == "async")
    settled(llm.close())
    with pytest.raises(ConfigurationError, match="this client is closed"):
        settled(getattr(llm, method)(*arguments))
