"""Every block of the tutorial's chapter (seeds 000 and 001) that can run does, through the official SDKs' clients (X29).

Only the import line is changed. Every block is in `RUN` or in `NOT_RUN`. What a block leaves to its reader, such as
`MyModel` or `text`, is given to it. Blocks that name an address of this machine are run behind a proxy, the emulator.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from anthropic import Anthropic
from google import genai
from openai import OpenAI
from pydantic import BaseModel, Field

import dragoman
from dragoman import Instructor, LLMResponse, Request, ToolCall
from dragoman.testing import Emulator, Fault
from tests.markdown import run
from tests.seeds.guide import ABSENT, changed_lines, ported, python_blocks, seed

LONG, SHORT = seed("000"), seed("001")
BLOCKS = {
    **{f"000 {name}": block for name, block in python_blocks(LONG).items()},
    **{f"001 {name}": block for name, block in python_blocks(SHORT).items()},
}

pytestmark = pytest.mark.skipif(LONG is None or SHORT is None, reason=ABSENT)

Names = dict[str, Any]


class MyModel(BaseModel):
    """What the reader brings."""

    name: str
    age: int = Field(ge=0, le=150)


class Ran(NamedTuple):
    """A block that has run: its names, what it printed, and who was asked."""

    names: Names
    printed: str
    emulator: Emulator

    def asked(self) -> list[tuple[str, str]]:
        """The models, each with where it was asked for."""
        return [(str(seen.request.model), seen.path) for seen in self.emulator.requests if seen.request]


def says(**arguments: Any) -> Callable[[Request], LLMResponse]:
    """The answer with these fields: by the tool that is offered, else as JSON."""

    def answer(request: Request) -> LLMResponse:
        if not request.tools:
            return LLMResponse(json.dumps(arguments))
        (tool,) = request.tools
        return LLMResponse(parts=(ToolCall(id="call_1", name=tool.name, arguments=arguments),))

    return answer


CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
TEXT = "John Smith is 42 years old"
JOHN = MyModel(name="John Smith", age=42)


def openai() -> Names:
    return {"client": dragoman.from_openai(OpenAI())}


def anthropic() -> Names:
    return {"client": dragoman.from_anthropic(Anthropic())}


def gemini() -> Names:
    return {"client": dragoman.from_gemini(genai.Client())}


def module() -> Names:
    return {"instructor": dragoman}


def nothing() -> Names:
    return {}


# ---------------------------------------------------------------------- what is seen when a block has run


def printed_as_promised(ran: Ran) -> None:
    """S0.6: the plain repr of the caller's own class."""
    assert ran.printed == "name='John Smith' email='john@acme.io' company='Acme Corp'\n"
    assert ran.asked() == [("gpt-4o", CHAT)]
    (tool,) = ran.emulator.requests[0].wire["tools"]
    assert "Full name of the person" in str(tool)


def two_models(*asked: tuple[str, str]) -> Callable[[Ran], None]:
    def check(ran: Ran) -> None:
        assert ran.asked() == list(asked)
        assert ran.names["result"] == JOHN

    return check


def configured(ran: Ran) -> None:
    """S0.10-S0.12: what the SDK's client was given holds; a 503 is its to try again, a wrong answer ours."""
    client, raw = ran.names["client"], ran.names["raw_client"]
    assert ran.names["result"] == JOHN
    assert (raw.timeout, raw.max_retries, client.client) == (30.0, 2, raw)
    seen = ran.emulator.requests
    assert [len(each.wire["messages"]) > 1 for each in seen] == [False, True, True]
    assert {str(each.headers["openai-organization"]) for each in seen} == {"org-..."}
    assert {each.wire["temperature"] for each in seen} == {0.0}


def summarised(ran: Ran) -> None:
    assert ran.asked() == [("claude-sonnet-4-20250514", MESSAGES)]
    assert ran.emulator.requests[0].wire["max_tokens"] == 1024
    assert ran.names["summary"].headline == "Fine"


