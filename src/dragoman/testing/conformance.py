"""`ProviderConformance`: the tests that every provider passes, for the author of one to inherit.

    from dragoman.testing import ProviderConformance


    class TestLighthouse(ProviderConformance):
        provider = "lighthouse"

The provider is asked through the library, as its users would; the emulator plays it, in its own dialect. Each test that
asks runs blocking and awaited. What is tested is the provider's file: its dialect, address, key, settings and quirks.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from typing import Any, ClassVar, Final

import pytest
from pydantic import BaseModel

from dragoman.calls import RetryConfig
from dragoman.client.provider_config import config_of
from dragoman.dialects import dialect_names, get_dialect
from dragoman.errors import (
    ConfigurationError,
    ConnectionLost,
    Error,
    MissingKey,
    Overloaded,
    ProviderError,
    ProviderFailed,
    RateLimited,
    Rejected,
    Unauthorized,
    UnknownModel,
)
from dragoman.messages import Finish, Message, Request, Usage, encode_json
from dragoman.providers import ProviderSpec, get_spec, provider_names
from dragoman.providers.auth import KeyAuth
from dragoman.secret import Secret
from dragoman.testing.emulator import Emulator, SeenRequest
from dragoman.testing.sync_and_async import Awaited, Blocking, Face

KEY: Final = "conformance-key-0123456789"

_ERRORS: Final[Mapping[int, type[ProviderError]]] = {
    400: Rejected,
    401: Unauthorized,
    404: UnknownModel,
    429: RateLimited,
    500: ProviderFailed,
    503: Overloaded,
}

_NUMBERS: Final = " ".join(map(str, range(1, 61)))


class Contact(BaseModel):
    """What the structured test asks for."""

    name: str
    age: int


def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"18 degrees in {city}"


class ProviderConformance:
    """Inherit, and say which provider; pytest does the rest.

    Attributes:
        provider: Its name, as `create_llm` takes it.
        answers_as: The name that its answers and errors bear, when it is an alias of another provider.
        model: A model of it; the emulator knows this one and no other.
        options: What else `create_llm` must be given, such as a region or an account.
        secrets: Texts among `options` that must never show. The API key is added.
        lacks: What the provider cannot do → why. The test of that name (without `test_`) is skipped.
    """

    provider: ClassVar[str]
    answers_as: ClassVar[str] = ""
    model: ClassVar[str] = "conformance-1"
    options: ClassVar[Mapping[str, Any]] = {}
    secrets: ClassVar[tuple[str, ...]] = ()
    lacks: ClassVar[Mapping[str, str]] = {}

    # ------------------------------------------------------------------ the stage

    @pytest.fixture
    def emulator(self) -> Iterator[Emulator]:
        """Plays the provider."""
        with Emulator(models=[self.model], paths=self.paths()) as running:
            yield running

    @pytest.fixture(params=[Blocking, Awaited], ids=["blocking", "awaited"])
    def face(self, request: pytest.FixtureRequest) -> Iterator[Face]:
        """How the provider is asked."""
        face: Face = request.param()
        yield face
        face.end()

    @pytest.fixture
    def llm(self, emulator: Emulator, face: Face) -> Iterator[Any]:
        """The client under test."""
        llm = self.client(emulator, face)
        yield llm
        face.close(llm)

    @pytest.fixture(autouse=True)
    def only_what_it_can(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        """Skip what it lacks; keep keys of the developer's own out of reach; say what the class has to say."""
        if untold := self._untold():
            pytest.fail(f"{type(self).__name__}: {untold}", pytrace=False)
        name = request.function.__name__.removeprefix("test_")
        if name in self.lacks:
            pytest.skip(f"{self.provider}: {self.lacks[name]}")
        for variable in self.spec.auth.variables:
            monkeypatch.delenv(variable, raising=False)

    def _untold(self) -> str:
        """What is missing in the class, with the line to write; empty when nothing is."""
        if not getattr(self, "provider", ""):
            return 'which provider? Write `provider = "its-name"` in the class'
        given = {"base_url": "http://127.0.0.1", **self.options}
        missing = [each for each in self.spec.settings if each.required and not each.look_up(given)]
        if not missing:
            return ""
        about = "; ".join(f"{each.name}: {each.about}" for each in missing if each.about)
        wanted = ", ".join(f'"{each.name}": "…"' for each in missing)
        said = f" ({about})" if about else ""
        return f"`{self.provider}` wants to be told more: write `options = {{{wanted}}}` in the class{said}"

    @property
    def spec(self) -> ProviderSpec:
        """What is under test."""
        return get_spec(self.provider)

    @property
    def named(self) -> str:
        """What responses and errors call the provider."""
        return self.answers_as or self.provider

    def client(self, emulator: Emulator, face: Face, **options: Any) -> Any:
        """A client of the provider that finds the emulator in its place."""
        given: dict[str, Any] = {"api_key": KEY, "base_url": emulator.url, "timeout": 20, **self.options, **options}
        with warnings.catch_warnings() if self.spec.deprecated else nullcontext():
            if self.spec.deprecated:  # which it says, and is no fault
                warnings.simplefilter("ignore", DeprecationWarning)
            return face.client(self.provider, given.pop("model", self.model), **given)

    def paths(self) -> dict[str, str]:
        """Where its requests go → the dialect they are in: another may be spoken at the same place elsewhere."""
        asked = Request(model=self.model)
        spoken = self.spec.dialect_for(self.model)
        own = {spoken: get_dialect(spoken).path, **self.spec.paths}
        return {path(asked).partition("?")[0]: name for name, path in own.items() if name in dialect_names()}

    def hidden(self) -> tuple[str, ...]:
        """What must never show."""
        return (KEY, *self.secrets)

    # ------------------------------------------------------------------ the tests

    def test_it_is_known(self) -> None:
        assert self.provider in provider_names()
        assert self.spec.name == self.provider
        assert config_of(self.spec).name == self.provider
        assert self.spec.base_url or self.spec.base_url_env, "nobody can know where it is"

    def test_whole(self, emulator: Emulator, face: Face, llm: Any) -> None:
        response = face.whole(llm, "Say exactly: hello there", system="Be brief.", temperature=0.5, max_tokens=60)
        assert (response.content, response.finish_reason) == ("hello there", "stop")
        assert (response.provider, response.model) == (self.named, self.model)
        assert [attempt.outcome for attempt in response.attempts] == ["ok"]
        asked = only(emulator).request
        assert asked is not None, "the emulator could not read the request"
        assert [message.text for message in asked.messages] == ["Be brief.", "Say exactly: hello there"]
        assert (asked.model, asked.max_tokens) == (self.model, 60)

    def test_streamed(self, emulator: Emulator, face: Face, llm: Any) -> None:
        events, response = face.streamed(llm, "Count to 60")
        pieces = [event.content for event in events if event.content]
        assert len(pieces) > 3, "the answer came in one piece"
        assert "".join(pieces) == response.content == _NUMBERS
        assert [type(event) for event in events].count(Finish) == 1
        assert (response.provider, response.finish_reason) == (self.named, "stop")
        asked = only(emulator).request
        assert asked is not None
        assert asked.stream, "no stream was asked for"

    def test_tools_with_a_follow_up(self, emulator: Emulator, face: Face, llm: Any) -> None:
        question = Message("user", "What is the weather in 'Paris'?")
        asked = face.whole(llm, messages=[question], tools=[get_weather])
        assert asked.finish_reason == "tool_calls"
        assert [(call.name, call.arguments) for call in asked.tool_calls] == [("get_weather", {"city": "Paris"})]
        results = face.tools_run(llm, asked, [get_weather])
        answer = face.whole(llm, messages=[question, asked.message, results], tools=[get_weather])
        assert "18 degrees in Paris" in answer.content
        assert len(emulator.requests) == 2

    def test_streamed_tools(self, face: Face, llm: Any) -> None:
        _, response = face.streamed(llm, "What is the weather in 'Paris'?", tools=[get_weather])
        assert [(call.name, call.arguments) for call in response.tool_calls] == [("get_weather", {"city": "Paris"})]
        assert response.finish_reason == "tool_calls"

    def test_structured_output(self, face: Face, llm: Any) -> None:
        found = face.extracted(llm, Contact, "The Contact: John Smith, 42 years old")
        assert found.value == Contact(name="John Smith", age=42)
        assert found.response.provider == self.named

    @pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
    def test_usage(self, emulator: Emulator, face: Face, llm: Any, streamed: bool) -> None:
        response = face.streamed(llm, "Count to 60")[1] if streamed else face.whole(llm, "Count to 60")
        billed = emulator.bill[-1].usage
        assert billed is not None
        assert counts(response.usage) == counts(billed)

    @pytest.mark.parametrize("status", _ERRORS)
    def test_errors(self, emulator: Emulator, face: Face, status: int) -> None:
        emulator.fault(status=status, retry_after=7, message=f"No, says {KEY}", times=None)
        error = self.refused(face, self.once(emulator, face))
        assert isinstance(error, _ERRORS[status])
        assert (error.provider, error.model, error.http_status) == (self.named, self.model, status)
        assert error.retryable is (status >= 429)
        assert error.retry_after_seconds == 7 or not error.retryable
        self.no_secret_in(str(error), repr(error), error.message, error.body, error.attempts)

    def test_trying_again(self, emulator: Emulator, face: Face, llm: Any) -> None:
        emulator.fault(status=429, retry_after=0)
        emulator.fault(status=503, retry_after=0)
        response = face.whole(llm, "Say exactly: at last")
        assert response.content == "at last"
        assert [attempt.outcome for attempt in response.attempts] == ["RateLimited", "Overloaded", "ok"]

    def test_an_unknown_model(self, emulator: Emulator, face: Face) -> None:
        llm = self.client(emulator, face, model="no-such-model")
        error = self.refused(face, llm)
        assert isinstance(error, UnknownModel)
        assert (error.provider, error.model) == (self.named, "no-such-model")

    def test_a_missing_key(self, emulator: Emulator, face: Face) -> None:
        """Where one is needed: every variable that may hold it is named, and nothing is sent."""
        auth = self.spec.auth
        if not (isinstance(auth, KeyAuth) and auth.required):
            pytest.skip(f"{self.provider} needs no API key")
        llm = self.client(emulator, face, api_key=None)
        with pytest.raises(MissingKey) as caught:
            face.whole(llm, "Hi")
        face.close(llm)
        assert [name for name in auth.variables if name not in str(caught.value)] == []
        assert emulator.requests == []

    def test_a_key_from_the_environment(self, emulator: Emulator, face: Face, monkeypatch: pytest.MonkeyPatch) -> None:
        auth = self.spec.auth
        if not isinstance(auth, KeyAuth):
            pytest.skip(f"{self.provider} is not told by an API key")
        llm = self.client(emulator, face, api_key=None)
        for source in auth.sources:
            monkeypatch.setenv(source.env, KEY)
            assert face.whole(llm, "Hi").content
            assert header_of(emulator.requests[-1], source.header) == f"{source.scheme}{KEY}"
            monkeypatch.delenv(source.env)
        face.close(llm)

    def test_no_secret_shows(self, emulator: Emulator, face: Face, llm: Any) -> None:
        """The key goes into the header that is for it and nowhere else, and nothing of it stays behind."""
        response = face.whole(llm, "Hi", max_tokens=60)
        _, streamed = face.streamed(llm, "Hi", max_tokens=60)
        for seen in emulator.requests:
            others = {name: value for name, value in seen.headers.items() if name not in self.headers_for_keys()}
            self.no_secret_in(seen.target, encode_json(seen.wire), others)
        for answer in (response, streamed):
            self.no_secret_in(repr(answer), answer.raw, answer.attempts, answer.warnings)
        self.no_secret_in(repr(llm))

    @pytest.mark.parametrize("events", [1, 3])
    def test_a_stream_that_is_cut(self, emulator: Emulator, face: Face, events: int) -> None:
        """However its connection ends, what had arrived is in the error."""
        emulator.fault(cut_after=events, times=None)
        with pytest.raises(ConnectionLost) as caught:
            face.streamed(self.once(emulator, face), "Count to 60")
        error = caught.value
        assert (error.provider, error.model) == (self.named, self.model)
        assert error.partial is None or _NUMBERS.startswith(error.partial.content)

    def test_a_stream_that_is_left(self, emulator: Emulator, face: Face, llm: Any) -> None:
        """The connection is freed at once."""
        emulator.fault(stall_after=3)
        assert face.first_then_leave(llm, "Count to 60")
        assert emulator.wait_for_bill(1)[0].outcome == "left"

    def test_unloading_and_closing(self, face: Face, llm: Any) -> None:
        for _ in range(2):
            assert face.whole(llm, "Hi").content
            face.unload(llm)
        face.close(llm)
        face.close(llm)
        with pytest.raises(ConfigurationError, match="closed"):
            face.whole(llm, "Hi")

    # ------------------------------------------------------------------ what they share

    def once(self, emulator: Emulator, face: Face) -> Any:
        """A client that does not try again."""
        return self.client(emulator, face, retry_config=RetryConfig(max_attempts=1))

    def refused(self, face: Face, llm: Any) -> ProviderError:
        """The error with which the provider refuses; the client is closed."""
        with pytest.raises(Error) as caught:
            face.whole(llm, "Hi")
        face.close(llm)
        assert isinstance(caught.value, ProviderError)
        return caught.value

    def headers_for_keys(self) -> set[str]:
        """The lower-case names of the headers in which it is sent a key."""
        auth = self.spec.auth
        return {source.header.lower() for source in auth.sources} if isinstance(auth, KeyAuth) else set()

    def no_secret_in(self, *places: object) -> None:
        """None of the keys that the tests use is shown in any of `places`."""
        shown = " ".join(map(str, places))
        assert [secret for secret in self.hidden() if secret in shown] == []


def only(emulator: Emulator) -> SeenRequest:
    (seen,) = emulator.requests
    return seen


def header_of(seen: SeenRequest, name: str) -> str | None:
    value = seen.headers.get(name.lower())
    return value.reveal() if isinstance(value, Secret) else value


def counts(usage: Usage) -> tuple[int | None, int | None]:
    """What every provider reports."""
    return usage.input_tokens, usage.output_tokens
