"""The client against the emulator, over real sockets: both faces, both dialects, every way of asking."""

from __future__ import annotations

import asyncio
import pickle
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

import dragoman
from dragoman import (
    ConfigurationError,
    Finish,
    LLMResponse,
    Message,
    MissingKey,
    ModelStringError,
    OutputError,
    ProviderFailed,
    Rejected,
    RetryConfig,
    StreamInterrupted,
    TextDelta,
    TimedOut,
    Timeouts,
    ToolCall,
    UnknownProvider,
)
from dragoman.messages import METADATA_EVENTS
from dragoman.testing import Emulator, Fault

MODELS = {"openai": "gpt-4o-mini", "anthropic": "claude-3-5-haiku-latest"}
AT_ONCE = RetryConfig(initial_delay=0)

providers = pytest.mark.parametrize("provider", MODELS)
modes = pytest.mark.parametrize("mode", ["sync", "async"])


class Either:
    """One face for both clients, so that each test runs on each: calls are made, and awaited where they must be."""

    def __init__(self, emulator: Emulator, provider: str, mode: str, **options: Any) -> None:
        options = {"base_url": emulator.url, "api_key": "k", "retry_config": AT_ONCE, **options}
        self.asynchronous = mode == "async"
        self.llm: Any = dragoman.create_llm(provider, MODELS[provider], async_client=self.asynchronous, **options)

    def _do(self, name: str, *args: Any, **options: Any) -> Any:
        if not self.asynchronous:
            return getattr(self.llm, name)(*args, **options)

        async def main() -> Any:
            return await getattr(self.llm, name)(*args, **options)

        return asyncio.run(main())

    def generate(self, *args: Any, **options: Any) -> Any:
        return self._do("generate", *args, **options)

    def extract(self, *args: Any, **options: Any) -> Any:
        return self._do("extract", *args, **options)

    def run_tools(self, *args: Any) -> Message:
        return self._do("run_tools", *args)

    def read_into(self, seen: list[Any], *args: Any) -> None:
        """Put the events of a stream into `seen` as they come."""

        async def main() -> None:
            async for event in self.llm.generate(*args, stream=True):
                seen.append(event)  # noqa: PERF401  # what came before an error is wanted too

        if self.asynchronous:
            asyncio.run(main())
        else:
            seen.extend(self.llm.generate(*args, stream=True))

    def stream(self, *args: Any, **options: Any) -> tuple[list[Any], LLMResponse]:
        """All events, and the response."""
        if not self.asynchronous:
            with self.llm.generate(*args, stream=True, **options) as stream:
                return list(stream), stream.response

        async def main() -> tuple[list[Any], LLMResponse]:
            async with self.llm.generate(*args, stream=True, **options) as stream:
                return [event async for event in stream], stream.response

        return asyncio.run(main())


@modes
@providers
def test_text(emulator: Emulator, provider: str, mode: str) -> None:
    """S2.1."""
    emulator.script("A dragoman is an interpreter.")
    response = Either(emulator, provider, mode).generate("What is a dragoman?")
    assert response.content == "A dragoman is an interpreter."
    assert (response.provider, response.finish_reason) == (provider, "stop")
    billed = emulator.bill.usage
    assert (response.usage.input_tokens, response.usage.output_tokens) == (billed.input_tokens, billed.output_tokens)
    assert response.cost == emulator.bill.cost
    assert response.latency_seconds > 0


@modes
@providers
def test_stream(emulator: Emulator, provider: str, mode: str) -> None:
    """S2.32."""
    emulator.script("One two three four five six seven eight nine ten.")
    events, response = Either(emulator, provider, mode).stream("Count")
    texts = [event.content for event in events if event.content]
    assert "".join(texts) == response.content == "One two three four five six seven eight nine ten."
    assert len(texts) > 1
    assert [type(event) for event in events].count(Finish) == 1
    assert isinstance(events[-1], Finish)
    assert response.cost == emulator.bill.cost
    assert 0 < response.first_token_seconds <= response.latency_seconds


def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"18 degrees in {city}"


@modes
@providers
def test_a_tool_call_and_its_result(emulator: Emulator, provider: str, mode: str) -> None:
    """S2.3."""
    llm = Either(emulator, provider, mode)
    question = "What is the weather in 'Paris'?"
    asked = llm.generate(question, tools=[get_weather])
    (call,) = asked.tool_calls
    assert (call.name, call.arguments, asked.finish_reason) == ("get_weather", {"city": "Paris"}, "tool_calls")
    results = llm.run_tools(asked, [get_weather])
    answer = llm.generate(messages=[Message("user", question), asked.message, results], tools=[get_weather])
    assert "18 degrees in Paris" in answer.content


