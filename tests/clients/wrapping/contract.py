"""What holds for every SDK's client that is wrapped: written once, run in each SDK's environment.

A module beside this one says what its SDK's clients are; `tests/clients/test_wrapping.py` runs it there.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, cast

import pytest
from pydantic import BaseModel, ConfigDict

import dragoman
from dragoman import AsyncInstructor, Instructor
from dragoman.testing import Emulator


class Contact(BaseModel):
    name: str
    age: int


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    age: int


SAID = [{"role": "user", "content": "John Smith is 42 years old"}]
JOHN = Contact(name="John Smith", age=42)


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    with Emulator(seed=7) as emulator:
        yield emulator


@pytest.fixture
def emulator(running: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    running.reset()
    for name, value in running.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)  # botocore sends one over TLS only
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "an-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    return running


class Wrapped:
    """The tests. A subclass says what is wrapped."""

    model = ""
    provider = ""
    dialect = ""
    tries = 3
    """How often the SDK tries in all, as `client` makes it."""
    async_tries: int | None = None
    """The same for its async client, where that differs."""
    takes_headers = True
    refuses_fields = False
    """Whether fields that the SDK does not know cannot be sent."""
    unread: type[dragoman.Error] = dragoman.DecodeError
    """What is raised for an answer that the SDK cannot read; where that does not show, for broken streams too."""
    overlooks: ClassVar[frozenset[str]] = frozenset()
    """What of `BROKEN` the SDK passes over, so that we cannot see it."""
    adds: ClassVar[dict[str, Any]] = {}
    """Fields that the SDK adds to our body."""

    def client(self, url: str, **options: Any) -> Any:
        """The SDK's client, which retries at once."""
        raise NotImplementedError

    def async_client(self, url: str, **options: Any) -> Any:
        raise NotImplementedError

    def wrap(self, client: Any, **options: Any) -> Instructor:
        raise NotImplementedError

    def async_wrap(self, client: Any, **options: Any) -> AsyncInstructor:
        return cast("AsyncInstructor", self.wrap(client, **options))  # most wrap both in one function

    async def end(self, client: Any) -> None:
        """Close an async client."""
        await client.close()

    # ---------------------------------------------------------------------- values

    def test_a_value(self, emulator: Emulator) -> None:
        client = self.wrap(self.client(emulator.url))
        assert client.create(response_model=Contact, messages=SAID, model=self.model) == JOHN
        assert (client.provider, type(client)) == (self.provider, Instructor)

    def test_a_value_awaited(self, emulator: Emulator) -> None:
        async def ask() -> Any:
            raw = self.async_client(emulator.url)
            client = self.async_wrap(raw)
            assert type(client) is AsyncInstructor
            value = await client.create(response_model=Contact, messages=SAID, model=self.model)
            await self.end(raw)
            return value

        assert asyncio.run(ask()) == JOHN

    def test_what_is_sent_is_what_our_own_transport_sends(self, emulator: Emulator) -> None:
        self.wrap(self.client(emulator.url)).create(
            response_model=Contact, messages=SAID, model=self.model, temperature=0.5, max_tokens=64
        )
        own = dragoman.create_llm(self.provider, self.model, base_url=emulator.url, dialect=self.dialect, api_key="k")
        own.extract(Contact, messages=SAID, temperature=0.5, max_tokens=64)
        theirs, ours = emulator.requests
        assert theirs.request == ours.request
        assert theirs.wire == {**self.adds, **ours.wire}

    def test_usage_and_cost_are_those_of_the_bill(self, emulator: Emulator) -> None:
        llm = self.wrap(self.client(emulator.url)).create_fn.llms[self.model]
        response = llm.extract(Contact, messages=SAID).response
        assert response.usage.input_tokens == emulator.bill.usage.input_tokens
        assert response.usage.output_tokens == emulator.bill.usage.output_tokens
        assert response.cost is None or response.cost == emulator.bill.cost

    def test_asked_again_until_it_fits(self, emulator: Emulator) -> None:
        emulator.script("I would rather not say.", "Nor now.")
        client = self.wrap(self.client(emulator.url))
        assert isinstance(client.create(response_model=Contact, messages=SAID, model=self.model), Contact)
        assert len(emulator.requests) == 3

    def test_the_usage_of_all_answers_is_in_the_completion(self, emulator: Emulator) -> None:
        """As the SDK writes it; what each answer used stays in its own object."""
        emulator.script("I would rather not say.", "Nor now.")
        client = self.wrap(self.client(emulator.url))
        told: list[Any] = []
        client.on("completion:response", told.append)
        _, answer = client.create_with_completion(response_model=Contact, messages=SAID, model=self.model)
        assert [type(each) for each in told] == [type(answer)] * 3
        assert {emulator.bill.usage.input_tokens, emulator.bill.usage.output_tokens} <= counts_in(answer)
        assert max(counts_in(answer)) == sum(max(counts_in(each)) for each in told)

    def test_the_usage_of_all_answers_awaited(self, emulator: Emulator) -> None:
        emulator.script("I would rather not say.", "Nor now.")

        async def ask() -> Any:
            raw = self.async_client(emulator.url)
            client = self.async_wrap(raw)
            answer = await client.create_with_completion(response_model=Contact, messages=SAID, model=self.model)
            await self.end(raw)
            return answer[1]

        answer = asyncio.run(ask())
        assert emulator.bill.usage.output_tokens in counts_in(answer)

    def test_a_failure_has_the_object_of_each_answer(self, emulator: Emulator) -> None:
        emulator.script("I would rather not say.", "Nor now.")
        client = self.wrap(self.client(emulator.url))
        with pytest.raises(dragoman.exceptions.InstructorRetryException) as caught:
            client.create(response_model=Contact, messages=SAID, model=self.model, max_retries=1)
        failed = [attempt.completion for attempt in caught.value.failed_attempts or ()]
        assert failed[-1] is caught.value.last_completion
        spent = [response.usage.output_tokens for response in caught.value.responses]
        assert spent[0] != spent[1]
        assert [count in counts_in(each) for each in failed for count in spent] == [True, False, False, True]
        assert not any(type(each).__module__.startswith("dragoman") for each in failed)

    # ---------------------------------------------------------------------- streams

    def test_a_stream(self, emulator: Emulator) -> None:
        llm = self.wrap(self.client(emulator.url)).create_fn.llms[self.model]
        with llm.generate("Count to 20", stream=True) as stream:
            pieces = [event.content for event in stream if event.content]
        assert len(pieces) > 1
        assert "".join(pieces) == " ".join(map(str, range(1, 21)))
        assert stream.response.usage.output_tokens

    def test_a_value_that_grows(self, emulator: Emulator) -> None:
        client = self.wrap(self.client(emulator.url))
        grown = list(client.create_partial(response_model=Contact, messages=SAID, model=self.model))
        assert grown[-1] == JOHN

    def test_values_one_by_one(self, emulator: Emulator) -> None:
        client = self.wrap(self.client(emulator.url))
        for each in client.create_iterable(response_model=Contact, messages=SAID, model=self.model):
            assert isinstance(each, Contact)

    def test_a_stream_awaited(self, emulator: Emulator) -> None:
        async def ask() -> str:
            raw = self.async_client(emulator.url)
            response = (
                await self.async_wrap(raw).create_fn.llms[self.model].generate("Count to 20", stream=True).drain()
            )
            await self.end(raw)
            return response.content

        assert asyncio.run(ask()) == " ".join(map(str, range(1, 21)))

    def test_a_stream_that_is_left_early(self, emulator: Emulator) -> None:
        llm = self.wrap(self.client(emulator.url)).create_fn.llms[self.model]
        with llm.generate("Count to 20", stream=True) as stream:
            assert any(event.content for event in stream)
        assert llm.generate("Say exactly: next").content == "next"

    # ---------------------------------------------------------------------- without a response_model

    answers_itself = True
    """Whether its own method takes `messages`, so that it is called as it is."""

    def test_without_a_response_model(self, emulator: Emulator) -> None:
        """The SDK's own object, also of a stream; of an SDK whose words are others, ours."""
        client = self.wrap(self.client(emulator.url), model=self.model)
        said = [{"role": "user", "content": "Say exactly: hello"}]
        answer = client.chat.completions.create(messages=said, max_tokens=64)
        assert type(answer).__module__.startswith("dragoman") is not self.answers_itself
        pieces = list(client.create(messages=said, max_tokens=64, stream=True))
        assert pieces
        assert any(type(piece).__module__.startswith("dragoman") for piece in pieces) is not self.answers_itself

    # ---------------------------------------------------------------------- failures

    def test_a_refusal_is_ours_and_knows_the_sdks(self, emulator: Emulator) -> None:
        emulator.fault(status=401, message="no", times=None)
        llm = self.wrap(self.client(emulator.url)).create_fn.llms[self.model]
        for stream in (False, True):
            with pytest.raises(dragoman.Unauthorized) as caught:
                _ask(llm, stream=stream)
            assert caught.value.http_status == 401
            assert not type(caught.value.__cause__).__module__.startswith("dragoman")
            assert caught.value.__cause__ is not None

    def test_a_refusal_awaited(self, emulator: Emulator) -> None:
        emulator.fault(status=401, message="no", times=None)

        async def ask() -> None:
            raw = self.async_client(emulator.url)
            llm = self.async_wrap(raw).create_fn.llms[self.model]
            with pytest.raises(dragoman.Unauthorized):
                await llm.generate("Hi")
            with pytest.raises(dragoman.Unauthorized):
                await llm.generate("Hi", stream=True).drain()
            await self.end(raw)

        asyncio.run(ask())

    def test_the_sdk_tries_again_itself(self, emulator: Emulator) -> None:
        emulator.fault(status=503, times=None, retry_after=0)
        llm = self.wrap(self.client(emulator.url)).create_fn.llms[self.model]
        with pytest.raises(dragoman.Overloaded) as caught:
            llm.generate("Hi")
        assert len(emulator.requests) == self.tries
        assert len(caught.value.attempts) == 1

    def test_nobody_there(self, emulator: Emulator) -> None:
        llm = self.wrap(self.client("http://127.0.0.1:9", tries=1)).create_fn.llms[self.model]
        with pytest.raises((dragoman.ConnectFailed, dragoman.ConnectionLost)):
            llm.generate("Hi")

    @pytest.mark.parametrize("body", ["<html>", ""])
    def test_an_answer_that_nobody_can_read(self, emulator: Emulator, body: str) -> None:
        """Whoever stumbles over it, the SDK or we."""
        emulator.fault(body=body, times=None)
        llm = self.wrap(self.client(emulator.url)).create_fn.llms[self.model]
        with pytest.raises(self.unread):
            llm.generate("Hi")

        async def ask() -> None:
            raw = self.async_client(emulator.url)
            with pytest.raises(self.unread):
                await self.async_wrap(raw).create_fn.llms[self.model].generate("Hi")
            await self.end(raw)

        asyncio.run(ask())

    BROKEN: ClassVar[dict[str, tuple[dict[str, Any], type[dragoman.Error]]]] = {
        "an error in it": ({"error_after": 2, "status": 529}, dragoman.ProviderFailed),
        "cut off": ({"cut_after": 2}, dragoman.StreamInterrupted),
        "a bad frame": ({"frame": "data: {oops\n\n", "frame_after": 1}, dragoman.DecodeError),
    }

    @pytest.mark.parametrize("how", BROKEN)
    def test_a_stream_that_breaks(self, emulator: Emulator, how: str) -> None:
        fault, kind = self.BROKEN[how]
        kind = dragoman.ProviderFailed if self.unread is dragoman.ProviderFailed else kind
        emulator.fault(**fault, times=None)
        llm = self.wrap(self.client(emulator.url)).create_fn.llms[self.model]
        if how in self.overlooks:
            assert llm.generate("Count to 20", stream=True).drain().content
            return
        with pytest.raises(kind):
            llm.generate("Count to 20", stream=True).drain()

        async def ask() -> None:
            raw = self.async_client(emulator.url)
            with pytest.raises(kind):
                await self.async_wrap(raw).create_fn.llms[self.model].generate("Count to 20", stream=True).drain()
            await self.end(raw)

        asyncio.run(ask())

    def test_a_field_that_nobody_knows(self, emulator: Emulator) -> None:
        """It is sent, or refused by an error of ours: that of an SDK would pass here."""
        client = self.wrap(self.client(emulator.url))
        asked = {"response_model": Contact, "messages": SAID, "model": self.model, "foo_bar": 1}
        if self.refuses_fields:
            with pytest.raises(dragoman.UnsupportedFeature, match="foo_bar"):
                client.create(**asked)
            return
        assert client.create(**asked) == JOHN
        assert emulator.requests[-1].wire["foo_bar"] == 1

    # ---------------------------------------------------------------------- the client stays the caller's

    def test_headers_of_a_call_go_along(self, emulator: Emulator) -> None:
        client = self.wrap(self.client(emulator.url))
        asked = {"response_model": Contact, "messages": SAID, "model": self.model, "headers": {"x-mine": "here"}}
        if not self.takes_headers:
            with pytest.raises(dragoman.UnsupportedFeature):
                client.create(**asked)
            return
        client.create(**asked)
        seen = {name.lower(): value for name, value in emulator.requests[-1].headers.items()}
        assert seen["x-mine"] == "here"
        assert "dragoman/" not in str(seen["user-agent"])

    def test_nothing_about_the_client_changes(self, emulator: Emulator) -> None:
        raw = self.client(emulator.url)
        before = dict(vars(raw))
        client = self.wrap(raw, model=self.model)
        client.create(response_model=Contact, messages=SAID)
        client.close()
        public = [name for name in before if not name.startswith("_")]  # what the SDK keeps for itself is its own
        assert {name: vars(raw)[name] for name in public} == {name: before[name] for name in public}
        assert client.client is raw
        assert (
            self.wrap(raw).create(response_model=Contact, messages=SAID, model=self.model) == JOHN
        )  # it is not closed

    def test_a_closed_face_asks_no_more(self, emulator: Emulator) -> None:
        client = self.wrap(self.client(emulator.url), model=self.model)
        client.close()
        with pytest.raises(dragoman.ConfigurationError, match="closed"):
            client.create(response_model=Contact, messages=SAID)

    def test_threads_share_one_client(self, emulator: Emulator) -> None:
        client = self.wrap(self.client(emulator.url), model=self.model)

        def ask(age: int) -> int:
            said = [{"role": "user", "content": f"John Smith is {age} years old"}]
            return client.create(response_model=Contact, messages=said).age

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(ask, range(20, 52))) == list(range(20, 52))

    def test_no_model(self, emulator: Emulator) -> None:
        with pytest.raises(dragoman.ConfigurationError, match="which model"):
            self.wrap(self.client(emulator.url)).create(response_model=Contact, messages=SAID)

    def test_another_sdks_client_is_refused(self) -> None:
        for wrong in (object(), None, "client", os, dict):
            if wrong is None and self.provider == "google":
                continue  # our own transport is meant
            with pytest.raises(TypeError, match="is taken, not"):
                self.wrap(wrong)


def counts_in(completion: Any) -> set[int]:
    """All numbers in what an SDK's object, or its dict, says of its usage."""
    given = completion if isinstance(completion, dict) else completion.model_dump()
    return set(_numbers(given.get("usage") or given.get("usage_metadata")))


def _numbers(given: Any) -> Iterator[int]:
    if isinstance(given, dict):
        given = list(given.values())
    if isinstance(given, list):
        for each in given:
            yield from _numbers(each)
    elif isinstance(given, int | float):
        yield int(given)


def _ask(llm: Any, *, stream: bool) -> Any:
    return llm.generate("Hi", stream=True).drain() if stream else llm.generate("Hi")