def with_a_system_prompt(ran: Ran) -> None:
    """S0.19."""
    assert ran.names["summary"] == JOHN
    (seen,) = ran.emulator.requests
    assert "precise data extraction" in str(seen.wire["system"])
    assert [message["role"] for message in seen.wire["messages"]] == ["user"]


def a_recipe(ran: Ran) -> None:
    assert ran.printed == "Cookies -- 30 min, easy\n"
    assert [(model, path.rpartition("/")[2]) for model, path in ran.asked()] == [
        ("gemini-1.5-pro", "gemini-1.5-pro:generateContent")
    ]


def of_gemini(ran: Ran) -> None:
    assert [model for model, _ in ran.asked()] == ["gemini-1.5-pro", "gemini-1.5-flash"]
    assert ran.names["result"] == JOHN


def key_points(ran: Ran) -> None:
    """S0.25: through a proxy, which the SDK's client finds in the environment."""
    assert ran.names["result"].topic == "health"
    assert ran.names["client"].provider == "ollama"
    assert ran.asked() == [("llama3.1", f"http://localhost:11434{CHAT}")]


def routed(ran: Ran) -> None:
    """S0.34."""
    assert (ran.names["client"].provider, ran.names["model"]) == ("openai", "gpt-4o")
    task, tier, choose = ran.names["TaskType"], ran.names["Tier"], ran.names["get_client_and_model"]
    chosen = [
        (choose(task.SUMMARIZATION, each)[0].provider, choose(task.SUMMARIZATION, each)[1])
        for each in (tier.FREE, tier.PRO)
    ]
    assert chosen == [("openai", "gpt-4o-mini"), ("anthropic", "claude-sonnet-4-20250514")]
    for client, model in (choose(each, tier.PRO) for each in task):
        assert client.create(response_model=MyModel, model=model, messages=[{"role": "user", "content": TEXT}]) == JOHN


def fell_back(ran: Ran) -> None:
    """S0.36-S0.39: the first is overloaded, the second answers nonsense three times, the third is right."""
    assert ran.printed == "name='John' age=32 interests=['hiking', 'cooking']\n"
    models = [model for model, _ in ran.asked()]
    assert models == ["gpt-4o"] * 3 + ["claude-sonnet-4-20250514"] * 3 + ["gpt-4o-mini"]
    ran.emulator.fault(status=400, times=None)
    with pytest.raises(RuntimeError, match=r"^All 3 providers failed\. Last error: "):
        ran.names["chain"].create(messages=[{"role": "user", "content": TEXT}], response_model=MyModel)


def migrated(ran: Ran) -> None:
    """S0.42: the system prompt arrives in both manners."""
    assert ran.asked() == [("gpt-4o", CHAT), ("claude-sonnet-4-20250514", MESSAGES)]
    before, after = (seen.request for seen in ran.emulator.requests)
    assert before is not None
    assert after is not None
    assert before.messages == after.messages
    assert ran.names["result"] == JOHN


def local_in_development(ran: Ran) -> None:
    """S0.43."""
    assert ran.asked() == [("llama3.1", f"http://localhost:11434{CHAT}")]
    assert ran.names["result"] == JOHN


def made_by_environment(ran: Ran) -> None:
    """S0.44."""
    create = ran.names["create_client"]
    client, model = create()
    assert (client.provider, model) == ("openai", "gpt-4o-mini")
    with pytest.MonkeyPatch.context() as patch:
        for provider, name in (("anthropic", "claude-sonnet-4-20250514"), ("ollama", "llama3.1")):
            patch.setenv("LLM_PROVIDER", provider)
            patch.setenv("LLM_MODEL", name)
            client, model = create()
            assert (client.provider, model) == (provider, name)
        patch.setenv("LLM_PROVIDER", "nobody")
        with pytest.raises(ValueError, match=r"^Unknown provider: nobody$"):
            create()