@modes
@providers
def test_a_streamed_tool_call(emulator: Emulator, provider: str, mode: str) -> None:
    emulator.script(LLMResponse(parts=(ToolCall(id="call_1", name="get_weather", arguments={"city": "Paris" * 20}),)))
    _, response = Either(emulator, provider, mode).stream("Weather?", tools=[get_weather], tool_choice="get_weather")
    assert [(call.id, call.arguments) for call in response.tool_calls] == [("call_1", {"city": "Paris" * 20})]


class Contact(BaseModel):
    name: str
    age: int


@modes
@providers
def test_a_value_of_the_callers_type(emulator: Emulator, provider: str, mode: str) -> None:
    """S2.3: `generate(data, response_model=Entities)` returns the model."""
    llm = Either(emulator, provider, mode)
    contact = llm.generate("John Smith is 42 years old", response_model=Contact)
    assert contact == Contact(name="John Smith", age=42)
    assert llm.generate("'red', 'green'", response_model=list[str]) is not None
    assert llm.extract(Contact, "John Smith is 42").response.attempts[0].outcome == "ok"


@modes
def test_losses_of_a_value_go_to_the_log(emulator: Emulator, mode: str, caplog: pytest.LogCaptureFixture) -> None:
    """Who gets the response has them in its `warnings`."""
    llm = Either(emulator, "anthropic", mode, seed=7)
    assert llm.generate("John Smith is 42 years old", response_model=Contact, logprobs=True).age == 42
    (line,) = caplog.records
    assert (line.name, line.levelname) == ("dragoman", "WARNING")
    assert line.getMessage() == (
        "`anthropic/claude-3-5-haiku-latest`: `seed` was dropped: this dialect has no such setting; "
        "`logprobs` was dropped: this dialect has no such setting"
    )
    caplog.clear()
    llm.generate("Hi")
    Either(emulator, "openai", mode).generate("John Smith is 42 years old", response_model=Contact)
    assert caplog.records == []


@modes
@pytest.mark.parametrize("said_to", ["client", "call"])
@pytest.mark.parametrize(
    ("options", "says", "instead"),
    [
        ({"n": 2}, r"n=2 gives 2 answers.*response_model=list\[T\]", {"n": 1}),
        ({"output_format": "json"}, "leave output_format out", {"output_format": None}),
        ({"output_format": {"type": "object"}}, "leave output_format out", {"output_format": None}),
    ],
)
def test_nothing_is_paid_for_or_overruled_in_silence_for_a_value(
    emulator: Emulator, mode: str, options: dict[str, Any], says: str, instead: dict[str, Any], said_to: str
) -> None:
    of_client, of_call = (options, {}) if said_to == "client" else ({}, options)
    llm = Either(emulator, "openai", mode, **of_client)
    for ask in (llm.generate, llm.extract):
        with pytest.raises(ConfigurationError, match=says):
            ask(prompt="Ann is 3", response_model=Contact, **of_call)
    assert emulator.requests == []
    assert llm.generate("Ann is 3 years old", response_model=Contact, **instead).age == 3


@modes
@providers
def test_one_deadline_holds_over_all_that_is_asked_for_a_value(provider: str, mode: str) -> None:
    with Emulator() as slow:
        slow.fault(head_delay_seconds=0.3, times=None)
        slow.script(*[contact_call(name="Ada")] * 20)
        with pytest.raises(TimedOut) as caught:
            Either(slow, provider, mode).extract(Contact, "Ada", max_retries=20, timeout=0.8)
        assert caught.value.phase == "total"
        assert 2 <= len(caught.value.attempts) <= 3


@modes
@providers
def test_a_failed_re_ask_does_not_forget_what_was_paid_before(emulator: Emulator, provider: str, mode: str) -> None:
    emulator.script(contact_call(name="Ada"), Fault(status=400, message="no"))
    with pytest.raises(Rejected) as caught:
        Either(emulator, provider, mode).extract(Contact, "Ada")
    assert [attempt.outcome for attempt in caught.value.attempts] == ["ok", "Rejected"]
    assert caught.value.cost == emulator.bill.cost > 0


