"""Calls without a `response_model`, on our own transport and on an SDK's client: who hears of them, what is in vain."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

from dragoman import (
    AsyncStream,
    AutoCache,
    ConfigurationError,
    IgnoredOptionWarning,
    Image,
    LLMResponse,
    Mode,
    Stream,
    Unauthorized,
    from_provider,
)
from dragoman.testing import Emulator, Fault

from ..drive import MODES, settled
from .made_up_sdk import Sdk, wrapped

both = pytest.mark.parametrize("face", MODES)
ends = pytest.mark.parametrize("behind", ["our own transport", "an SDK"])

PROMPT = [{"role": "user", "content": "John is 42 years old"}]
HOOKS = ("completion:kwargs", "completion:response", "completion:error", "completion:last_attempt", "completion:usage")
ONE_TRY = {"attempt_number": 1, "max_attempts": 1, "is_last_attempt": True}


def own(emulator: Emulator, face: str, **options: Any) -> Any:
    return from_provider(
        "openai/gpt-4o-mini", api_key="k", base_url=emulator.url, async_client=face == "async", **options
    )


def client(behind: str, emulator: Emulator, face: str) -> tuple[Any, Sdk]:
    sdk, made = Sdk(face), own(emulator, face)
    return (wrapped(made, sdk) if behind == "an SDK" else made), sdk


def listening(asked: Any) -> list[tuple[str, Any, dict[str, Any]]]:
    """What is told from now on."""
    told: list[tuple[str, Any, dict[str, Any]]] = []

    def listen(name: str) -> Callable[..., None]:
        return lambda *args, **kwargs: told.append((name, *args, kwargs) if args else (name, None, kwargs))

    for name in HOOKS:
        asked.on(name, listen(name))
    return told


def result(given: Any) -> Any:
    """What a call of either face comes to: what a stream gives, or an answer."""
    if isinstance(given, Stream):
        return list(given)
    if isinstance(given, LLMResponse):
        return given
    return settled(_all(given)) if isinstance(given, AsyncStream) else settled(given)


async def _all(stream: AsyncStream) -> list[Any]:
    return [each async for each in stream]


# ---------------------------------------------------------------------- hooks


@both
def test_hooks_hear_a_call_on_our_own_transport(emulator: Emulator, face: str) -> None:
    asked = own(emulator, face)
    told = listening(asked)
    answer = result(asked.create(messages=PROMPT))
    assert [name for name, _, _ in told] == ["completion:kwargs", "completion:response", "completion:usage"]
    assert told[0][2] == emulator.requests[-1].wire
    assert told[1][1].choices[0].message.content == answer.content


@both
def test_hooks_hear_a_stream_of_ours_when_it_is_read(emulator: Emulator, face: str) -> None:
    asked = own(emulator, face)
    told = listening(asked)
    stream = asked.create(messages=PROMPT, stream=True)
    assert told == []
    assert len(result(stream)) > 1
    assert [name for name, _, _ in told] == ["completion:kwargs", "completion:response", "completion:usage"]
    assert told[0][2]["stream"] is True
    assert told[1][1].response.content


@both
def test_hooks_hear_why_there_is_no_answer(emulator: Emulator, face: str) -> None:
    emulator.script(Fault(status=401))
    asked = own(emulator, face)
    told = listening(asked)
    with pytest.raises(Unauthorized) as caught:
        settled(asked.create(messages=PROMPT))
    assert told[1:] == [(name, caught.value, ONE_TRY) for name in ("completion:error", "completion:last_attempt")]


@both
@pytest.mark.parametrize("stream", [False, True])
def test_hooks_hear_what_the_sdk_gives(emulator: Emulator, face: str, stream: bool) -> None:
    """Of a stream too, when it is there: what the SDK gives is the caller's to read."""
    asked, _ = client("an SDK", emulator, face)
    told = listening(asked)
    answer = settled(asked.create(messages=PROMPT, stream=stream))
    assert [(name, given) for name, given, _ in told] == [("completion:kwargs", None), ("completion:response", answer)]


@both
@pytest.mark.parametrize("stream", [False, True])
def test_hooks_hear_what_the_sdk_raises(emulator: Emulator, face: str, stream: bool) -> None:
    asked, sdk = client("an SDK", emulator, face)
    told, sdk.fails = listening(asked), LookupError("of the SDK's own")
    with pytest.raises(LookupError) as caught:
        settled(asked.create(messages=PROMPT, stream=stream))
    assert caught.value is sdk.fails
    assert told[1:] == [(name, sdk.fails, ONE_TRY) for name in ("completion:error", "completion:last_attempt")]


# ---------------------------------------------------------------------- options that only a value has

IN_VAIN: dict[str, dict[str, Any]] = {
    "`max_retries=`": {"max_retries": 2},
    "`strict=`": {"strict": False},
    "`mode=`": {"mode": Mode.JSON},
    "`cache=`": {"cache": AutoCache()},
    "`cache=`, `cache_ttl=`": {"cache": AutoCache(), "cache_ttl": 5},
    "`context=`": {"context": {"name": "Ann"}},
    "`validation_context=`": {"validation_context": {"name": "Ann"}},
}


