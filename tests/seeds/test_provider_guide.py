"""The blocks of the provider guide (seed 002) that concern OpenAI, Anthropic and Ollama run with only the import lines changed.

Every block of the guide is in `RUN` or in `NOT_YET`; one that is in neither fails `test_every_block_is_accounted_for`.
A block runs in a namespace of its own, against the emulator, which it finds by environment variables alone.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any

import pytest

import dragoman
from dragoman.testing import Emulator
from tests.markdown import run

from .guide import ABSENT, ported, python_blocks, seed

GUIDE = seed("002")
BLOCKS = python_blocks(GUIDE)
PAGE_IMPORTS = "from abstractllm import create_llm"
"""What the guide's first block imports, and blocks further down rely on."""

pytestmark = pytest.mark.skipif(GUIDE is None, reason=ABSENT)


@dataclass
class Ran:
    """A block after it has run: its namespace, what it printed, and the emulator that it asked."""

    names: dict[str, Any]
    printed: str
    emulator: Emulator

    def models(self) -> list[str | None]:
        """The model of each request, in order."""
        return [seen.request.model for seen in self.emulator.requests if seen.request]


def answered(model: str, prompt: str) -> Callable[[Ran], None]:
    """The block asked `model` for `prompt` and printed the answer."""

    def check(ran: Ran) -> None:
        assert ran.printed == f"{ran.names['response'].content}\n"
        assert prompt in ran.printed
        assert ran.models() == [model]

    return check


def configured(ran: Ran) -> None:
    assert (ran.names["llm"].provider, ran.names["llm"].model) == ("openai", "gpt-4o-mini")
    ran.names["llm"].generate("Hello")
    asked = ran.emulator.requests[-1].request
    assert asked is not None
    assert (asked.temperature, asked.max_tokens) == (0.7, 1000)
    ran.emulator.fault(stall_at_byte=0)
    with pytest.raises(dragoman.TimedOut, match="for the call"):
        ran.names["llm"].generate("Hello", timeout=0.2)  # the block's own is 30 seconds


def long_answer(ran: Ran) -> None:
    (seen,) = ran.emulator.requests
    assert seen.wire["max_tokens"] == 4000
    assert seen.wire["model"] == "claude-3-5-sonnet-latest"
    assert "Summarize this document" in ran.names["response"].content


def reliable(ran: Ran) -> None:
    generate = ran.names["reliable_generate"]
    assert "primary" in generate("Say exactly: primary").content
    assert ran.models() == ["gpt-4o-mini"]
    ran.emulator.fault(status=500, retry_after=0, times=None, model="gpt-4o-mini")
    printed = StringIO()
    with redirect_stdout(printed):
        answer = generate("Hello", max_tokens=9)
    assert printed.getvalue().startswith("Primary failed (`openai/gpt-4o-mini`: ")
    assert printed.getvalue().endswith("), trying fallback...\n")
    assert answer.provider == "anthropic"
    assert ran.models()[1:] == ["gpt-4o-mini"] * 3 + ["claude-3-5-haiku-latest"]
    assert ran.emulator.requests[-1].wire["max_tokens"] == 9


def answers_from(model: str) -> Callable[[Ran], None]:
    """The block made a client for `model`, and it answers."""

    def check(ran: Ran) -> None:
        assert ran.names["llm"].generate("Hello").content
        assert ran.models() == [model]

    return check


def balanced(ran: Ran) -> None:
    random.seed(7)
    answers = [ran.names["load_balanced_generate"]("Hello", max_tokens=50) for _ in range(20)]
    assert {answer.provider for answer in answers} == {"openai", "anthropic"}


def chosen_by_length(ran: Ran) -> None:
    for prompt in ("short", "a long question " * 10):
        assert ran.names["smart_generate"](prompt, temperature=0).content
    assert ran.models() == ["gpt-4o-mini", "gpt-4o"]


def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"18 degrees in {city}"


def chosen_by_capability(ran: Ran) -> None:
    generate = ran.names["capability_based_generate"]
    assert generate("The weather in 'Rome'?", tools=[get_weather]).tool_calls[0].arguments == {"city": "Rome"}
    assert generate("word " * 12_000).content
    assert generate("Hello").provider == "ollama"
    assert ran.models() == ["gpt-4o-mini", "claude-3-5-sonnet-latest", "qwen2.5-coder:7b"]


def key_shown_and_rate_limit_survived(ran: Ran) -> None:
    assert ran.printed == "emulator\n"
    ran.emulator.fault(status=429, retry_after=0, times=2)
    response = ran.names["llm"].generate("Hello")
    assert [attempt.outcome for attempt in response.attempts] == ["RateLimited", "RateLimited", "ok"]


PROMPTS = ["Say exactly: one", "Say exactly: two", "Say exactly: three"]


