"""Record and replay: a tape answers as the provider did, and holds no secret."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import dragoman
from dragoman.testing import Emulator, Fault, Tape
from dragoman.testing.tape.scrubbing import clean_headers, clean_target, secrets_in

ONCE = dragoman.RetryConfig(max_attempts=1)
KEY = "sk-live-marked-secret-000"


@pytest.fixture
def provider() -> Iterator[Emulator]:
    """What stands for the real provider: it is asked only while a tape records."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tapes" / "talk.json"


def playing(path: Path, mode: str = "replay", provider: Emulator | None = None) -> Emulator:
    upstreams = {"openai": f"{provider.url}/v1", "anthropic": provider.url} if provider else {}
    return Emulator(tape=Tape(path, mode, upstreams=upstreams))


def llm(emulator: Emulator, model: str = "openai/gpt-4o-mini", **options):
    """A client that is told by nothing but the variables where its provider is."""
    base_url = emulator.environment()[f"{model.partition('/')[0].upper()}_BASE_URL"]
    return dragoman.create_llm(model, base_url=base_url, api_key=KEY, **options)


def record(path: Path, provider: Emulator) -> list[str]:
    with (
        playing(path, "record", provider) as emulator,
        llm(emulator) as openai,
        llm(emulator, "anthropic/claude-haiku-4-5") as claude,
    ):
        return [
            openai.generate("Say exactly: one").content,
            openai.generate("Count to 30", stream=True).drain().content,
            claude.generate("Say exactly: two").content,
        ]


def test_what_was_recorded_is_played_without_the_provider(provider: Emulator, path: Path) -> None:
    said = record(path, provider)
    provider.stop()
    with playing(path) as emulator, llm(emulator) as openai, llm(emulator, "anthropic/claude-haiku-4-5") as claude:
        assert claude.generate("Say exactly: two").content == said[2]
        assert openai.generate("Say exactly: one").content == said[0]
        events = list(openai.generate("Count to 30", stream=True))
        assert "".join(event.content for event in events) == said[1]
        assert len(events) > 10  # as it came, piece by piece
        assert openai.generate("Say exactly: one").content == "one"  # again: the last of its kind


def test_tasks_play_it_too(provider: Emulator, path: Path) -> None:
    record(path, provider)

    async def ask(emulator: Emulator) -> str:
        async with llm(emulator, async_client=True) as client:
            return (await client.generate("Count to 30", stream=True).drain()).content

    with playing(path) as emulator:
        assert asyncio.run(ask(emulator)).endswith("29 30")


def test_the_file_holds_no_secret(provider: Emulator, path: Path) -> None:
    record(path, provider)
    with playing(path, "auto", provider) as emulator:
        provider.fault(status=401, message=f"Incorrect API key provided: {KEY}")
        with pytest.raises(dragoman.Unauthorized), llm(emulator, query=f"key={KEY}") as openai:
            openai.generate("Who am I?")
    text = path.read_text()
    assert KEY not in text
    assert "Incorrect API key provided: [secret]" in text
    assert not {"authorization", "x-api-key", "set-cookie"} & set(text.lower().split('"'))


@pytest.mark.parametrize(
    ("name", "is_kept"),
    [
        ("x-auth-token", False),
        ("set-cookie", False),
        ("anthropic-organization-id", False),
        ("openai-project", False),
        ("x-ratelimit-remaining-tokens", True),
        ("anthropic-ratelimit-tokens-limit", True),
        ("retry-after", True),
        ("x-request-id", True),
    ],
)
def test_headers_of_a_reply(name: str, is_kept: bool) -> None:
    assert (name in clean_headers({name: "value-of-the-header"}, ())) is is_kept


def test_fields_of_a_query() -> None:
    target = "/v1/x?access_token=abcdefgh1&X-Amz-Security-Token=abcdefgh2&key=abcdefgh3&alt=sse"
    assert clean_target(target) == "/v1/x?alt=sse"
    hidden = {secret.reveal() for secret in secrets_in(target, {"authorization": "Bearer abcdefgh4"})}
    assert hidden == {"abcdefgh1", "abcdefgh2", "abcdefgh3", "abcdefgh4"}