@modes
def test_retries_for_a_value_are_not_tries_of_a_call(emulator: Emulator, mode: str) -> None:
    with pytest.raises(ConfigurationError, match="retry_config=RetryConfig"):
        Either(emulator, "openai", mode).generate("Hi", max_retries=5)


@modes
def test_a_client_is_not_pickled(emulator: Emulator, mode: str) -> None:
    with pytest.raises(TypeError, match="make one in each process"):
        pickle.dumps(dragoman.create_llm("openai/m", async_client=mode == "async"))


def contact_call(**arguments: Any) -> LLMResponse:
    return LLMResponse(parts=(ToolCall(id="call_1", name="Contact", arguments=arguments),))


@modes
@providers
def test_an_answer_that_does_not_fit_is_asked_for_again(emulator: Emulator, provider: str, mode: str) -> None:
    emulator.script(contact_call(name="Ada"), contact_call(name="Ada", age=36))
    extracted = Either(emulator, provider, mode).extract(Contact, "Ada Lovelace, 36")
    assert extracted.value == Contact(name="Ada", age=36)
    assert len(extracted.response.attempts) == 2
    assert extracted.response.cost == emulator.bill.cost
    assert extracted.response.usage.input_tokens == emulator.bill.usage.input_tokens
    correction = emulator.requests[1].request.messages[-1].tool_results[0]
    assert correction.is_error or provider == "openai"
    assert "age" in correction.text


@modes
@providers
def test_when_no_answer_fits_every_one_is_kept(emulator: Emulator, provider: str, mode: str) -> None:
    emulator.script(contact_call(name="a"), contact_call(name="b"))
    with pytest.raises(OutputError, match="age") as caught:
        Either(emulator, provider, mode).extract(Contact, "who?", max_retries=1)
    assert [answer.tool_calls[0].arguments["name"] for answer in caught.value.responses] == ["a", "b"]
    assert caught.value.cost == emulator.bill.cost


@modes
@providers
@pytest.mark.parametrize(
    ("fault", "tries"),
    [({"status": 503}, 2), ({"status": 429, "retry_after": 0}, 2), ({"cut_at_byte": 10}, 2), ({"body": "<html>"}, 2)],
)
def test_what_passes_is_tried_again(
    emulator: Emulator, provider: str, mode: str, fault: dict[str, Any], tries: int
) -> None:
    """S2.5, S0.13: without configuration."""
    emulator.fault(**fault)
    response = Either(emulator, provider, mode).generate("Hi")
    assert response.content
    assert len(response.attempts) == tries
    assert response.cost is None or response.cost == sum(attempt.cost for attempt in response.attempts)


@modes
@providers
def test_a_failure_that_stays_is_raised_with_every_try(emulator: Emulator, provider: str, mode: str) -> None:
    emulator.fault(status=500, message="it broke", times=3)
    with pytest.raises(ProviderFailed, match="it broke") as caught:
        Either(emulator, provider, mode).generate("Hi")
    assert [attempt.status for attempt in caught.value.attempts] == [500, 500, 500]


@modes
@providers
@pytest.mark.parametrize("after", range(1, 9))
@pytest.mark.parametrize("framing", ["chunked", "close"])
def test_a_stream_cut_anywhere_is_an_error_with_what_had_arrived(
    emulator: Emulator, provider: str, mode: str, after: int, framing: Any
) -> None:
    emulator.script("One two three four five six seven eight nine ten eleven.")
    emulator.fault(Fault(cut_after=after, framing=framing), times=None)
    llm = Either(emulator, provider, mode, retry_config=RetryConfig(max_attempts=1))
    seen: list[Any] = []
    with pytest.raises(StreamInterrupted) as caught:
        llm.read_into(seen, "Count")
    text = "".join(event.content for event in seen)
    assert (caught.value.partial.content if caught.value.partial else "") == text


@modes
@providers
def test_an_error_inside_a_stream(emulator: Emulator, provider: str, mode: str) -> None:
    emulator.script("One two three four five six seven eight nine ten eleven.")
    emulator.fault(status=529, message="too busy", error_after=3)
    with pytest.raises(dragoman.ProviderError, match="too busy") as caught:
        Either(emulator, provider, mode).stream("Count")
    assert caught.value.partial is not None
    assert caught.value.http_status == 200


