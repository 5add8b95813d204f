"""`LLMRouter` (seed 003): a provider, asked again when it fails, and a second one after it. X8 to X11."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

import dragoman
from dragoman import (
    ConfigurationError,
    FallbackExhausted,
    LLMRouter,
    ProviderFactory,
    Rejected,
    RetryConfig,
    RouteRules,
)
from dragoman.testing import Emulator

from .stage import SAID, Parrot, result

AT_ONCE = RetryConfig(max_attempts=1, initial_delay=0)


def made(primary: Any, fallback: Any = None, max_retries: int = 2, **rules: Any) -> LLMRouter:
    """A router that does not pause."""
    rules = {"retry": AT_ONCE, "max_attempts": max_retries + 2, "max_price_ratio": None, **rules}
    return LLMRouter(primary, fallback, max_retries, rules=RouteRules(**rules))


BAD, GOOD = OSError("down"), "all is well"


@pytest.mark.parametrize("max_retries", [0, 1, 2, 4])
def test_x11_so_many_tries_more_and_then_the_fallback_once(max_retries: int) -> None:
    """S3.9, S3.14, X11."""
    primary, fallback = Parrot(BAD, name="first"), Parrot(GOOD, name="second")
    response = result(made(primary, fallback, max_retries).complete(SAID))
    assert response.content == GOOD
    assert (len(primary.asked), len(fallback.asked)) == (max_retries + 1, 1)


def test_x11_one_that_is_left_alone_by_then_is_not_waited_for() -> None:
    """Five failures in a row take it out. Where there is no second, it is."""
    primary, fallback = Parrot(BAD, name="first"), Parrot(GOOD, name="second")
    assert result(made(primary, fallback, 7).complete(SAID)).content == GOOD
    assert (len(primary.asked), len(fallback.asked)) == (5, 1)


def test_the_first_to_come_back_answers() -> None:
    primary, fallback = Parrot(BAD, GOOD), Parrot("unused")
    assert result(made(primary, fallback).complete(SAID)).content == GOOD
    assert fallback.asked == []


@pytest.mark.parametrize("fallback", [None, Parrot(KeyError("gone"))], ids=["alone", "both"])
def test_total_failure_is_a_runtime_error(fallback: Parrot | None) -> None:
    """S3.9, X12: in the seed's words, and none of the errors is lost."""
    with pytest.raises(RuntimeError, match=r"^All providers failed\. Last error: ") as caught:
        result(made(Parrot(BAD), fallback).complete(SAID))
    error = caught.value
    assert isinstance(error, FallbackExhausted)
    assert [type(each) for each in error.errors] == [OSError] * 3 + [KeyError] * (fallback is not None)
    assert error.__cause__ is error.errors[-1]
    assert len(error.attempts) == len(error.errors)


@pytest.mark.parametrize("bug", [TypeError("x"), NameError("x"), AttributeError("x"), AssertionError("x")])
def test_x10_a_bug_is_not_tried_again(bug: Exception) -> None:
    """X10."""
    primary, fallback = Parrot(bug), Parrot(GOOD)
    with pytest.raises(type(bug)):
        result(made(primary, fallback).complete(SAID))
    assert (len(primary.asked), len(fallback.asked)) == (1, 0)


def test_x10_a_refused_key_is_not_tried_again_there(emulator: Emulator) -> None:
    """X10."""
    emulator.fault(status=401, model="gpt-4o-mini", times=None)
    router = made(ProviderFactory.create("openai"), ProviderFactory.create("anthropic"))
    assert result(router.complete(SAID, "gpt-4o-mini")).provider == "anthropic"
    assert [seen.dialect for seen in emulator.requests] == ["openai_chat", "anthropic_messages"]


def test_x10_a_mistake_of_the_callers_is_asked_once_and_nowhere_else(emulator: Emulator) -> None:
    """X10."""
    emulator.fault(status=400, times=None)
    with pytest.raises(Rejected):
        result(made(ProviderFactory.create("openai"), ProviderFactory.create("anthropic")).complete(SAID))
    assert len(emulator.requests) == 1


def test_x8_the_fallback_asks_a_model_of_its_own(emulator: Emulator, caplog: pytest.LogCaptureFixture) -> None:
    """X8: said on the response and in the log."""
    emulator.fault(status=503, model="gpt-4o", times=None)
    router = made(ProviderFactory.create("openai"), "anthropic/claude-haiku-4-5", 0)
    with caplog.at_level(logging.WARNING, "dragoman"):
        response = result(router.complete(SAID, "gpt-4o"))
    assert [seen.request.model for seen in emulator.requests if seen.request] == ["gpt-4o", "claude-haiku-4-5"]
    (loss,) = response.warnings
    assert (loss.effect, loss.where) == ("changed", "model")
    assert "`claude-haiku-4-5` was asked" in str(loss)
    assert str(loss) in caplog.messages