def test_failures_are_played_in_their_order(provider: Emulator, path: Path) -> None:
    with playing(path, "record", provider) as emulator, llm(emulator) as openai:
        provider.script(Fault(status=429, retry_after=0), "at last")
        openai.generate("Hi")
    provider.stop()
    with playing(path) as emulator, llm(emulator) as openai:
        response = openai.generate("Hi")
    assert [attempt.outcome for attempt in response.attempts] == ["RateLimited", "ok"]
    assert response.content == "at last"


def test_auto_sends_only_what_is_missing(provider: Emulator, path: Path) -> None:
    record(path, provider)
    asked = len(provider.requests)
    with playing(path, "auto", provider) as emulator, llm(emulator) as openai:
        openai.generate("Say exactly: one")
        openai.generate("Say exactly: three")
    assert len(provider.requests) == asked + 1
    with playing(path) as emulator, llm(emulator) as openai:
        assert openai.generate("Say exactly: three").content == "three"


# ---------------------------------------------------------------------- base URLs


@pytest.fixture
def another() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def ask(path: Path, mode: str) -> str:
    """Ask through a tape that knows of base URLs only what the environment says."""
    with Emulator(tape=Tape(path, mode)) as emulator, llm(emulator) as openai:
        return openai.generate("Who are you?").content


@pytest.mark.parametrize("variable", ["OPENAI_BASE_URL", "DRAGOMAN_OPENAI_BASE_URL"])
def test_what_is_missing_is_sent_to_the_base_url_of_the_environment(
    variable: str, provider: Emulator, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, f"{provider.url}/v1/")
    provider.script("the one in the environment")
    assert ask(path, "auto") == "the one in the environment"
    assert json.loads(path.read_text())["exchanges"][0]["request"]["base_url"] == f"{provider.url}/v1"