def reused(ran: Ran) -> None:
    assert ran.models() == ["gpt-4o-mini"] * 3
    assert ran.names["response"].content == "three"
    assert len({seen.client_port for seen in ran.emulator.requests}) == 1


def chosen_by_task(ran: Ran) -> None:
    tasks, choose = ("coding", "analysis", "anything"), ran.names["get_provider_for_task"]
    assert [choose(task).generate("Hello").provider for task in tasks] == ["ollama", "anthropic", "openai"]
    assert ran.models() == ["qwen2.5-coder:7b", "claude-3-5-sonnet-latest", "gpt-4o-mini"]


def elsewhere(ran: Ran) -> None:
    """Its address is another machine's, which is looked at and not called."""
    assert repr(ran.names["llm"]) == "<LLM ollama/qwen2.5-coder:7b at http://remote-server:11434>"


def unloaded_each_time(ran: Ran) -> None:
    answers = list(ran.names["process_batch"](["Say exactly: one", "Say exactly: two"]))
    assert [answer.content for answer in answers] == ["one", "two"]
    sent = [(len(seen.wire["messages"]), seen.wire.get("keep_alive")) for seen in ran.emulator.requests]
    assert sent == [(1, None), (0, 0)] * 2


def local_server_named(ran: Ran) -> None:
    """The block names an address, without a path, and asks nothing."""
    llm = ran.names["llm"]
    assert (llm.provider, llm.model) == ("lmstudio", "your-model-name")
    assert ran.models() == []
    elsewhere = dragoman.create_llm("lmstudio", model="your-model-name", base_url=ran.emulator.url, temperature=0.7)
    assert elsewhere.generate("Say exactly: here").content == "here"
    assert ran.emulator.requests[-1].path == "/v1/chat/completions"


RUN: dict[str, tuple[str, Callable[[Ran], None]]] = {
    "OpenAI (Recommended for Production) 1": ("S2.1", answered("gpt-4o-mini", "What is machine learning?")),
    "OpenAI (Recommended for Production) 2": ("S2.2 S2.7", configured),
    "Anthropic (Best for Long Context) 1": ("S2.1", answered("claude-3-5-haiku-latest", "Explain quantum computing")),
    "Anthropic (Best for Long Context) 2": ("S2.3 S2.8", long_answer),
    "LMStudio (Easiest Local Setup) 1": ("S2.11", answered("local-model", "What is machine learning?")),
    "LMStudio (Easiest Local Setup) 2": ("S2.4 S2.11", local_server_named),
    "For Production Applications 1": ("S2.5 S2.15 X27", reliable),
    "For Specific Use Cases 2": ("S2.8", answers_from("claude-3-5-sonnet-latest")),
    "Load Balancing 1": ("S2.16", balanced),
    "Cost Optimization 1": ("S2.17 X22", chosen_by_length),
    "Capability-Based Routing 1": ("S2.18 X22", chosen_by_capability),
    "Ollama (Best for Privacy/No Cost) 1": ("S2.1 S2.9", answered("qwen2.5-coder:7b", "Write a Python function")),
    "Ollama (Best for Privacy/No Cost) 2": ("S2.9", answers_from("llama3.1:70b")),
    "Ollama (Best for Privacy/No Cost) 3": ("S2.4", elsewhere),
    "For Development/Testing 1": ("S2.1", answers_from("gpt-4o-mini")),
    "For Specific Use Cases 1": ("S2.1", answers_from("gpt-4o")),
    "For Specific Use Cases 3": ("S2.1", answers_from("gpt-4o-mini")),
    "When to Use `unload()` 3": ("S2.25 S2.31", unloaded_each_time),
    "OpenAI Issues 1": ("S2.5 S2.23", key_shown_and_rate_limit_survived),
    "Connection Reuse 1": ("S2.20", reused),
    "Model Selection by Task 1": ("S2.19", chosen_by_task),
}
"""Block → the promises it makes, and how it is seen that they hold."""

IN_PROCESS = "it runs a model in this process: run by tests/local/test_seed_blocks.py, where the libraries are"