@modes
@pytest.mark.parametrize(
    ("timeouts", "fault", "phase"),
    [
        (Timeouts(first_byte=0.2), {"head_delay_seconds": 30}, "first_byte"),
        (Timeouts(between_chunks=0.2), {"stall_after": 2}, "between_chunks"),
        (Timeouts(total=0.3), {"stall_after": 2}, "total"),
        (0.3, {"head_delay_seconds": 30}, "total"),
    ],
)
def test_time_limits(emulator: Emulator, mode: str, timeouts: Any, fault: dict[str, Any], phase: str) -> None:
    emulator.fault(Fault(**fault), times=None)
    llm = Either(emulator, "openai", mode, timeout=timeouts, retry_config=RetryConfig(max_attempts=1))
    with pytest.raises(TimedOut) as caught:
        llm.stream("Count")
    assert caught.value.phase == phase


@modes
@providers
def test_options_of_the_client_are_defaults_of_its_calls(emulator: Emulator, provider: str, mode: str) -> None:
    """S2.2, S2.3."""
    llm = Either(emulator, provider, mode, temperature=0.7, max_tokens=1000, timeout=30, system="Be brief")
    llm.generate("Hi")
    llm.generate("Hi", max_tokens=4000, temperature=0)
    first, second = (seen.request for seen in emulator.requests)
    assert (first.temperature, first.max_tokens, second.temperature, second.max_tokens) == (0.7, 1000, 0, 4000)
    assert first.messages[0] == Message("system", "Be brief")


@providers
def test_one_connection_serves_many_calls(emulator: Emulator, provider: str) -> None:
    """S2.20, X22."""
    with dragoman.create_llm(provider, MODELS[provider], base_url=emulator.url, api_key="k") as llm:
        for _ in range(5):
            llm.generate("Hi")
        other = dragoman.create_llm(provider, MODELS[provider], base_url=emulator.url, api_key="another key")
        other.generate("Hi")
    assert len({seen.client_port for seen in emulator.requests}) == 1


def no_client() -> Any:
    return None


def httpx_client() -> Any:
    import httpx

    return httpx.Client(timeout=30)


def httpx2_client() -> Any:
    httpx2 = pytest.importorskip("httpx2")
    return httpx2.Client(timeout=30)


@providers
@pytest.mark.parametrize("own", [no_client, httpx_client, httpx2_client])
def test_unloading_a_hosted_model_is_harmless(emulator: Emulator, provider: str, own: Any) -> None:
    """S2.24, S2.29."""
    client = own()
    llm = dragoman.create_llm(provider, MODELS[provider], base_url=emulator.url, api_key="k", http_client=client)
    llm.unload()
    llm.generate("Hi")
    llm.unload()
    assert llm.generate("Hi again").content
    llm.close()
    with pytest.raises(ConfigurationError, match="closed: make a new one with create_llm"):
        llm.generate("Hi")
    if client is not None:
        assert not client.is_closed  # it is its owner's
        client.close()


@pytest.mark.parametrize("kind", ["httpx", "httpx2"])
def test_unloading_leaves_an_async_client_of_the_users_open(emulator: Emulator, kind: str) -> None:
    async def main() -> None:
        async with pytest.importorskip(kind).AsyncClient(timeout=30) as client:
            llm = dragoman.create_llm(
                "openai/m", base_url=emulator.url, api_key="k", http_client=client, async_client=True
            )
            await llm.unload()
            await llm.generate("Hi")
            await llm.unload()
            assert (await llm.generate("Hi again")).content
            await llm.close()
            assert not client.is_closed

    asyncio.run(main())


def test_gather_runs_calls_side_by_side(emulator: Emulator) -> None:
    """S2.21, X7."""
    emulator.fault(head_delay_seconds=0.2, times=None)

    async def main() -> float:
        llm = dragoman.create_llm("openai", "gpt-4o-mini", base_url=emulator.url, api_key="k", async_client=True)
        started = asyncio.get_running_loop().time()
        await asyncio.gather(*[llm.generate(f"prompt {number}") for number in range(20)])
        return asyncio.get_running_loop().time() - started

    assert asyncio.run(main()) < 20 * 0.2 / 2


def test_one_async_client_serves_one_loop_after_another(emulator: Emulator) -> None:
    llm = dragoman.create_llm("openai", "gpt-4o-mini", base_url=emulator.url, api_key="k", async_client=True)

    async def ask() -> str:
        return (await llm.generate("Hi")).content

    for _ in range(3):
        assert asyncio.run(ask())


