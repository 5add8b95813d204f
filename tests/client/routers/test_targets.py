"""Who may be a target: strings, clients of ours, SDKs' own, anybody's in Instructor's manner, providers, policies."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from typing import Any

import pytest

import dragoman
from dragoman import ConfigurationError, FallbackExhausted, RateLimited, Target, UnsupportedFeature
from dragoman.routing.policies import Cheapest
from dragoman.testing import Emulator

from .stage import CLAUDE, JOHN, MINI, SAID, Contact, Parrot, Theirs, TheirsAwaited, chain, result


@dataclass
class ProviderConfig:
    """Seed 000's own."""

    name: str
    client: object
    model: str
    max_retries: int = 2
    use_anthropic_api: bool = False


OURS: dict[str, Any] = {
    "provider/model": lambda awaited: CLAUDE,
    "Target": lambda awaited: Target(CLAUDE),
    "an LLM": lambda awaited: dragoman.create_llm(CLAUDE, async_client=awaited),
    "a client in Instructor's manner": lambda awaited: dragoman.from_provider(CLAUDE, async_client=awaited),
    "(client, model)": lambda awaited: (
        dragoman.from_provider("anthropic/claude-sonnet-4-6", async_client=awaited),
        "claude-haiku-4-5",
    ),
    "(LLM, model)": lambda awaited: (
        dragoman.create_llm("anthropic/claude-sonnet-4-6", async_client=awaited),
        "claude-haiku-4-5",
    ),
    "a ProviderConfig": lambda awaited: ProviderConfig(
        "backup", dragoman.from_provider("anthropic/claude-sonnet-4-6", async_client=awaited), "claude-haiku-4-5"
    ),
    "a policy": lambda awaited: Cheapest(CLAUDE, "anthropic/claude-sonnet-4-6"),
    "another router": lambda awaited: chain("async" if awaited else "sync", CLAUDE),
    "a router as a client": lambda awaited: chain("async" if awaited else "sync", CLAUDE).instructor,
}
"""Targets that are flows of ours: they can do whatever an `LLM` can."""

each = pytest.mark.parametrize("kind", OURS)


@each
@pytest.mark.parametrize("blocking", [False, True], ids=["its own face", "a blocking one"])
def test_each_answers_in_every_way(emulator: Emulator, mode: str, kind: str, blocking: bool) -> None:
    """A blocking one of an async router runs in a thread, its streams too."""
    emulator.fault(status=503, model="gpt-4o-mini", times=None)
    llm = chain(mode, MINI, OURS[kind](mode == "async" and not blocking))
    assert result(llm.generate("Say exactly: hello")).content == "hello"
    stream = llm.generate("Say exactly: hello", stream=True)
    assert "".join(event.content for event in result(stream)) == stream.response.content == "hello"
    assert result(llm.generate("John is 42", response_model=Contact)) == JOHN
    assert result(llm.create_partial(response_model=Contact, messages=SAID))[-1] == JOHN
    assert result(llm.create_iterable(response_model=Contact, messages=SAID)) == [JOHN]
    asked = {seen.request.model for seen in emulator.requests if seen.request}
    assert asked == {"gpt-4o-mini", "claude-haiku-4-5"}


@each
def test_what_must_be_awaited_is_refused_by_a_router_that_blocks(emulator: Emulator, kind: str) -> None:
    given = OURS[kind](True)
    if isinstance(given, str | Target | Cheapest):
        return  # it becomes what the router wants
    with pytest.raises(UnsupportedFeature, match="name begins with Async"):
        chain("sync", MINI, given)


def test_their_events_come_one_by_one(emulator: Emulator) -> None:
    """Of a blocking client in an async router: what is said is heard while the rest is still held back."""
    emulator.fault(hold_at_text="one two")
    llm = chain("async", dragoman.create_llm(CLAUDE))

    async def main() -> str:
        stream = llm.generate("Say exactly: one two three four", stream=True)
        async for _ in stream:
            if "one two" in stream.text:
                break
        held = stream.text
        emulator.release()
        await stream.drain()
        assert stream.text == "one two three four"
        return held

    assert "four" not in asyncio.run(main())