NOT_YET: dict[str, str] = {
    "MLX (Best for Apple Silicon) 1": IN_PROCESS,
    "MLX (Best for Apple Silicon) 2": IN_PROCESS,
    "HuggingFace (Most Models Available) 1": IN_PROCESS,
    "HuggingFace (Most Models Available) 2": IN_PROCESS,
    "For Privacy-Sensitive Applications 1": IN_PROCESS,
    "For Specific Use Cases 4": IN_PROCESS,
    "From OpenAI SDK 1": "its first half needs the official SDK: run whole by tests/clients/test_seed_migration.py, "
    "its second half by test_the_second_half_of_a_migration_runs",
    "From Anthropic SDK 1": "X29: its first half leaves out `max_tokens`, which the official SDK demands; "
    "its second half is run by test_the_second_half_of_a_migration_runs",
    "MLX Issues 1": IN_PROCESS,
    "Batch Processing 1": "X7: it gathers a synchronous `generate` and imports no asyncio; "
    "test_gathering_runs_with_an_async_client runs it with those two mended",
    "The `unload()` Method 1": IN_PROCESS,
    "When to Use `unload()` 1": f'X29: `model="..."` is a placeholder; {IN_PROCESS}',
    "When to Use `unload()` 2": f"X29: `Entities` is a placeholder; {IN_PROCESS}",
}
"""Block → why it is not run as printed."""


FOUND_BY = (
    "OPENAI_BASE_URL",
    "OPENAI_API_KEY",
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_API_KEY",
    "OLLAMA_HOST",
    "LM_STUDIO_API_BASE",
)


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """The emulator, found by the variables of the official SDKs; keys of the developer's own are out of reach."""
    monkeypatch.delenv("ANTHROPIC_AUTH_TOKEN", raising=False)
    with Emulator() as running:
        for name in FOUND_BY:
            monkeypatch.setenv(name, running.environment()[name])
        yield running


@contextmanager
def executed(name: str, source: str, emulator: Emulator, **supplied: Any) -> Iterator[Ran]:
    """The block, run; what it made is let go of at the end, connections included."""
    names = {"__name__": "__main__", **supplied}
    if PAGE_IMPORTS not in BLOCKS[name].source:
        run(compile(ported(PAGE_IMPORTS), str(GUIDE), "exec"), names)
    try:
        yield Ran(names, run(BLOCKS[name].compiled(source), names), emulator)
    finally:
        names.clear()


def test_every_block_is_accounted_for() -> None:
    assert set(BLOCKS) == set(RUN) | set(NOT_YET)
    assert not set(RUN) & set(NOT_YET)
    assert len(BLOCKS) == 34


def test_only_import_lines_are_changed() -> None:
    for name in RUN:
        before, after = (text.splitlines() for text in (BLOCKS[name].source, ported(BLOCKS[name].source)))
        changed = [old for old, new in zip(before, after, strict=True) if old != new]
        assert all(line.startswith("from abstractllm") for line in changed)


@pytest.mark.parametrize("name", RUN, ids=[f"{ids} {name}" for name, (ids, _) in RUN.items()])
def test_block(emulator: Emulator, name: str) -> None:
    """S2.35: it is the same call for every provider."""
    _, check = RUN[name]
    with executed(name, ported(BLOCKS[name].source), emulator, prompts=PROMPTS) as ran:
        check(ran)


@pytest.mark.parametrize(
    ("name", "model"),
    [("From OpenAI SDK 1", "gpt-4o-mini"), ("From Anthropic SDK 1", "claude-3-5-haiku-latest")],
)
def test_the_second_half_of_a_migration_runs(emulator: Emulator, name: str, model: str) -> None:
    """S2.22."""
    _, after = ported(BLOCKS[name].source).split("# After\n")
    with executed(name, after, emulator) as ran:
        assert "Hello" in ran.names["response"].content
        assert ran.models() == [model]


def test_gathering_runs_with_an_async_client(emulator: Emulator) -> None:
    """S2.21, X7: what the block means, with `async_client=True` and the import it forgot; the calls overlap."""
    mended = BLOCKS["Batch Processing 1"].source.replace(
        'model="gpt-4o-mini")', 'model="gpt-4o-mini", async_client=True)'
    )
    emulator.fault(head_delay_seconds=0.3, times=None)
    with executed("Batch Processing 1", mended, emulator, asyncio=asyncio) as ran:
        answers = asyncio.run(ran.names["batch_generate"](PROMPTS))
    assert [answer.content for answer in answers] == ["one", "two", "three"]
    assert len({seen.client_port for seen in emulator.requests}) == 3


def test_gathering_a_blocking_client_says_what_to_do(emulator: Emulator) -> None:
    """X7: the block as printed, but for the import it forgot."""
    printed = ported(BLOCKS["Batch Processing 1"].source)
    with (
        executed("Batch Processing 1", printed, emulator, asyncio=asyncio) as ran,
        pytest.raises(TypeError, match="async_client=True"),
    ):
        asyncio.run(ran.names["batch_generate"](PROMPTS))


@pytest.mark.parametrize("number", ["000", "001", "003", "004"])
def test_no_other_seed_has_blocks_for_this_face(number: str) -> None:
    """They are about wrapped clients, provider classes, routers and the registry, which come later."""
    assert [name for name, block in python_blocks(seed(number)).items() if "create_llm" in block.source] == []
    assert python_blocks(seed(number))