MODELS: dict[str, tuple[Any, str, str]] = {
    "one of its catalog": ("openai/gpt-4o-mini", "gpt-4o", "gpt-4o"),
    "one of another's": ("openai/gpt-4o-mini", "claude-haiku-4-5", "gpt-4o-mini"),
    "where there is no catalog": ("openai_compatible/m", "whatever", "whatever"),
}


@pytest.mark.parametrize("case", MODELS)
def test_x8_where_a_model_is_asked(emulator: Emulator, case: str) -> None:
    """X8."""
    target, said, asked = MODELS[case]
    router = dragoman.AsyncFallbackChain([target], clients={"base_url": f"{emulator.url}/v1"})
    response = result(router.complete(SAID, said))
    assert emulator.requests[0].wire["model"] == asked
    assert bool(response.warnings) == (said != asked)


PROVIDERS: dict[str, tuple[Parrot, str, str]] = {
    "nobody the catalog knows": (Parrot(GOOD, name="ours"), "whatever", "whatever"),
    "a name of the catalog, its model": (Parrot(GOOD, name="openai"), "gpt-4o", "gpt-4o"),
    "a name of the catalog, another's model": (Parrot(GOOD, name="openai"), "claude-haiku-4-5", "polly"),
}


@pytest.mark.parametrize("case", PROVIDERS)
def test_x8_providers_by_their_names(case: str) -> None:
    """X8."""
    parrot, said, asked = PROVIDERS[case]
    result(made(parrot).complete(SAID, said))
    assert parrot.asked[-1][1] == asked


# ---------------------------------------------------------------------- streams


class Breaking(Parrot):
    """It says two words, and then it breaks."""

    async def stream(self, messages: Any, model: str = "polly", **_: Any) -> Any:
        self.asked.append((messages[-1].text, model))
        yield "one "
        yield "two "
        raise BAD


def test_x9_a_stream_that_never_begins_is_begun_elsewhere() -> None:
    """S3.9, X9."""
    primary, fallback = Parrot(BAD), Parrot("one two three")
    assert "".join(result(made(primary, fallback, 1).stream(SAID))).split() == ["one", "two", "three"]
    assert (len(primary.asked), len(fallback.asked)) == (2, 1)


def test_x9_a_stream_that_breaks_is_not_doubled() -> None:
    """X9: after something has been given, the error is raised."""
    primary, fallback = Breaking(""), Parrot("one two three")
    pieces: list[str] = []

    async def main() -> None:
        async for piece in made(primary, fallback).stream(SAID):
            pieces.append(piece)  # noqa: PERF401  # what was given is looked at after the error

    with pytest.raises(OSError, match="down"):
        asyncio.run(main())
    assert pieces == ["one ", "two "]
    assert fallback.asked == []


def test_x9_it_may_be_continued() -> None:
    """X9."""
    primary, fallback = Breaking(""), Parrot("three four")
    stream = made(primary, fallback, after_commit="continue").stream(SAID)
    assert "".join(result(stream)) == "one two three four "
    assert "Go on from exactly where it ends" in fallback.asked[0][0]
    assert stream.response.content == "one two three four "


def test_x9_texts_cannot_begin_anew() -> None:
    """X9."""
    with pytest.raises(ConfigurationError, match=r"generate\(\.\.\., stream=True\)"):
        made(Parrot(GOOD), after_commit="restart").stream(SAID)


def test_a_stream_may_be_awaited_and_left() -> None:
    async def main() -> list[str]:
        stream = await made(Parrot("one two three")).stream(SAID)
        first = await anext(stream)
        await stream.close()
        return [first, *[piece async for piece in stream]]

    assert asyncio.run(main()) == ["one "]


# ---------------------------------------------------------------------- how it is made


def test_its_attributes_are_those_of_the_seed() -> None:
    primary, fallback = Parrot(GOOD), Parrot(GOOD)
    router = LLMRouter(primary=primary, fallback=fallback, max_retries=1)
    assert (router.primary, router.fallback, router.max_retries) == (primary, fallback, 1)
    assert [target.title for target in router.targets] == ["parrot/polly", "parrot/polly#2"]


@pytest.mark.parametrize("wrong", [-1, 1.5, True])
def test_retries_are_a_number(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="max_retries"):
        LLMRouter(Parrot(GOOD), max_retries=wrong)


def test_a_provider_that_keeps_failing_is_left_alone_for_a_while() -> None:
    """S3.9, "provider health tracking"."""
    primary, fallback = Parrot(BAD, name="first"), Parrot(GOOD, name="second")
    router = made(primary, fallback)

    async def main() -> None:
        for _ in range(4):
            await router.complete(SAID)

    asyncio.run(main())
    assert len(primary.asked) < 3 * 4
    assert len(fallback.asked) == 4
    first, second = router.health().standings
    assert (first.refused is None, second.refused is None) == (False, True)
