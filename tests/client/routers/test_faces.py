"""A router is an `LLM` and a client in Instructor's manner: each of their methods routes."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman import ConfigurationError, Extracted, FallbackChain, LLMResponse, UnsupportedFeature
from dragoman.testing import Emulator

from .stage import CLAUDE, JOHN, MINI, SAID, Contact, chain, result

FACES: dict[str, tuple[Any, Any]] = {
    "generate": (lambda llm: llm.generate("Say exactly: hello"), lambda got: got.content == "hello"),
    "generate a stream": (
        lambda llm: llm.generate("Say exactly: hello", stream=True),
        lambda got: "".join(event.content for event in got) == "hello",
    ),
    "generate a value": (lambda llm: llm.generate("John is 42", response_model=Contact), lambda got: got == JOHN),
    "generate a growing value": (
        lambda llm: llm.generate("John is 42", response_model=Contact, stream=True),
        lambda got: got[-1] == JOHN,
    ),
    "extract": (
        lambda llm: llm.extract(Contact, "John is 42"),
        lambda got: isinstance(got, Extracted) and got.value == JOHN,
    ),
    "chat": (lambda llm: llm.chat().generate("Say exactly: hello"), lambda got: got.content == "hello"),
    "create": (lambda llm: llm.create(response_model=Contact, messages=SAID), lambda got: got == JOHN),
    "create, no value": (lambda llm: llm.create(messages=SAID), lambda got: isinstance(got, LLMResponse)),
    "create_with_completion": (
        lambda llm: llm.create_with_completion(response_model=Contact, messages=SAID),
        lambda got: got[0] == JOHN and got[1].response.provider == "anthropic",
    ),
    "create_partial": (
        lambda llm: llm.create_partial(response_model=Contact, messages=SAID),
        lambda got: got[-1] == JOHN,
    ),
    "create_iterable": (
        lambda llm: llm.create_iterable(response_model=Contact, messages=SAID),
        lambda got: got == [JOHN],
    ),
    "messages.create": (
        lambda llm: llm.messages.create(response_model=Contact, messages=SAID),
        lambda got: got == JOHN,
    ),
    "responses.create": (
        lambda llm: llm.responses.create(response_model=Contact, messages=SAID),
        lambda got: got == JOHN,
    ),
    "instructor.chat.completions.create": (
        lambda llm: llm.instructor.chat.completions.create(response_model=Contact, messages=SAID),
        lambda got: got == JOHN,
    ),
}
"""What is called, and whether its result is right."""


@pytest.mark.parametrize("face", FACES)
def test_every_face_falls_back(emulator: Emulator, mode: str, face: str) -> None:
    call, is_right = FACES[face]
    emulator.fault(status=503, model="gpt-4o-mini", times=None)
    got = result(call(chain(mode, MINI, CLAUDE)))
    assert is_right(got)
    assert [seen.dialect for seen in emulator.requests] == ["openai_chat", "anthropic_messages"]


ASYNC_ONLY = {
    "complete": (lambda llm: llm.complete(SAID), lambda got: got.usage["total_tokens"] > 0),
    "stream": (lambda llm: llm.stream(SAID), lambda got: "John is 42" in "".join(got)),
}


@pytest.mark.parametrize("face", ASYNC_ONLY)
def test_an_async_router_is_asked_like_a_provider(emulator: Emulator, face: str) -> None:
    call, is_right = ASYNC_ONLY[face]
    emulator.fault(status=503, model="gpt-4o-mini", times=None)
    assert is_right(result(call(chain("async", MINI, CLAUDE))))
    assert [seen.dialect for seen in emulator.requests] == ["openai_chat", "anthropic_messages"]


def test_a_response_tells_of_all_targets(emulator: Emulator, mode: str) -> None:
    emulator.fault(status=503, model="gpt-4o-mini")
    response = result(chain(mode, MINI, CLAUDE).generate("Hello"))
    assert [(attempt.target, attempt.outcome) for attempt in response.attempts] == [
        (MINI, "Overloaded"),
        (CLAUDE, "ok"),
    ]
    assert response.cost == emulator.bill.cost


@pytest.mark.parametrize("method", ["count_tokens", "models"])
def test_what_means_nothing_to_a_router_says_so(emulator: Emulator, mode: str, method: str) -> None:
    arguments = () if method == "models" else ("Hello",)
    with pytest.raises(UnsupportedFeature, match="ask"):
        result(getattr(chain(mode, MINI, CLAUDE), method)(*arguments))


# ---------------------------------------------------------------------- its own words


def test_a_wrong_option_is_refused_at_once(emulator: Emulator, mode: str) -> None:
    with pytest.raises(ConfigurationError, match="temprature"):
        chain(mode, MINI).generate("Hello", temprature=1)


def test_hooks_hear_of_every_target(emulator: Emulator, mode: str) -> None:
    """Also through a view of the router."""
    heard: list[str] = []
    llm = chain(mode, MINI, CLAUDE)
    llm.instructor.on("completion:kwargs", lambda **kwargs: heard.append(kwargs["model"]))
    emulator.fault(status=503, model="gpt-4o-mini", times=None)
    assert result(llm.with_purpose(tenant="acme").create(response_model=Contact, messages=SAID)) == JOHN
    assert heard == ["gpt-4o-mini", "claude-haiku-4-5"]


def test_unload_gives_back_connections_and_it_goes_on(emulator: Emulator, mode: str) -> None:
    llm = chain(mode, MINI)
    result(llm.generate("Hello"))
    result(llm.unload())
    assert result(llm.generate("Say exactly: again")).content == "again"


def test_closing_closes_what_it_made_and_not_what_it_was_given(emulator: Emulator, mode: str) -> None:
    import dragoman

    given = dragoman.create_llm(CLAUDE, async_client=mode == "async")
    llm = chain(mode, MINI, given)
    view = llm.with_purpose(tenant="acme")
    result(llm.close())
    for closed in (llm, view):
        with pytest.raises(ConfigurationError, match="closed"):
            closed.generate("Hello")
    assert result(given.generate("Say exactly: here")).content == "here"


def test_leaving_its_block_closes_it(emulator: Emulator) -> None:
    with FallbackChain([MINI]) as llm:
        llm.generate("Hello")
    assert repr(llm).endswith("closed>")


def test_what_it_looks_like(mode: str) -> None:
    name = "FallbackChain" if mode == "sync" else "AsyncFallbackChain"
    llm = chain(mode, MINI, CLAUDE)
    assert repr(llm) == f"<{name} <Ordered <Target {MINI}>, <Target {CLAUDE}>>>"
    assert (llm.provider, llm.model) == ("router", f"{MINI} | {CLAUDE}")


# ---------------------------------------------------------------------- why


def test_an_explanation_is_what_then_happens_and_sends_nothing(emulator: Emulator, mode: str) -> None:
    llm = chain(mode, MINI, CLAUDE)
    explanation = llm.explain("Hello", response_model=Contact, max_retries=2, temperature=0)
    assert emulator.requests == []
    assert explanation.target is llm.targets[0]
    result(llm.generate("Hello"))
    assert emulator.requests[0].dialect == "openai_chat"


def test_health_is_a_table(emulator: Emulator, mode: str) -> None:
    """S0.48."""
    llm = chain(mode, MINI, CLAUDE)
    emulator.fault(status=401, model="gpt-4o-mini")
    result(llm.generate("Hello"))
    table = llm.health()
    unwell, well = (table.to_dict()[name] for name in (MINI, CLAUDE))
    assert unwell["refused"]
    assert unwell["until"] > 50
    assert well["refused"] is None
    assert well["answer"] > 0
    head, first, second = repr(table).splitlines()
    assert head.split()[:2] == ["target", "state"]
    assert first.startswith(MINI)
    assert second.startswith(f"{CLAUDE}")
    assert " well " in second
