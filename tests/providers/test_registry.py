"""Providers are found by their file's name, loaded when asked for."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import EntryPoint
from pathlib import Path
from threading import Barrier
from types import ModuleType
from typing import Any

import pytest

import dragoman
from dragoman.errors import ConfigurationError, ModelStringError, UnknownProvider
from dragoman.messages import Loss
from dragoman.providers import ProviderSpec, built_in_names, get_spec, provider_names, registry, split_model
from dragoman.providers.auth import bearer
from dragoman.providers.quirks import drop, rename


@pytest.mark.parametrize("name", provider_names())
def test_every_provider_file_holds_its_spec(name: str) -> None:
    spec = get_spec(name)
    assert spec.name == name
    assert spec.base_url is not None or spec.base_url_env


@pytest.mark.parametrize("name", built_in_names())
def test_a_provider_file_is_small(name: str) -> None:
    """What does not fit is machinery, and lies beside the folder."""
    module = sys.modules[f"dragoman.providers.builtin.{get_spec(name).name}"]
    assert len(Path(str(module.__file__)).read_text().splitlines()) < 40


@pytest.mark.parametrize(
    ("fields", "prices", "listing"),
    [
        ({}, "small", "anthropic_models"),
        ({"price_list": "large", "listing": "openai_models"}, "large", "openai_models"),
        ({"price_list": None, "listing": None}, None, None),
    ],
)
def test_what_a_file_need_not_say(fields: dict[str, Any], prices: str | None, listing: str | None) -> None:
    spec = ProviderSpec(name="small", dialect="anthropic_messages", auth=bearer("K"), **fields)
    assert (spec.prices, spec.listing_for("m")) == (prices, listing)


@pytest.mark.parametrize(
    ("fields", "model", "listed"),
    [
        ({}, "vendor/m", ("small", "vendor/m")),
        ({"price_list": "large"}, "m", ("large", "m")),
        ({"price_list": None}, "m", None),
        ({"passes_on": True}, "openai/gpt-4o", ("openai", "gpt-4o")),
        ({"passes_on": True}, "openrouter/openai/gpt-4o", ("openrouter", "openai/gpt-4o")),
        ({"passes_on": True}, "gpt-4o", None),
    ],
)
def test_where_a_model_is_listed(fields: dict[str, Any], model: str, listed: tuple[str, str] | None) -> None:
    spec = ProviderSpec(name="small", dialect="openai_chat", auth=bearer("K"), **fields)
    assert spec.listed(model) == listed


@pytest.mark.parametrize("spelling", ["openai_compatible", "OpenAI-Compatible", " openai-compatible "])
def test_names_are_forgiving(spelling: str) -> None:
    assert get_spec(spelling).name == "openai_compatible"


@pytest.mark.parametrize("name", ["nobody", "spec", "registry", "__init__", "open ai", "", "../openai", "os.path"])
def test_an_unknown_name_lists_the_known(name: str) -> None:
    with pytest.raises(UnknownProvider, match=r"Known: .*anthropic.*openai") as caught:
        get_spec(name)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("vertex_ai", "vertex"),
        ("gemini", "google"),
        ("azure", "azure_openai"),
        ("openai:gpt-4o", "openai/gpt-4o"),
        ("gemini:gemini-2.5-pro", "google/gemini-2.5-pro"),
        ("anthropic:claude-haiku-4-5", "anthropic/claude-haiku-4-5"),  # which Vertex has by this very name
        ("gguf", "huggingface"),
        ("hosted_vllm", "vllm"),
        ("opanai", "openai"),
    ],
)
def test_an_unknown_name_says_which_may_be_meant(name: str, meant: str) -> None:
    for ask in (get_spec, dragoman.create_llm):
        with pytest.raises(UnknownProvider, match=f"Did you mean `{meant}`"):
            ask(name)


def test_a_deprecated_name_is_not_named() -> None:
    with pytest.raises(UnknownProvider) as caught:
        get_spec("vertexaii")
    assert "Did you mean `vertexai`" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "option", "said"),
    [
        ("vertex", "region", r"`region` is no setting of `vertex`: location= is meant. It takes project=, location="),
        ("bedrock", "location", r"region= is meant. It takes region="),
        ("bedrock", "account_id", r"is no setting of `bedrock`. It takes region="),
        ("openai", "region", r"is no setting of `openai`. It has none"),
    ],
)
def test_another_providers_setting_is_refused_by_name(name: str, option: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        dragoman.create_llm(name, "m", **{option: "x"})  # pyright: ignore[reportArgumentType, reportCallIssue]  # any of them


def test_asking_for_one_provider_loads_no_other() -> None:
    code = "import sys; from dragoman.providers import get_spec; get_spec('openai'); print('dragoman.providers.builtin.anthropic' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
        == "False"
    )


@pytest.mark.parametrize(
    ("text", "provider", "model"),
    [("openai/gpt-4o", "openai", "gpt-4o"), ("OpenRouter/openai/gpt-4o", "openrouter", "openai/gpt-4o")],
)
def test_a_model_string_splits_at_its_first_slash(text: str, provider: str, model: str) -> None:
    assert split_model(text) == (provider, model)


@pytest.mark.parametrize("text", ["gpt-4o", "/gpt-4o", "openai/", ""])
def test_what_is_no_model_string_is_refused(text: str) -> None:
    with pytest.raises(ModelStringError, match=r"'provider/model-name' format\. Got: ") as caught:
        split_model(text)
    assert isinstance(caught.value, ValueError)


SPEC = ProviderSpec(name="plugin", dialect="openai_chat", base_url="http://h/v1", auth=bearer("PLUGIN_KEY"))


def test_a_plugin_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("Plug-In", f"{__name__}:SPEC", "dragoman.providers")
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: [entry])
    assert get_spec("plug_in") == SPEC
    assert "plug_in" in provider_names()


class Remade(ModuleType):
    """A plugin that makes its spec anew for all who read it, here for two at once."""

    both = Barrier(2)

    @property
    def spec(self) -> ProviderSpec:
        self.both.wait(timeout=60)
        return ProviderSpec(name="remade", dialect="openai_chat", base_url="http://h/v1", auth=bearer("K"))


def test_threads_that_ask_at_once_get_one_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "remade", Remade("remade"))
    entry = EntryPoint("remade", "remade:spec", "dragoman.providers")
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: [entry])
    monkeypatch.setattr(registry, "_loaded", {})
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(get_spec, ["remade", "Remade"])
    assert first is second is get_spec("remade")


def test_a_plugin_that_is_no_spec_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("bad", "os:sep", "dragoman.providers")
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: [entry])
    with pytest.raises(ConfigurationError, match="not a ProviderSpec"):
        get_spec("bad")


def test_a_plugin_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("broken", "no_such_package.spec:SPEC", "dragoman.providers")
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: [entry])
    with pytest.raises(
        ConfigurationError, match=r"`no_such_package\.spec:SPEC` for provider `broken` .*No module"
    ) as caught:
        get_spec("broken")
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_quirks_change_the_body_and_say_what_is_lost() -> None:
    body = {"max_completion_tokens": 5, "seed": 1}
    assert rename("max_completion_tokens", "max_tokens", why="old name").apply(body) == ()
    assert rename("absent", "x", why="").apply(body) == ()
    assert drop("seed", why="unknown there").apply(body) == (Loss(effect="dropped", where="seed", why="unknown there"),)
    assert drop("seed", why="unknown there").apply(body) == ()
    assert body == {"max_tokens": 5}