def a_client(provider: str) -> Callable[[Ran], None]:
    def check(ran: Ran) -> None:
        assert isinstance(ran.names["client"], Instructor)
        assert ran.names["client"].provider == provider

    return check


def without_max_tokens(ran: Ran) -> None:
    """S1.2: on Anthropic's client by OpenAI's path."""
    assert isinstance(ran.names["result"], MyModel)
    (seen,) = ran.emulator.requests
    assert (seen.path, seen.wire["model"], seen.wire["max_tokens"]) == (MESSAGES, "claude-3-5-sonnet-20241022", 4096)


def three_points(ran: Ran) -> None:
    """S1.4."""
    assert ran.names["resp"] == ["a", "b", "c"]
    assert ran.asked() == [("llama3.1", f"http://localhost:11434{CHAT}")]


RIGHT = says(name="John Smith", age=42)
READER: Names = {"MyModel": MyModel, "text": TEXT}


class Row(NamedTuple):
    """A block: the promises it makes, how it is seen that they hold, what its reader brings, what the models say."""

    ids: str
    check: Callable[[Ran], None]
    supplied: Mapping[str, Any] = MappingProxyType({})
    earlier: Callable[[], Names] = nothing
    script: tuple[Any, ...] = ()
    proxied: bool = False


RUN = {
    "000 Basic Setup 1": Row(
        "S0.6 S0.7 S0.8 S0.14",
        printed_as_promised,
        script=(says(name="John Smith", email="john@acme.io", company="Acme Corp"),),
    ),
    "000 Model Selection Guide 1": Row(
        "S0.9",
        two_models(("gpt-4o", CHAT), ("gpt-4o-mini", CHAT)),
        {"complex_document": TEXT, "short_text": TEXT, "DetailedAnalysis": MyModel, "SimpleLabel": MyModel},
        openai,
    ),
    "000 Advanced Configuration 1": Row(
        "S0.5 S0.10 S0.11 S0.12",
        configured,
        READER,
        module,
        (says(name="John Smith", age=-1), Fault(status=503, retry_after=0), RIGHT),
    ),
    "000 Basic Setup 2": Row(
        "S0.16 S0.17 S0.18", summarised, script=(says(headline="Fine", key_points=["a"], sentiment="neutral"),)
    ),
    "000 Understanding Tool Use Mode 1": Row(
        "S0.19", with_a_system_prompt, {"document_text": TEXT, "Summary": MyModel}, anthropic
    ),
    "000 Model Selection 1": Row(
        "S0.20",
        two_models(("claude-sonnet-4-20250514", MESSAGES), ("claude-3-opus-20240229", MESSAGES)),
        {**READER, "complex_text": TEXT, "DetailedModel": MyModel},
        anthropic,
    ),
    "000 Basic Setup 3": Row(
        "S0.22 S0.23",
        a_recipe,
        script=(says(name="Cookies", ingredients=["flour"], prep_time_minutes=30, difficulty="easy"),),
    ),
    "000 Model Selection 2": Row(
        "S0.23",
        of_gemini,
        {"long_document": TEXT, "short_text": TEXT, "MyModel": MyModel, "SimpleModel": MyModel},
        gemini,
    ),
    "000 Setup 1": Row("S0.25", key_points, script=(says(points=["a"], topic="health"),), proxied=True),
    "000 Routing by Tenant or Task 1": Row("S0.34", routed),
    "000 Fallback Chains 1": Row(
        "S0.35 S0.36 S0.37 S0.38 S0.39",
        fell_back,
        script=(
            *[Fault(status=503, retry_after=0)] * 3,
            *[says(name="John")] * 3,
            says(name="John", age=32, interests=["hiking", "cooking"]),
        ),
    ),
    "000 From OpenAI to Anthropic 1": Row("S0.42", migrated, READER),
    "000 From Any Provider to Ollama (for Local Development) 1": Row(
        "S0.43", local_in_development, READER, proxied=True
    ),
    "000 Environment Variable Pattern 1": Row("S0.44", made_by_environment),
    "001 OpenAI (recap) 1": Row("S1.1", a_client("openai")),
    "001 Anthropic (Claude) 1": Row("S1.1 S1.2", without_max_tokens, READER),
    "001 Google (Gemini) 1": Row("S1.1", a_client("google")),
    "001 Local Development with Ollama 1": Row("S1.1 S1.4", three_points, script=(says(value=["a", "b", "c"]),), proxied=True),
    "001 Routing by Tenant 1": Row("S1.5", a_client("anthropic"), {"Anthropic": Anthropic, "OpenAI": OpenAI}, module),
}  # fmt: skip