@ends
@both
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("names", "options"), IN_VAIN.items(), ids=IN_VAIN)
def test_what_is_in_vain_is_told_and_the_call_goes_on(
    emulator: Emulator, face: str, behind: str, stream: bool, names: str, options: dict[str, Any]
) -> None:
    asked, sdk = client(behind, emulator, face)
    with pytest.warns(IgnoredOptionWarning) as caught:
        answer = asked.create(messages=PROMPT, stream=stream, **options)
    result(answer)
    assert str(caught[0].message).startswith(f"{names}: of no effect without `response_model=`")
    assert (len(caught), caught[0].filename) == (1, __file__)
    if behind == "an SDK":
        assert sdk.calls[0][1].keys() <= {"messages", "model", "stream"}
    else:
        assert emulator.requests[-1].wire.keys() <= {"messages", "model", "stream", "stream_options"}


@ends
@both
def test_what_is_as_good_as_unsaid_is_not_told_of(emulator: Emulator, face: str, behind: str) -> None:
    asked, _ = client(behind, emulator, face)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for options in ({"max_retries": 0}, {"max_retries": 3, "strict": True}, {"context": {}}, {"context": None}):
            result(asked.create(messages=PROMPT, **options))


@ends
@both
@pytest.mark.parametrize(
    ("options", "said"),
    [({"token_budget": 5}, "token_budget= is of use only with response_model="), ({"mode": "json"}, "must be a Mode")],
)
def test_what_is_refused_at_once(
    emulator: Emulator, face: str, behind: str, options: dict[str, Any], said: str
) -> None:
    asked, sdk = client(behind, emulator, face)
    with pytest.raises(ConfigurationError, match=said):
        asked.create(messages=PROMPT, **options)
    assert (emulator.requests, sdk.calls) == ([], [])


# ---------------------------------------------------------------------- what is done before the SDK is called

TEMPLATE = "{{ name }} is {{ age }}"


@both
@pytest.mark.parametrize("name", ["context", "validation_context"])
@pytest.mark.parametrize(
    "said",
    [
        {"messages": [{"role": "user", "content": TEMPLATE}]},
        {"messages": PROMPT, "system": TEMPLATE},
        {"input": TEMPLATE},
        {
            "input": [{"role": "user", "content": [{"type": "input_text", "text": TEMPLATE}]}],
            "instructions": "Be brief",
        },
    ],
    ids=["messages", "system", "input", "parts of the input"],
)
def test_templates_are_filled_in(emulator: Emulator, face: str, name: str, said: dict[str, Any]) -> None:
    asked, sdk = client("an SDK", emulator, face)
    settled(asked.create(**said, **{name: {"name": "Ann", "age": 42}}))
    assert "Ann is 42" in str(sdk.calls[0][1])
    assert "{{" not in str(sdk.calls[0][1])
    assert TEMPLATE in str(said)


PICTURE = "https://example.com/cat.png"
AS_THE_SDK_HAS_IT = {"type": "image_url", "image_url": {"url": PICTURE}}
OF_AN_SDK = object()
CAT = {"type": "text", "text": "A cat?"}


@both
@pytest.mark.parametrize(
    ("content", "options", "sent"),
    [
        (PICTURE, {"autodetect_images": True}, [AS_THE_SDK_HAS_IT]),
        ([PICTURE], {"autodetect_images": True}, [AS_THE_SDK_HAS_IT]),
        ([Image.from_url(PICTURE)], {}, [AS_THE_SDK_HAS_IT]),
        (Image.from_url(PICTURE), {}, [AS_THE_SDK_HAS_IT]),
        (["A cat?", Image.from_url(PICTURE)], {}, [CAT, AS_THE_SDK_HAS_IT]),
        (["A cat?", PICTURE], {"autodetect_images": True}, [CAT, AS_THE_SDK_HAS_IT]),
        (["A cat?", CAT], {}, [CAT, CAT]),
        (("A cat?",), {}, [CAT]),
        (["A cat?", OF_AN_SDK], {}, [CAT, OF_AN_SDK]),
        ("A cat?", {"autodetect_images": True}, "A cat?"),
    ],
    ids=[
        "an address", "addresses", "parts", "a part", "a text and a part", "a text and an address", "a text and a dict",
        "a text", "a text and an SDK's object", "no address",
    ],
)  # fmt: skip
def test_contents_are_as_the_sdk_has_them(
    emulator: Emulator, face: str, content: Any, options: dict[str, Any], sent: Any
) -> None:
    asked, sdk = client("an SDK", emulator, face)
    called = {"role": "assistant", "tool_calls": [{"id": "c"}]}
    settled(asked.create(messages=[called, {"role": "user", "content": content}], **options))
    assert sdk.calls[0][1]["messages"] == [called, {"role": "user", "content": sent}]


@both
def test_what_an_sdk_answered_may_be_said_again(emulator: Emulator, face: str) -> None:
    """`messages.append(completion.choices[0].message)`, which is no dict, nor a template."""
    asked, sdk = client("an SDK", emulator, face)
    answered = object()
    settled(asked.create(messages=[answered, {"role": "user", "content": "I am {{ name }}"}], context={"name": "Ann"}))
    assert sdk.calls[0][1]["messages"] == [answered, {"role": "user", "content": "I am Ann"}]