@pytest.mark.parametrize("streamed", [False, True])
def test_a_cancelled_task_leaves_no_thread_behind(emulator: Emulator, streamed: bool) -> None:
    emulator.fault(stall_at_byte=900)  # in the body
    before = threading.active_count()
    llm = chain("async", dragoman.create_llm(CLAUDE))

    async def main() -> None:
        asked = llm.generate("Say exactly: " + "word " * 400, stream=streamed)
        call = asyncio.create_task(asked.drain() if streamed else asked)
        await asyncio.to_thread(emulator.wait_for_requests, 1)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)
        assert call.cancelled()

    asyncio.run(main())  # it waits for its threads
    assert threading.active_count() == before


# ---------------------------------------------------------------------- somebody else's


@pytest.mark.parametrize(
    ("kind", "made"),
    [("sync", Theirs), ("async", Theirs), ("async", TheirsAwaited)],
    ids=["sync", "in a thread", "async"],
)
def test_a_client_of_somebody_elses_gives_values(emulator: Emulator, kind: str, made: Any) -> None:
    """X12: whatever was said of the call comes with it."""
    emulator.fault(status=503, model="gpt-4o-mini", times=None)
    theirs = made({"name": "John", "age": 42})
    llm = chain(kind, MINI, ProviderConfig("theirs", theirs, "their-model", max_retries=1))
    assert result(llm.create(response_model=Contact, messages=SAID, temperature=0.1, context={"a": 1})) == JOHN
    (call,) = theirs.calls
    assert call == {
        "messages": SAID,
        "model": "their-model",
        "temperature": 0.1,
        "max_retries": 1,
        "context": {"a": 1},
    }


def test_anthropics_own_api_gets_the_limit_it_demands(emulator: Emulator) -> None:
    """S0.36: 1024 unless the call says otherwise."""
    theirs = Theirs({"name": "John", "age": 42})
    llm = chain("sync", ProviderConfig("backup", theirs, "m", use_anthropic_api=True))
    llm.create(response_model=Contact, messages=SAID)
    llm.create(response_model=Contact, messages=SAID, max_tokens=77)
    assert [call["max_tokens"] for call in theirs.calls] == [1024, 77]


def test_what_somebody_elses_cannot_do_goes_elsewhere(emulator: Emulator, mode: str) -> None:
    llm = chain(mode, (Theirs({}), "m"), CLAUDE)
    assert result(llm.generate("Say exactly: hello")).content == "hello"
    response = result(llm.generate("Hello"))
    assert response.attempts[0].outcome == "UnsupportedFeature"


def test_what_they_raise_is_in_the_error(mode: str) -> None:
    llm = chain(mode, (Theirs(OSError("down")), "a"), (Theirs(KeyError("gone")), "b"))
    with pytest.raises(FallbackExhausted) as caught:
        result(llm.create(response_model=Contact, messages=SAID))
    assert [type(error) for error in caught.value.errors] == [OSError, KeyError]


# ---------------------------------------------------------------------- providers of the application's own


def test_a_provider_answers_whole_and_piece_by_piece() -> None:
    parrot = Parrot("polly wants a cracker")
    llm = chain("async", parrot)
    response = result(llm.generate("Hello"))
    assert (response.content, response.provider, response.model) == ("polly wants a cracker", "parrot", "polly")
    assert "".join(result(llm.stream(SAID))).split() == ["polly", "wants", "a", "cracker"]
    assert parrot.asked == [("Hello", "polly"), ("John is 42 years old", "polly")]


def test_one_that_comes_along_is_asked_as_a_client_of_ours(emulator: Emulator) -> None:
    """By its usual settings, once a try, with values by tools. One that overrides its methods is called by them."""

    class Louder(dragoman.OpenAIProvider):
        async def complete(self, *arguments: Any, **options: Any) -> Any:
            response = await super().complete(*arguments, **options)
            return dragoman.LLMResponse(response.content.upper(), response.model)

    provider = dragoman.ProviderFactory.create("openai")
    emulator.fault(status=503)
    llm = chain("async", provider, provider)
    assert result(llm.create(response_model=Contact, messages=SAID)) == JOHN
    assert len(emulator.requests) == 2
    asked = emulator.requests[-1].request
    assert asked is not None
    assert (asked.model, asked.temperature, asked.max_tokens) == ("gpt-4o-mini", 0.7, 1024)
    assert asked.tools
    assert result(chain("async", Louder()).complete(SAID, "gpt-4o-mini")).content.isupper()


