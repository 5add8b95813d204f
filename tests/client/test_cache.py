"""Answers that are kept: where, under which key, and what a kept answer says of itself."""

from __future__ import annotations

import json
import logging
import multiprocessing
import sqlite3
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationInfo, field_validator

from dragoman import ConfigurationError, Image, LLMResponse, Mode, RetryConfig, ToolCall, Usage, from_provider
from dragoman.client.cache.answers import FROM_CACHE
from dragoman.client.cache.base import AutoCache, BaseCache
from dragoman.client.cache.disk import DiskCache
from dragoman.client.hooks import HookName, Hooks
from dragoman.testing import Emulator

from ..drive import MODES, settled

both = pytest.mark.parametrize("face", MODES)
PROMPT = "John is 42 years old"
PIXEL = Image.from_bytes(b"\x89PNG\r\n\x1a\n", "image/png")


class User(BaseModel):
    name: str
    age: int


class Person(BaseModel):
    """The same fields under another name."""

    name: str
    age: int


@pytest.fixture(params=["memory", "disk"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BaseCache]:
    if request.param == "memory":
        yield AutoCache()
        return
    with DiskCache(tmp_path / "answers") as kept:
        yield kept


def client(emulator: Emulator, face: str, cache: Any, model: str = "openai/gpt-4o-mini", **options: Any) -> Any:
    settings = {"api_key": "key-of-the-test", "base_url": emulator.url, "cache": cache, **options}
    return from_provider(model, async_client=face == "async", **settings)


# ---------------------------------------------------------------------- a second time


@both
@pytest.mark.parametrize("model", ["openai/gpt-4o-mini", "anthropic/claude-haiku-4-5", "google/gemini-2.5-flash"])
def test_the_same_question_is_asked_once(emulator: Emulator, face: str, cache: BaseCache, model: str) -> None:
    """X15."""
    for _ in range(3):
        value = settled(client(emulator, face, cache, model).create(User, PROMPT))
        assert value == User(name="John", age=42)
        assert type(value) is User
    assert len(emulator.requests) == 1


@both
@pytest.mark.parametrize("mode", [Mode.TOOLS, Mode.JSON_SCHEMA, Mode.JSON, Mode.MD_JSON], ids=str)
@pytest.mark.parametrize("kind", [User, list[User], int, str | None])
def test_values_of_any_kind_in_any_mode(emulator: Emulator, face: str, mode: Mode, kind: Any) -> None:
    asked = client(emulator, face, AutoCache(), mode=mode)
    first, second = (settled(asked.create(kind, PROMPT)) for _ in range(2))
    assert (first, type(first)) == (second, type(second))
    assert len(emulator.requests) == 1


@both
def test_a_kept_answer_says_that_it_is_one(emulator: Emulator, face: str, cache: BaseCache) -> None:
    asked = client(emulator, face, cache)
    _, first = settled(asked.create_with_completion(PROMPT, User))
    _, second = settled(asked.create_with_completion(PROMPT, User))
    assert second.model_dump() == first.model_dump()
    assert first.response.cost > 0
    kept = second.response
    assert (kept.attempts, kept.cost, kept.cost_note, kept.latency_seconds) == ((), Decimal(0), FROM_CACHE, None)
    assert kept.usage == Usage(input_tokens=0, output_tokens=0, total_tokens=0)
    assert (kept.model, kept.id, kept.parts) == (first.response.model, first.response.id, first.response.parts)
    assert emulator.bill.cost == first.response.cost


@both
def test_hooks_hear_the_answer_and_no_question(emulator: Emulator, face: str) -> None:
    told: list[str] = []
    asked = client(emulator, face, AutoCache())
    for name in HookName:
        asked.on(name, lambda *_, name=name, **__: told.append(name.value))
    settled(asked.create(User, PROMPT))
    assert told == ["completion:kwargs", "completion:response", "completion:usage"]
    settled(asked.create(User, PROMPT))
    assert told[3:] == ["completion:response", "completion:usage"]


@both
def test_what_is_kept_is_the_answer_that_fitted(emulator: Emulator, face: str) -> None:
    wrong = ToolCall(id="call_1", name="User", arguments={"name": "John", "age": "old"})
    emulator.script(LLMResponse(parts=(wrong,), finish_reason="tool_calls"))
    asked = client(emulator, face, AutoCache())
    assert settled(asked.create(User, PROMPT)).age == 42
    assert settled(asked.create(User, PROMPT)).age == 42
    assert len(emulator.requests) == 2


@both
def test_without_a_response_model_nothing_is_kept(emulator: Emulator, face: str) -> None:
    asked = client(emulator, face, AutoCache())
    for _ in range(2):
        answer = asked.create(messages=PROMPT)
        if face == "async":
            settled(answer)
    assert len(emulator.requests) == 2


# ---------------------------------------------------------------------- which questions are the same

FIRST: dict[str, Any] = {"response_model": User, "messages": [{"role": "user", "content": PROMPT}]}

OTHERS: dict[str, dict[str, Any]] = {
    "model": {"model": "gpt-4o"},
    "words": {"messages": [{"role": "user", "content": f"{PROMPT}."}]},
    "role": {"messages": [{"role": "assistant", "content": PROMPT}, {"role": "user", "content": PROMPT}]},
    "picture": {"images": [PIXEL]},
    "system": {"system": "Be brief."},
    "class": {"response_model": Person},
    "list": {"response_model": list[User]},
    "mode": {"mode": Mode.JSON_SCHEMA},
    "temperature": {"temperature": 0.3},
    "max_tokens": {"max_tokens": 99},
    "seed": {"seed": 7},
    "extra_body": {"extra_body": {"store": True}},
    "field of the body": {"store": True},
    "tools": {"tools": [{"name": "look_up", "parameters": {"type": "object", "properties": {}}}]},
    "context": {"context": {"today": "Monday"}},
    "strict": {"strict": False},
    "header": {"headers": {"openai-beta": "x=1"}},
}

SAME: dict[str, dict[str, Any]] = {
    "as text": {"messages": PROMPT},
    "as parts": {"messages": [{"content": [{"type": "text", "text": PROMPT}], "role": "user"}]},
    "as input": {"messages": None, "input": PROMPT},
    "max_retries": {"max_retries": 0},
    "timeout": {"timeout": 55},
    "tries": {"retry_config": RetryConfig(max_attempts=1)},
    "budget": {"token_budget": 100_000},
    "key in a header": {"headers": {"Authorization": "Bearer another"}},
    "hooks": {"hooks": Hooks()},
    "ttl": {"cache_ttl": 60},
    "the usual": {"strict": True, "context": None, "temperature": None},
}


@both
@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_another_question_is_asked(emulator: Emulator, face: str, other: dict[str, Any]) -> None:
    asked = client(emulator, face, AutoCache())
    for _ in range(2):
        settled(asked.create(**FIRST))
        settled(asked.create(**{**FIRST, **other}))
    assert len(emulator.requests) == 2


@both
@pytest.mark.parametrize("other", SAME.values(), ids=SAME)
def test_the_same_question_said_otherwise(emulator: Emulator, face: str, other: dict[str, Any]) -> None:
    asked = client(emulator, face, AutoCache())
    settled(asked.create(**FIRST))
    settled(asked.create(**{**FIRST, **other}))
    assert len(emulator.requests) == 1


@both
@pytest.mark.parametrize(
    ("settings", "requests"),
    [
        ({}, 1),
        ({"api_key": "another-key"}, 1),
        ({"model": "groq/gpt-4o-mini"}, 2),
        ({"dialect": "openai_responses"}, 2),
        ({"temperature": 0.5}, 2),
    ],
)
def test_clients_that_share_a_cache(
    emulator: Emulator, face: str, cache: BaseCache, settings: dict[str, Any], requests: int
) -> None:
    settled(client(emulator, face, cache).create(**FIRST))
    settled(client(emulator, face, cache, **settings).create(**FIRST))
    assert len(emulator.requests) == requests


@both
def test_another_address_is_another_model(emulator: Emulator, face: str) -> None:
    cache = AutoCache()
    settled(client(emulator, face, cache).create(**FIRST))
    with Emulator() as elsewhere:
        settled(client(elsewhere, face, cache).create(**FIRST))
        assert len(elsewhere.requests) == 1


@both
def test_what_cannot_be_compared_is_not_kept(emulator: Emulator, face: str, caplog: pytest.LogCaptureFixture) -> None:
    cache = AutoCache()
    for _ in range(2):
        settled(client(emulator, face, cache).create(**FIRST, context={"now": object()}))
    assert (len(emulator.requests), len(cache)) == (2, 0)
    assert "context=" in caplog.text


@both
def test_one_call_may_have_a_cache_of_its_own(emulator: Emulator, face: str) -> None:
    mine, asked = AutoCache(), client(emulator, face, None)
    for cache in (mine, mine, None):
        settled(asked.create(**FIRST, cache=cache))
    assert (len(emulator.requests), len(mine)) == (2, 1)


@both
def test_one_time_for_all_answers_of_a_client(emulator: Emulator, face: str) -> None:
    kept = Noted()
    asked = client(emulator, face, kept, cache_ttl=60)
    settled(asked.create(**FIRST))
    settled(asked.create(**FIRST, cache_ttl=5, temperature=0.1))
    assert kept.ttls == [60, 5]


@both
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cache": {}}, "cache= is an AutoCache, a DiskCache or a BaseCache of yours, not dict"),
        ({"cache_ttl": 5}, "cache_ttl= says how long to keep an answer, and there is no cache="),
        ({"cache": AutoCache(), "cache_ttl": 0}, "cache_ttl= must be a whole number of seconds"),
        ({"cache": AutoCache(), "cache_ttl": "1h"}, "cache_ttl= must be a whole number of seconds"),
    ],
)
def test_what_is_refused(emulator: Emulator, face: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        settled(client(emulator, face, None).create(**FIRST, **options))
    assert emulator.requests == []


def test_no_key_and_no_prompt_in_the_names_of_what_is_kept(emulator: Emulator) -> None:
    kept = Noted()
    client(emulator, "sync", kept).create(**FIRST, headers={"authorization": "key-of-the-call"})
    ((key, value),) = kept.entries.items()
    assert len(key) == 64
    assert set(key) <= set("0123456789abcdef")
    assert "key-of-the" not in value
    assert PROMPT not in value


# ---------------------------------------------------------------------- what is wrong with what is kept


class Noted(BaseCache):
    """A store of the caller's own."""

    def __init__(self) -> None:
        self.entries: dict[str, Any] = {}
        self.ttls: list[int | None] = []
        self.threads: list[threading.Thread] = []

    def get(self, key: str) -> Any:
        self.threads.append(threading.current_thread())
        return self.entries.get(key)

    def set(self, key: str, value: Any, ttl: int | None = None) -> None:
        self.ttls.append(ttl)
        self.entries[key] = value


def _cut(value: str) -> str:
    return value[: len(value) // 2]


def _with_age(value: str) -> str:
    return value.replace("42", '"old"')


@both
@pytest.mark.parametrize(
    "spoilt",
    [_cut, _with_age, lambda _: "null", lambda _: b"\xff\xfe", lambda _: 7, lambda _: '{"parts": []}'],
    ids=["cut off", "another type", "null", "no text", "a number", "empty"],
)
def test_what_is_spoilt_is_asked_for_again(
    emulator: Emulator, face: str, spoilt: Callable[[str], Any], caplog: pytest.LogCaptureFixture
) -> None:
    kept = Noted()
    settled(client(emulator, face, kept).create(**FIRST))
    kept.entries = {key: spoilt(value) for key, value in kept.entries.items()}
    assert settled(client(emulator, face, kept).create(**FIRST)) == User(name="John", age=42)
    assert "a kept answer is passed over" in caplog.text
    assert settled(client(emulator, face, kept).create(**FIRST)) == User(name="John", age=42)
    assert len(emulator.requests) == 2


@both
def test_what_is_kept_is_validated_anew(emulator: Emulator, face: str) -> None:
    """By the caller's own validators, which may know more by now."""
    oldest = 100

    class Checked(BaseModel):
        name: str
        age: int

        @field_validator("age")
        @classmethod
        def not_too_old(cls, age: int, info: ValidationInfo) -> int:
            assert age <= oldest
            return age

    asked = client(emulator, face, AutoCache())
    settled(asked.create(Checked, PROMPT))
    settled(asked.create(Checked, PROMPT))
    assert len(emulator.requests) == 1
    oldest = 10
    answer = ToolCall(id="call_1", name="Checked", arguments={"name": "John", "age": 4})
    emulator.script(LLMResponse(parts=(answer,), finish_reason="tool_calls"))
    assert settled(asked.create(Checked, PROMPT)).age == 4
    assert len(emulator.requests) == 2


class Broken(BaseCache):
    def get(self, key: str) -> Any:
        raise ConnectionError("the store is away")

    def set(self, key: str, value: Any, ttl: int | None = None) -> None:
        raise ConnectionError("the store is away")


@both
def test_a_store_that_is_away_is_no_reason_not_to_ask(
    emulator: Emulator, face: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert settled(client(emulator, face, Broken()).create(**FIRST)).age == 42
    assert [record.levelno for record in caplog.records if "is away" in record.message] == [logging.WARNING] * 2


# ---------------------------------------------------------------------- stores of the caller's own


@both
def test_a_store_of_the_callers_own(emulator: Emulator, face: str) -> None:
    kept = Noted()
    settled(client(emulator, face, kept).create(**FIRST, cache_ttl=30))
    ((key, value),) = kept.entries.items()
    kept.entries[key] = value.encode()  # as some stores give it back
    settled(client(emulator, face, kept).create(**FIRST))
    assert (len(emulator.requests), kept.ttls, json.loads(value)["model"]) == (1, [30], "gpt-4o-mini")


def test_it_is_kept_off_the_event_loop(emulator: Emulator) -> None:
    kept = Noted()
    settled(client(emulator, "async", kept).create(**FIRST))
    assert threading.main_thread() not in kept.threads
    client(emulator, "sync", kept).create(**FIRST)
    assert kept.threads[-1] is threading.main_thread()


# ---------------------------------------------------------------------- in memory


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_what_was_wanted_longest_ago_goes_first() -> None:
    cache = AutoCache(maxsize=2)
    cache.set("a", "1")
    cache.set("b", "2")
    assert cache.get("a") == "1"
    cache.set("c", "3")
    assert [cache.get(key) for key in "abc"] == ["1", None, "3"]
    cache.set("a", "4")
    assert (cache.get("a"), len(cache), repr(cache)) == ("4", 2, "<AutoCache 2 of 2>")
    cache.clear()
    assert (cache.get("a"), len(cache)) == (None, 0)


@pytest.fixture(params=["memory", "disk"])
def timed(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[BaseCache]:
    if request.param == "memory":
        yield AutoCache(clock=clock)
        return
    with DiskCache(tmp_path, clock=clock) as kept:
        yield kept


def test_what_is_kept_for_a_time(timed: BaseCache, clock: Clock) -> None:
    timed.set("a", "1", ttl=10)
    timed.set("b", "2")
    clock.now += 9
    assert (timed.get("a"), timed.get("b")) == ("1", "2")
    timed.set("b", "3", ttl=10)
    clock.now += 1
    assert (timed.get("a"), timed.get("b")) == (None, "3")
    timed.set("a", "4")
    clock.now += 1000
    assert (timed.get("a"), timed.get("b")) == ("4", None)


def test_from_many_threads(cache: BaseCache) -> None:
    wrong: list[Any] = []

    def work(number: int) -> None:
        for turn in range(40):
            key = f"{(number + turn) % 7}"
            cache.set(key, key * 3)
            if cache.get(key) != key * 3:
                wrong.append(key)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("make", [lambda: AutoCache(maxsize=0), lambda: DiskCache("never-made", size_limit=0)])
def test_a_cache_of_nothing_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match="must be > 0"):
        make()


# ---------------------------------------------------------------------- on disk


def test_nothing_is_made_before_it_is_needed(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path / "a" / "b")
    assert not (tmp_path / "a").exists()
    assert cache.get("x") is None
    assert (tmp_path / "a" / "b").stat().st_mode & 0o077 == 0
    cache.close()
    cache.close()
    cache.set("x", "1")
    assert cache.get("x") == "1"
    cache.close()
    assert repr(cache) == f"<DiskCache at {tmp_path / 'a' / 'b'}>"


def test_it_outlives_the_program(tmp_path: Path, emulator: Emulator) -> None:
    for _ in range(2):
        with DiskCache(tmp_path) as cache:
            client(emulator, "sync", cache).create(**FIRST)
    assert len(emulator.requests) == 1


def test_the_oldest_go_when_it_is_full(tmp_path: Path, clock: Clock) -> None:
    with DiskCache(tmp_path, size_limit=1000, clock=clock) as cache:
        for number in range(40):
            clock.now += 1
            cache.set(str(number), "x" * 50)
        kept = [number for number in range(40) if cache.get(str(number))]
    assert kept == list(range(kept[0], 40))
    assert 0 < len(kept) <= 20


def test_a_file_that_is_no_cache_is_told_of_and_may_be_replaced(
    tmp_path: Path, emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "answers.sqlite3"
    file.write_bytes(b"no database at all" * 100)
    with DiskCache(tmp_path) as cache:
        assert client(emulator, "sync", cache).create(**FIRST).age == 42
        assert "DatabaseError" in caplog.text
        with pytest.raises(sqlite3.DatabaseError):
            cache.get("x")
        file.unlink()
        cache.set("x", "1")
        assert cache.get("x") == "1"


def _in_another_process(directory: str) -> None:
    with DiskCache(directory) as cache:
        for number in range(20):
            cache.set(f"theirs {number}", str(number))


def test_several_processes_share_one(tmp_path: Path) -> None:
    spawning = multiprocessing.get_context("spawn")
    other = spawning.Process(target=_in_another_process, args=(str(tmp_path),))
    with DiskCache(tmp_path) as cache:
        other.start()
        for number in range(20):
            cache.set(f"ours {number}", str(number))
        other.join()
        assert other.exitcode == 0
        assert all(
            cache.get(f"{whose} {number}") == str(number) for whose in ("ours", "theirs") for number in range(20)
        )
        cache.clear()
        assert cache.get("ours 1") is None