def test_a_stream_may_be_awaited_or_not(emulator: Emulator) -> None:
    async def main() -> list[str]:
        llm = dragoman.create_llm("openai", "gpt-4o-mini", base_url=emulator.url, api_key="k", async_client=True)
        plain = await llm.generate("Hi", stream=True).drain()
        awaited = await (await llm.generate("Hi", stream=True)).drain()
        return [plain.content, awaited.content]

    first, second = asyncio.run(main())
    assert first == second


@providers
def test_leaving_a_stream_frees_its_connection(emulator: Emulator, provider: str) -> None:
    emulator.script(*["word " * 5000] * 4)
    emulator.fault(event_delay_seconds=0.002, times=None)
    llm = dragoman.create_llm(provider, MODELS[provider], base_url=emulator.url, api_key="k")
    with llm.generate("Go", stream=True) as stream:
        next(event for event in stream if event.content)
    closed = llm.generate("Go", stream=True)
    next(event for event in closed if event.content)
    closed.close()
    dropped = llm.generate("Go", stream=True)
    next(event for event in dropped if event.content)
    del dropped
    for event in llm.generate("Go", stream=True):
        if event.content:
            break
    assert [line.outcome for line in emulator.wait_for_bill(4)] == ["left"] * 4
    assert list(closed) == []


def test_leaving_an_async_stream_frees_its_connection(emulator: Emulator) -> None:
    emulator.script(*["word " * 5000] * 3)
    emulator.fault(event_delay_seconds=0.002, times=None)

    async def main() -> None:
        llm = dragoman.create_llm("openai", "gpt-4o-mini", base_url=emulator.url, api_key="k", async_client=True)
        async with llm.generate("Go", stream=True) as stream:
            await anext(stream)
        dropped = llm.generate("Go", stream=True)
        await anext(dropped)
        del dropped
        task = asyncio.create_task(llm.generate("Go", stream=True).drain())
        await asyncio.to_thread(emulator.wait_for_requests, 3)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert [line.outcome for line in (await asyncio.to_thread(emulator.wait_for_bill, 3))] == ["left"] * 3

    asyncio.run(main())


def test_a_stream_can_be_aborted_from_another_thread(emulator: Emulator) -> None:
    import threading

    emulator.fault(Fault(stall_after=2), times=None)
    llm = dragoman.create_llm("openai", "gpt-4o-mini", base_url=emulator.url, api_key="k")
    stream = llm.generate("Go", stream=True)
    next(stream)
    timer = threading.Timer(0.1, stream.abort)
    timer.start()
    rest = list(stream)  # ends, without an error, when aborted
    assert all(not isinstance(event, Finish) for event in rest)
    with pytest.raises(dragoman.CallerError, match="was aborted"):
        _ = stream.response


def test_reading_the_response_too_early_says_what_to_do(emulator: Emulator) -> None:
    stream = dragoman.create_llm("openai/m", base_url=emulator.url, api_key="k").generate("Hi", stream=True)
    with pytest.raises(dragoman.CallerError, match=r"drain\(\)"):
        _ = stream.response
    assert stream.drain() is stream.response
    assert stream.text == stream.response.content