def test_a_provider_gives_values_by_words_alone() -> None:
    """What does not fit is asked for again."""
    parrot = Parrot('{"name": "John", "age": -1}', '{"name": "John", "age": 42}')
    assert result(chain("async", parrot).create(response_model=Contact, messages=SAID)) == JOHN
    assert "greater than or equal to 0" in parrot.asked[1][0]


def test_what_a_provider_does_not_take_is_a_warning() -> None:
    response = result(chain("async", Parrot("hi")).generate("Hello", temperature=0, top_p=0.5, on_loss="warn"))
    assert [loss.where for loss in response.warnings] == ["top_p"]
    with pytest.raises(dragoman.Error, match="top_p"):
        result(chain("async", Parrot("hi")).generate("Hello", top_p=0.5, on_loss="error"))


def test_a_provider_that_hangs_ends_with_the_route(emulator: Emulator) -> None:
    class Mute(Parrot):
        async def complete(self, messages: Any, model: str = "m", **_: Any) -> Any:
            await asyncio.Event().wait()

    with pytest.raises(dragoman.Error) as caught:
        result(chain("async", Mute("")).generate("Hello", timeout=0.05))
    assert "has not answered in" in str(caught.value)


def test_a_provider_without_a_model_says_so() -> None:
    class Undecided(Parrot):
        async def complete(self, messages: Any, model: str, **_: Any) -> Any:
            return dragoman.LLMResponse("hi", model)

    with pytest.raises(ConfigurationError, match="pass model="):
        result(chain("async", Undecided("")).generate("Hello"))
    assert result(chain("async", (Undecided(""), "m")).generate("Hello")).model == "m"


def test_a_provider_that_must_be_awaited_is_refused_where_one_must_wait() -> None:
    with pytest.raises(UnsupportedFeature, match="name begins with Async"):
        chain("sync", Parrot("hi"))


# ---------------------------------------------------------------------- what is said of a target


def test_options_of_a_target_are_between_the_routers_and_the_calls(emulator: Emulator, mode: str) -> None:
    target = Target(MINI, options={"temperature": 0.2, "max_tokens": 20})
    llm = chain(mode, target, temperature=0.1, max_tokens=10, seed=1)
    result(llm.generate("Hello", max_tokens=30))
    asked = emulator.requests[0].request
    assert asked is not None
    assert (asked.temperature, asked.max_tokens, asked.seed) == (0.2, 30, 1)


def test_a_client_is_made_as_its_target_says(emulator: Emulator, mode: str) -> None:
    target = Target(MINI, client={"api_key": "its own"})
    result(chain(mode, target, clients={"api_key": "of all", "temperature": 0.3}).generate("Hello"))
    (seen,) = emulator.requests
    assert seen.headers["authorization"] == dragoman.Secret("Bearer its own")
    assert seen.request is not None
    assert seen.request.temperature == 0.3


def test_a_targets_own_limit_holds_within_the_routes(emulator: Emulator, mode: str) -> None:
    """One that hangs is left in time for another to answer."""
    emulator.fault(stall_at_byte=0, model="gpt-4o-mini")
    llm = chain(mode, Target(MINI, client={"timeout": 0.2}), CLAUDE, timeout=30)
    response = result(llm.generate("Say exactly: hello"))
    assert response.content == "hello"
    assert [attempt.outcome for attempt in response.attempts] == ["TimedOut", "ok"]


def test_the_end_of_the_routes_time_is_the_end(emulator: Emulator, mode: str) -> None:
    emulator.fault(stall_at_byte=0, model="gpt-4o-mini")
    with pytest.raises(dragoman.TimedOut):
        result(chain(mode, MINI, CLAUDE).generate("Hello", timeout=1.0))
    assert len(emulator.requests) == 1


def test_a_call_may_say_how_patient_to_be(emulator: Emulator, mode: str) -> None:
    emulator.fault(status=503, times=2)
    llm = chain(mode, MINI)
    patient = dragoman.RetryConfig(max_attempts=3, initial_delay=0)
    assert result(llm.generate("Say exactly: hello", retry_config=patient)).content == "hello"
    assert len(emulator.requests) == 3