def test_the_environment_that_counts_is_the_one_before_its_variables_name_the_tape(
    provider: Emulator, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", provider.url)
    with Emulator(tape=Tape(path, "auto")) as emulator:
        monkeypatch.setenv("OPENAI_BASE_URL", emulator.environment()["OPENAI_BASE_URL"])
        with dragoman.create_llm("openai/gpt-4o-mini", api_key=KEY) as openai:
            assert openai.generate("Say exactly: here").content == "here"
    assert len(provider.requests) == 1


def test_what_one_base_url_said_is_not_played_for_another(
    provider: Emulator, another: Emulator, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.script("the first")
    another.script("the second")
    monkeypatch.setenv("OPENAI_BASE_URL", provider.url)
    assert ask(path, "auto") == "the first"
    monkeypatch.setenv("OPENAI_BASE_URL", another.url)
    with pytest.raises(dragoman.ProviderError, match=f"it was recorded at {provider.url}"):
        ask(path, "replay")
    assert ask(path, "auto") == "the second"
    assert (ask(path, "auto"), ask(path, "replay")) == ("the second", "the second")
    monkeypatch.setenv("OPENAI_BASE_URL", provider.url)
    assert ask(path, "replay") == "the first"


def test_where_no_base_url_is_named_any_recording_is_played(
    provider: Emulator, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where tests run that never send: the proxy of whoever recorded is not known there."""
    monkeypatch.setenv("OPENAI_BASE_URL", provider.url)
    said = ask(path, "auto")
    monkeypatch.delenv("OPENAI_BASE_URL")
    assert ask(path, "replay") == said


def test_a_bare_host_of_ollama(provider: Emulator, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_HOST", f"{provider.host}:{provider.port}")
    with Emulator(tape=Tape(path, "auto")) as emulator:
        base_url = emulator.environment()["OLLAMA_HOST"]
        with dragoman.create_llm("ollama/llama3.2", base_url=base_url) as ollama:
            assert ollama.generate("Say exactly: here").content == "here"
    assert json.loads(path.read_text())["exchanges"][0]["request"]["base_url"] == provider.url


def test_what_is_not_on_the_tape_says_how_it_differs(provider: Emulator, path: Path) -> None:
    record(path, provider)
    with playing(path) as emulator, llm(emulator) as openai, pytest.raises(dragoman.ProviderError) as caught:
        openai.generate("Say exactly: one", temperature=0.5)
    assert '+ "temperature": 0.5' in caught.value.message
    assert caught.value.code == "not_on_tape"
    assert not caught.value.retryable


def test_it_is_made_of_json_that_people_can_read(provider: Emulator, path: Path) -> None:
    record(path, provider)
    first = json.loads(path.read_text())["exchanges"][0]
    assert first["request"]["target"] == "/chat/completions"
    assert first["request"]["body"]["messages"] == [{"role": "user", "content": "Say exactly: one"}]
    assert first["response"]["body"]["choices"][0]["message"]["content"] == "one"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "is not a tape"),
        ('{"version": 1}', "is not a tape"),
        ('{"version": 9, "recorded_at": "", "exchanges": []}', "version 9"),
    ],
)
def test_a_file_that_is_no_tape_is_refused(path: Path, text: str, complaint: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(dragoman.ConfigurationError, match=complaint):
        Tape(path)


def test_a_missing_tape_says_how_to_record_one(path: Path) -> None:
    with pytest.raises(dragoman.ConfigurationError, match="mode='auto'"):
        Tape(path)


def test_a_provider_that_cannot_be_reached_is_an_error_and_not_recorded(path: Path, provider: Emulator) -> None:
    provider.stop()
    with playing(path, "record", provider) as emulator, llm(emulator) as openai, pytest.raises(dragoman.ProviderError):
        openai.generate("Hi")
    assert not path.exists()


# ---------------------------------------------------------------------- several at once


@pytest.mark.parametrize("mode", ["record", "auto"])
def test_equal_calls_are_recorded_in_the_order_they_were_made(provider: Emulator, path: Path, mode: str) -> None:
    """Whichever is answered first: the one that was asked first is played first."""
    second_is_answered = threading.Event()

    def first(_: dragoman.Request) -> str:
        assert second_is_answered.wait(30)
        return "first"

    provider.script(first, "second")
    with playing(path, mode, provider) as emulator, llm(emulator) as openai, ThreadPoolExecutor(1) as other:
        asked_first = other.submit(openai.generate, "Hi")
        provider.wait_for_requests(1)
        assert openai.generate("Hi").content == "second"
        second_is_answered.set()
        assert asked_first.result().content == "first"
    with playing(path) as emulator, llm(emulator) as openai:
        assert [openai.generate("Hi").content for _ in range(2)] == ["first", "second"]


def test_what_fails_on_its_way_leaves_no_gap(provider: Emulator, path: Path) -> None:
    """The call that was never answered takes nothing from those after it."""
    with playing(path, "record", provider) as emulator, llm(emulator, retry_config=ONCE) as openai:
        provider.fault(cut_at_byte=0)
        with pytest.raises(dragoman.ProviderError):
            openai.generate("Hi")
        provider.script("there")
        assert openai.generate("Hi").content == "there"
    with playing(path) as emulator, llm(emulator) as openai:
        assert openai.generate("Hi").content == "there"


def test_many_threads_record_onto_one_tape_and_play_it(provider: Emulator, path: Path) -> None:
    prompts = [f"Say exactly: {number % 4}" for number in range(32)]
    said = [str(number % 4) for number in range(32)]
    for mode in ("record", "replay"):
        with (
            playing(path, mode, provider) as emulator,
            llm(emulator) as openai,
            ThreadPoolExecutor(8) as threads,
        ):
            assert [answer.content for answer in threads.map(openai.generate, prompts)] == said
        assert len(json.loads(path.read_text())["exchanges"]) == 32
    assert len(provider.requests) == 32


@pytest.mark.parametrize("mode", ["record", "auto"])
def test_two_tapes_that_record_into_one_file_are_told(provider: Emulator, path: Path, mode: str) -> None:
    """Each has its own exchanges in mind: the later one would write over those of the earlier."""
    with playing(path, mode, provider) as one, playing(path, mode, provider) as other:
        with llm(one) as openai:
            openai.generate("Say exactly: one")
        with llm(other) as openai, pytest.raises(dragoman.ProviderError, match="a file of its own"):
            openai.generate("Say exactly: two")
    with playing(path) as emulator, llm(emulator) as openai:
        assert openai.generate("Say exactly: one").content == "one"