@pytest.mark.parametrize(
    ("args", "options", "error", "says"),
    [
        (("nobody/m",), {}, UnknownProvider, "Unknown provider: nobody"),
        (("nobody", "m"), {}, UnknownProvider, "Known: .*anthropic.*openai"),
        (("openai",), {}, ModelStringError, "which model"),
        (("openai", ""), {}, ModelStringError, "the model's name is empty"),
        (("",), {}, ModelStringError, "the provider's name is empty"),
        (("no-such-model-anywhere",), {}, UnknownProvider, "say whose: `provider/model`"),
        (("gpt-4o-minni",), {}, UnknownProvider, "such as `openai/gpt-4o-mini`"),
        (("openai/gpt-4o", "gpt-4o-mini"), {}, ModelStringError, "names a model already: leave out `gpt-4o-mini`"),
        ((None,), {}, ModelStringError, "named by text such as 'openai/gpt-4o-mini', not NoneType"),
        (("opnai", "m"), {}, UnknownProvider, "Did you mean `openai`"),
        (("openai/m",), {"base_url": "localhost"}, ConfigurationError, "http://"),
        (("openai/m",), {"base_url": "http://h/v1/chat/completions"}, ConfigurationError, "leave out `/chat/comp"),
        (("anthropic/m",), {"base_url": "http://h/v1/messages"}, ConfigurationError, "leave out `/v1/messages`"),
        (("openai/m",), {"api_key": 5}, ConfigurationError, "api_key is text"),
        (("openai_compatible", "m"), {}, ConfigurationError, "base_url="),
        (("openai/m",), {"dialect": "latin"}, ConfigurationError, "no dialect `latin`"),
        (("openai/m",), {"temperature": 3}, ConfigurationError, "temperature"),
        (("openai/m",), {"temprature": 1}, ConfigurationError, "did you mean"),
        (("openai/m",), {"base_url": 8000}, ConfigurationError, "base_url is text, not int"),
        (("openai/m",), {"transport": "fast"}, ConfigurationError, "transport is a TransportOptions, not str"),
        (("openai/m",), {"http_client": object()}, ConfigurationError, "httpx"),
    ],
)
def test_settings_that_cannot_be_right_are_refused(
    monkeypatch: pytest.MonkeyPatch, args: tuple[Any, ...], options: dict[str, Any], error: type[Exception], says: str
) -> None:
    monkeypatch.delenv("OPENAI_COMPATIBLE_BASE_URL", raising=False)
    with pytest.raises(error, match=says):
        dragoman.create_llm(*args, **options)


def test_a_bare_model_name_goes_to_the_provider_that_has_it() -> None:
    assert dragoman.create_llm("gpt-4o-mini").provider == "openai"
    assert dragoman.create_llm("claude-3-5-haiku-latest").provider == "anthropic"


def test_a_client_without_a_key_can_be_made_and_says_so_when_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """S2.23, X5."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    llm = dragoman.create_llm("openai", model="gpt-4o-mini")
    with pytest.raises(MissingKey, match="OPENAI_API_KEY"):
        llm.generate("Hi")


def test_environment_variables_of_the_official_sdks(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    for provider, model in MODELS.items():
        assert dragoman.create_llm(provider, model).generate("Hi").content
    assert emulator.requests[0].headers["openai-organization"] == "org-1"


def test_keys_may_be_lent(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """X5."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    llm = dragoman.create_llm("openai/gpt-4o-mini", base_url=emulator.url)
    with dragoman.use_keys(openai="lent"):
        assert llm.generate("Hi").content
    with pytest.raises(MissingKey):
        llm.generate("Hi")


@pytest.mark.parametrize("package", ["httpx", "httpx2"])
@pytest.mark.parametrize("provider", MODELS)
def test_the_users_own_http_client(emulator: Emulator, provider: str, package: str) -> None:
    module = pytest.importorskip(package)
    with module.Client(headers={"x-own": "1"}) as client:
        llm = dragoman.create_llm(provider, MODELS[provider], base_url=emulator.url, api_key="k", http_client=client)
        assert llm.generate("Hi").content == llm.generate("Hi", stream=True).drain().content
    assert {seen.headers["x-own"] for seen in emulator.requests} == {"1"}

    async def main() -> None:
        async with module.AsyncClient() as client:
            llm = dragoman.create_llm(
                provider, MODELS[provider], base_url=emulator.url, api_key="k", http_client=client, async_client=True
            )
            assert (await llm.generate("Hi")).content == (await llm.generate("Hi", stream=True).drain()).content

    asyncio.run(main())


def test_a_client_shows_itself_without_its_key() -> None:
    llm = dragoman.create_llm("openai/gpt-4o-mini", api_key="sk-marked")
    assert repr(llm) == "<LLM openai/gpt-4o-mini at https://api.openai.com/v1>"
    assert "marked" not in repr(vars(llm))


@modes
@providers
def test_what_is_not_content_does_not_count_as_delivered(emulator: Emulator, provider: str, mode: str) -> None:
    """A stream that breaks before its first word starts over, visibly."""
    emulator.fault(cut_after=1)
    events, response = Either(emulator, provider, mode).stream("Hi")
    assert [attempt.outcome for attempt in response.attempts][-1] == "ok"
    assert len(response.attempts) == 2
    restart = next(index for index, event in enumerate(events) if isinstance(event, dragoman.Restarted))
    assert all(isinstance(event, METADATA_EVENTS) for event in events[: restart + 1])
    assert any(isinstance(event, TextDelta) for event in events[restart:])
    assert response.cost is None or response.cost >= Decimal(0)