NOT_RUN = {
    "000 Setup 2": "it imports litellm: run by test_the_proxy_block of litellm_function.py, where that is",
    "000 Testing Across Providers 1": "it is a module of pytest's: run by test_their_tests_pass",
    "001 Fallback Strategy 1": "X28: `...` stands for the arguments: run by test_the_fallback_block with those",
}
"""Block → why it is not run as printed, and by what it is run otherwise."""


@pytest.fixture(scope="module")
def running() -> Iterator[Emulator]:
    with Emulator(seed=7) as emulator:
        yield emulator


@pytest.fixture
def emulator(running: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """Found by the variables of the official SDKs; keys of the developer's own are out of reach."""
    running.reset()
    monkeypatch.delenv("ANTHROPIC_AUTH_TOKEN", raising=False)
    for name, value in running.environment().items():
        monkeypatch.setenv(name, value)
    return running


@pytest.mark.parametrize("name", RUN)
def test_block(name: str, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    row, block = RUN[name], BLOCKS[name]
    if row.proxied:
        monkeypatch.setenv("HTTP_PROXY", emulator.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
    emulator.script(*row.script)
    names: Names = {"__name__": "__main__", "BaseModel": BaseModel, **row.earlier(), **row.supplied}
    row.check(Ran(names, run(block.compiled(ported(block.source)), names), emulator))


def test_every_block_is_accounted_for() -> None:
    assert set(BLOCKS) == set(RUN) | set(NOT_RUN)
    assert not set(RUN) & set(NOT_RUN)
    assert len(BLOCKS) == 22


def test_only_import_lines_are_changed() -> None:
    for block in BLOCKS.values():
        assert set(changed_lines(block.source)) <= {"import instructor"}


def test_their_tests_pass(emulator: Emulator, tmp_path: Path) -> None:
    """S0.1, S0.3, S0.40: the tutorial's own tests, with both clients: one schema, one type that comes back."""
    emulator.script(*[says(title="The Matrix", rating=8.5, pros=["effects"], cons=["pacing"])] * 4)
    module = tmp_path / "test_reviews.py"
    module.write_text(ported(BLOCKS["000 Testing Across Providers 1"].source))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(module)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert "4 passed" in done.stdout, done.stdout[-3000:]
    assert [seen.path for seen in emulator.requests] == [CHAT, MESSAGES] * 2


def test_the_fallback_block(emulator: Emulator) -> None:
    """S1.6, with its `...` filled in: a conversation and a type."""
    source = BLOCKS["001 Fallback Strategy 1"].source.replace(
        "create(...,", 'create(messages=[{"role": "user", "content": text}], response_model=MyModel,'
    )
    names: Names = {
        "primary": dragoman.from_openai(OpenAI(max_retries=0)),
        "backup": dragoman.from_anthropic(Anthropic()),
        **READER,
    }
    exec(source, names)
    emulator.fault(status=503)
    assert names["safe_generate"]() == JOHN
    assert [seen.path for seen in emulator.requests] == [CHAT, MESSAGES]
    emulator.reset()
    assert names["safe_generate"]() == JOHN
    assert [seen.path for seen in emulator.requests] == [CHAT]