def test_how_often_to_ask_again_for_a_value_is_the_targets(emulator: Emulator, mode: str) -> None:
    """S0.39: an answer that never fits is a reason to go elsewhere."""
    emulator.script(*[dragoman.LLMResponse("no")] * 4, model="gpt-4o-mini")
    llm = chain(mode, Target(MINI, max_retries=1), CLAUDE)
    assert result(llm.create(response_model=Contact, messages=SAID, max_retries=3)) == JOHN
    assert [seen.dialect for seen in emulator.requests] == ["openai_chat"] * 2 + ["anthropic_messages"]


def test_in_an_order_that_was_said_a_dearer_one_is_asked(emulator: Emulator, mode: str) -> None:
    """`gpt-4o` costs some seventeen times what `gpt-4o-mini` does."""
    emulator.fault(status=503, model="gpt-4o-mini")
    kind = dragoman.FallbackChain if mode == "sync" else dragoman.AsyncFallbackChain
    response = result(kind([MINI, "openai/gpt-4o"]).generate("Hello"))
    assert [attempt.target for attempt in response.attempts] == [MINI, "openai/gpt-4o"]


def test_the_same_texts_are_one_target(mode: str) -> None:
    """Wherever they stand; a `Target` that is written out twice is two."""
    of_text = chain(mode, Cheapest(MINI, CLAUDE), MINI)
    assert [target.title for target in of_text.targets] == [MINI, CLAUDE]
    assert [target.title for target in chain(mode, Target(MINI), Target(MINI)).targets] == [MINI, f"{MINI}#2"]


def test_one_key_is_one_account(emulator: Emulator, mode: str) -> None:
    """A key that is refused takes out all targets that have it, and no other. No name of it shows it."""
    llm = chain(
        mode,
        Target(MINI, client={"api_key": "sk-one"}),
        Target("openai/gpt-4o", client={"api_key": "sk-one"}),
        Target("openai/gpt-4o", client={"api_key": "sk-two"}),
    )
    first, second, third = (target.place.account for target in llm.targets)
    assert first == second != third
    assert "sk-" not in first + third
    assert [target.title for target in llm.targets] == [MINI, "openai/gpt-4o", "openai/gpt-4o#2"]
    emulator.fault(status=401, model="gpt-4o-mini")
    result(llm.generate("Hello"))
    assert [seen.headers["authorization"] for seen in emulator.requests] == [
        dragoman.Secret("Bearer sk-one"),
        dragoman.Secret("Bearer sk-two"),
    ]


WRONG: dict[str, tuple[Any, str]] = {
    "nobody": (None, "is no target"),
    "a class": (Parrot, "is no target"),
    "no client": (object(), r"create\(response_model=\.\.\.\)"),
    "a pair of texts": (("openai", "gpt-4o"), r"a pair is \(client, model\)"),
    "an unknown provider": ("opnai/gpt-4o", "openai"),
    "settings of a client that is there": (
        Target(Theirs({}), client={"api_key": "k"}),
        "here is one already",
    ),
    "a conversation of its own": (Target(MINI, options={"system": "Be brief"}), "the same for all"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_target_is_refused_when_the_router_is_made(mode: str, what: str) -> None:
    given, why = WRONG[what]
    with pytest.raises(dragoman.CallerError, match=why):
        chain(mode, MINI, given)


@pytest.mark.parametrize("targets", [[], "openai/gpt-4o", 7])
def test_targets_are_a_list(targets: Any) -> None:
    with pytest.raises(ConfigurationError, match="target"):
        dragoman.FallbackChain(targets)


def test_hedging_needs_a_loop() -> None:
    rules = dragoman.RouteRules(hedge=dragoman.Hedge())
    with pytest.raises(UnsupportedFeature, match="name begins with Async"):
        chain("sync", MINI, rules=rules)
    chain("async", MINI, rules=rules)


def test_what_a_provider_answers_with_too_soon_is_told(emulator: Emulator, mode: str) -> None:
    """S0.35, X1: the only target: its own error, with what may be done."""
    emulator.fault(status=429, retry_after=120)
    with pytest.raises(FallbackExhausted) as caught:
        result(chain(mode, MINI).generate("Hello"))
    assert isinstance(caught.value.errors[0], RateLimited)
