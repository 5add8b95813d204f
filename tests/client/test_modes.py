"""Modes: what each asks for, where it is refused, and the names that are kept for those who have them."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest
from pydantic import BaseModel

import dragoman
from dragoman import ConfigurationError, Mode, from_provider
from dragoman.client import mode as modes
from dragoman.testing import Emulator

from ..drive import MODES as FACES
from ..drive import settled

PROMPT = "John is 42 years old"


class User(BaseModel):
    name: str
    age: int


@pytest.fixture(autouse=True)
def told_of_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """As at the start of a process."""
    monkeypatch.setattr(modes, "_told", set[Mode]())


# ---------------------------------------------------------------------- names


def test_each_mode_is_of_tools_or_of_json() -> None:
    assert Mode.tool_modes() | Mode.json_modes() == {*Mode}
    assert Mode.tool_modes() & Mode.json_modes() == set()
    assert {Mode.TOOLS, Mode.FUNCTIONS, Mode.ANTHROPIC_TOOLS, Mode.RESPONSES_TOOLS} < Mode.tool_modes()
    assert {Mode.JSON, Mode.MD_JSON, Mode.MISTRAL_STRUCTURED_OUTPUTS, Mode.GENAI_JSON} < Mode.json_modes()
    parallel = {Mode.PARALLEL_TOOLS, Mode.ANTHROPIC_PARALLEL_TOOLS, Mode.VERTEXAI_PARALLEL_TOOLS}
    assert Mode.parallel_modes() == parallel


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode.core is not mode], ids=str)
def test_a_name_for_a_provider_is_told_of_once(mode: Mode) -> None:
    with pytest.warns(DeprecationWarning, match=f"^{mode} is deprecated: write {mode.core}; ") as told:
        assert modes.current(mode) is mode.core
    assert told[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert modes.current(mode) is mode.core


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode.core is mode], ids=str)
def test_a_core_mode_stands_for_itself(mode: Mode) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert modes.current(mode) is mode


@pytest.mark.parametrize("face", FACES)
def test_an_old_name_works_wherever_a_mode_may_be_named(emulator: Emulator, face: str) -> None:
    made = from_provider("openai/gpt-4o-mini", base_url=emulator.url, api_key="k", async_client=face == "async")
    with pytest.warns(DeprecationWarning, match=r"Mode\.FUNCTIONS is deprecated: write Mode\.TOOLS") as told:
        assert settled(made.create(User, input=PROMPT, mode=Mode.FUNCTIONS)).age == 42
    assert len(told) == 1
    settled(made.create(User, input=PROMPT, mode=Mode.FUNCTIONS))
    with pytest.warns(DeprecationWarning, match=r"Mode\.JSON_O1 is deprecated: write Mode\.JSON_SCHEMA"):
        assert from_provider("openai/gpt-4o-mini", api_key="k", mode=Mode.JSON_O1).mode is Mode.JSON_SCHEMA


@pytest.mark.parametrize(
    "make",
    [
        lambda mode: from_provider("openai/gpt-4o-mini", api_key="k", mode=mode),
        lambda mode: dragoman.create_llm("openai/gpt-4o-mini", api_key="k", mode=mode),
        lambda mode: dragoman.from_litellm(print, mode=mode),
        lambda mode: dragoman.explain_schema(User, "openai/gpt-4o-mini", mode=mode),
    ],
    ids=["from_provider", "create_llm", "from_litellm", "explain_schema"],
)
def test_the_value_of_a_mode_is_none(make: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^mode must be a Mode such as Mode\.TOOLS, not 'tool_call'$"):
        make("tool_call")


# ---------------------------------------------------------------------- the wire of a mode


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("of", ["client", "call"])
def test_responses_tools_speaks_the_responses_api(emulator: Emulator, face: str, of: str) -> None:
    mode = {"mode": Mode.RESPONSES_TOOLS}
    settings = {"base_url": emulator.url, "api_key": "k", "async_client": face == "async"}
    made = from_provider("openai/gpt-4o-mini", **settings, **(mode if of == "client" else {}))
    value = settled(made.create(response_model=User, input=PROMPT, **(mode if of == "call" else {})))
    assert value == User(name="John", age=42)
    seen = emulator.requests[-1]
    assert (seen.dialect, seen.wire["tools"][0]["name"]) == ("openai_responses", "User")


def test_a_client_in_that_mode_speaks_it_without_a_response_model_too(emulator: Emulator) -> None:
    made = from_provider("openai/gpt-4o-mini", base_url=emulator.url, api_key="k", mode=Mode.RESPONSES_TOOLS)
    made.create(input="Hi")
    assert emulator.requests[-1].dialect == "openai_responses"


# ---------------------------------------------------------------------- strict tools

STRICT: dict[str, tuple[str, str]] = {
    "openai_chat": ("openai", "gpt-4o-mini"),
    "openai_responses": ("openai", "gpt-4o-mini"),
    "anthropic_messages": ("anthropic", "claude-haiku-4-5"),
    "bedrock_converse": ("bedrock", "anthropic.claude-3-5-haiku-20241022-v1:0"),
    "cohere_v2": ("cohere", "command-a-03-2025"),
}


@pytest.mark.parametrize("dialect", STRICT)
def test_strict_tools_where_the_dialect_has_them(emulator: Emulator, dialect: str) -> None:
    provider, model = STRICT[dialect]
    settings: dict[str, Any] = {"base_url": emulator.url, "api_key": "k", "dialect": dialect}
    with dragoman.create_llm(provider, model, **settings) as llm:
        found = llm.extract(User, PROMPT, mode=Mode.TOOLS_STRICT)
    assert (found.value, found.response.warnings) == (User(name="John", age=42), ())
    request = emulator.requests[-1].request
    assert request is not None
    (tool,) = request.tools
    assert getattr(tool, "strict", None) is True
    assert request.tool_choice is not None
    assert request.tool_choice.mode == "required"


def test_strict_tools_are_offered_where_no_call_can_be_demanded(emulator: Emulator) -> None:
    settings: dict[str, Any] = {"base_url": emulator.url, "api_key": "k", "reasoning_budget": 2000}
    with dragoman.create_llm("anthropic", "claude-haiku-4-5", **settings) as llm:
        llm.extract(User, PROMPT, mode=Mode.TOOLS_STRICT)
    wire = emulator.requests[-1].wire
    assert "tool_choice" not in wire
    assert wire["tools"][0]["strict"] is True


@pytest.mark.parametrize(
    ("model", "mode"),
    [
        ("google/gemini-2.5-flash", Mode.TOOLS_STRICT),
        ("google/gemini-2.5-flash", Mode.RESPONSES_TOOLS),
        ("anthropic/claude-haiku-4-5", Mode.RESPONSES_TOOLS),
        ("deepseek/deepseek-chat", Mode.JSON_SCHEMA),
    ],
)
def test_a_mode_that_a_provider_has_not_is_refused_with_those_it_has(
    emulator: Emulator, model: str, mode: Mode
) -> None:
    said = rf"Mode {re.escape(str(mode))} not supported by \w+\. Supported modes: Mode\.TOOLS, "
    with pytest.raises(ValueError, match=said) as refused:
        from_provider(model, api_key="k", mode=mode)
    assert isinstance(refused.value, ConfigurationError)
    with pytest.raises(ConfigurationError, match=said):
        from_provider(model, api_key="k", base_url=emulator.url).create(User, input=PROMPT, mode=mode)
    assert emulator.requests == []
