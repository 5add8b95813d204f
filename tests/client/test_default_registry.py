"""`from_provider`: what is found, in which order, and that third parties are found both ways."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from typing import Any

import pytest

import dragoman
from dragoman import (
    AsyncInstructor,
    Instructor,
    Mode,
    ProviderConfig,
    from_provider,
    provider_registry,
    register_provider,
    use_keys,
)
from dragoman.client.default_registry import FLAG, SpecRegistry
from dragoman.client.provider_config import config_of
from dragoman.errors import ConfigurationError, MissingKey, ModelStringError, Overloaded, UnknownProvider
from dragoman.providers import ProviderSpec, built_in_names, get_spec, provider_names, registry
from dragoman.providers.auth import bearer
from dragoman.testing import Emulator, Fault

ACME = ProviderConfig("acme", "json", Mode.JSON, requires_auth=False)


def shown(**kwargs: Any) -> dict[str, Any]:
    """A factory that shows what it was given."""
    return kwargs


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    """What a test has registered is taken back."""
    yield
    for name in ("acme", "openai"):
        if name in provider_registry._entries:
            provider_registry.unregister(name)


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    for variable in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    with Emulator() as running:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{running.url}/v1")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", running.url)
        yield running


# ---------------------------------------------------------------------- our own providers


def test_every_provider_of_ours_is_there_from_the_start() -> None:
    assert provider_registry.list_providers() == provider_names()
    for name in built_in_names():
        assert provider_registry.has_provider(name)
        assert provider_registry.get_config(name) == config_of(get_spec(name))
        assert hasattr(provider_registry.get_factory(name), "create_client")


def test_nothing_is_loaded_before_it_is_used() -> None:
    """S4.21, S4.25."""
    code = """
import sys, dragoman
def loaded(): return [name for name in ("anthropic", "openai") if f"dragoman.providers.builtin.{name}" in sys.modules]
registry = dragoman.provider_registry
registry.list_providers(), registry.has_provider("openai"), repr(registry)
print(loaded())
registry.get_config("openai")
print(loaded(), "dragoman.dialects.anthropic_messages" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n['openai'] False\n"


def test_counting_loads_no_factory() -> None:
    """S4.11."""
    registry = SpecRegistry()
    total = len(provider_names())
    assert registry.stats() == {
        "total": total,
        "loaded": 0,
        "lazy": total,
        "deprecated": sum(get_spec(name).deprecated is not None for name in built_in_names()),
    }
    registry.get_factory("openai")
    registry.register(ACME, shown)
    registry.register(ProviderConfig("anthropic", "json", Mode.TOOLS), shown, replace=True)
    counts = registry.stats()
    assert (counts["total"], counts["loaded"], counts["lazy"]) == (total + 1, 3, total - 2)


@pytest.mark.parametrize("model", ["openai/gpt-4o-mini", "OpenAI/gpt-4o-mini", "anthropic/claude-haiku-4-5"])
def test_a_client_of_ours(emulator: Emulator, model: str) -> None:
    with from_provider(model, api_key="k", temperature=0.5, max_tokens=60) as client:
        assert isinstance(client, Instructor)
        assert client.create(messages=[{"role": "user", "content": "Say exactly: hello"}]).content == "hello"
    (seen,) = emulator.requests
    assert seen.request is not None
    assert f"{client.provider}/{seen.request.model}" == model.lower()
    assert (seen.request.temperature, seen.request.max_tokens) == (0.5, 60)


def test_an_awaited_client() -> None:
    assert isinstance(from_provider("openai/gpt-4o-mini", api_key="k", async_client=True), AsyncInstructor)


@pytest.mark.parametrize("text", ["gpt-4o", "/gpt-4o", "openai/", ""])
def test_a_model_string_needs_both_halves(text: str) -> None:
    """S4.14, X18."""
    with pytest.raises(ModelStringError, match=rf"Model must be in 'provider/model-name' format\. Got: {text}"):
        from_provider(text)


def test_a_model_string_is_split_at_the_first_slash() -> None:
    """S4.14."""
    provider_registry.register(ACME, shown)
    assert from_provider("Acme/org/model")["model"] == "org/model"


def test_an_unknown_provider_lists_the_known() -> None:
    with pytest.raises(UnknownProvider, match=r"Unknown provider: nobody\. Available: .*anthropic.*openai"):
        from_provider("nobody/model")


@pytest.mark.parametrize(("name", "meant"), [("opnai", "openai"), ("claude", "anthropic"), ("acmee", "acme")])
def test_an_unknown_provider_says_which_may_be_meant(name: str, meant: str) -> None:
    provider_registry.register(ACME, shown)
    with pytest.raises(UnknownProvider, match=rf"^Unknown provider: {name}\. Did you mean `{meant}`\? Available: "):
        from_provider(f"{name}/model")


# ---------------------------------------------------------------------- keys


def test_a_missing_key_is_told_at_once(emulator: Emulator) -> None:
    with pytest.raises(MissingKey, match=r"API key required for openai\. Set OPENAI_API_KEY environment variable or"):
        from_provider("openai/gpt-4o-mini")
    assert from_provider("openai_compatible/any", base_url=emulator.url)


def ask(emulator: Emulator, client: Instructor) -> str:
    """The key with which `client` asks."""
    client.create(messages=[{"role": "user", "content": "Hi"}])
    client.close()
    headers = emulator.requests[-1].headers
    sent = headers["x-api-key"] if "x-api-key" in headers else headers["authorization"]
    assert isinstance(sent, dragoman.Secret)
    return sent.reveal()


def test_a_key_of_ours_is_looked_for_at_each_call(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """X5: the environment is seen as it is at the call, and lent keys go before it."""
    monkeypatch.setenv("OPENAI_API_KEY", "first")
    client = from_provider("openai/gpt-4o-mini")
    monkeypatch.setenv("OPENAI_API_KEY", "second")
    with use_keys(openai="lent"):
        client.create(input="Hi")
    assert emulator.requests[-1].headers["authorization"] == dragoman.Secret("Bearer lent")
    assert ask(emulator, client) == "Bearer second"


def test_a_lent_key_is_a_key(emulator: Emulator) -> None:
    with use_keys(openai="lent"):
        assert ask(emulator, from_provider("openai/gpt-4o-mini")) == "Bearer lent"


def test_any_of_the_variables_of_a_provider_will_do(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token")
    assert ask(emulator, from_provider("anthropic/claude-haiku-4-5")) == "Bearer token"


# ---------------------------------------------------------------------- modes and caches


@pytest.mark.parametrize(
    ("asked", "used"),
    [
        (None, Mode.TOOLS),
        (Mode.TOOLS, Mode.TOOLS),
        (Mode.ANTHROPIC_TOOLS, Mode.TOOLS),
        (Mode.ANTHROPIC_JSON, Mode.JSON),
        (Mode.ANTHROPIC_REASONING_TOOLS, Mode.REASONING_TOOLS),
        (Mode.MD_JSON, Mode.MD_JSON),
        (Mode.JSON_SCHEMA, Mode.JSON_SCHEMA),
        (Mode.TOOLS_STRICT, Mode.TOOLS_STRICT),
    ],
)
@pytest.mark.filterwarnings("ignore:Mode:DeprecationWarning")
def test_modes_that_work(asked: Mode | None, used: Mode) -> None:
    assert from_provider("anthropic/claude-haiku-4-5", api_key="k", mode=asked).mode is used


@pytest.mark.parametrize(
    ("model", "mode"),
    [("anthropic/claude-haiku-4-5", Mode.RESPONSES_TOOLS), ("google/gemini-2.5-flash", Mode.TOOLS_STRICT)],
)
def test_modes_that_do_not_work_are_refused(model: str, mode: Mode) -> None:
    with pytest.raises(ValueError, match=rf"Mode {mode} not supported by \w+\. Supported modes: Mode\.TOOLS"):
        from_provider(model, api_key="k", mode=mode)


def test_a_cache_is_handed_on() -> None:
    """X15."""
    cache = object()
    provider_registry.register(ACME, shown)
    assert from_provider("acme/model", cache=cache)["cache"] is cache
    assert "cache" not in from_provider("acme/model")


def test_a_cache_that_would_not_be_used_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="cache= is an AutoCache, a DiskCache or a BaseCache of yours, not ob"):
        from_provider("openai/gpt-4o-mini", api_key="k", cache=object())


def test_an_option_that_nobody_knows_is_refused(emulator: Emulator) -> None:
    client = from_provider("openai/gpt-4o-mini", api_key="k", temprature=0)
    with pytest.raises(ConfigurationError, match="did you mean `temperature`"):
        client.create(input="Hi")


@pytest.mark.parametrize("given", [None, get_spec("openai")])
def test_a_model_is_named_by_text(given: Any) -> None:
    with pytest.raises(ModelStringError, match="from_provider takes 'provider/model', not "):
        from_provider(given)


# ---------------------------------------------------------------------- third parties


@pytest.mark.parametrize("lazy", [True, False])
def test_what_is_registered_is_found(lazy: bool) -> None:
    """S4.13, S4.20."""
    made = register_provider(ACME, lazy=lazy)(shown)
    assert made is shown
    assert provider_registry._entries["acme"].loaded is not lazy
    assert "acme" in provider_registry.list_providers()
    assert from_provider("acme/m", size=3) == {
        "api_key": None,
        "model": "m",
        "mode": Mode.JSON,
        "async_client": False,
        "size": 3,
    }


def test_ours_are_not_replaced_by_accident() -> None:
    record = ProviderConfig("OpenAI", "json", Mode.TOOLS, requires_auth=False)
    with pytest.raises(ValueError, match="replace=True"):
        register_provider(record)(shown)
    assert isinstance(from_provider("openai/gpt-4o", api_key="k"), Instructor)
    register_provider(record, replace=True)(shown)
    assert from_provider("openai/gpt-4o")["model"] == "gpt-4o"
    provider_registry.unregister("openai")
    assert isinstance(from_provider("openai/gpt-4o", api_key="k"), Instructor)


PLUGIN = ProviderSpec(
    name="plugin", dialect="openai_chat", base_url="http://127.0.0.1:1/v1", auth=bearer("PLUGIN_KEY"), deprecated="Old."
)


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, __name__, sys.modules[shown.__module__])
    entry = EntryPoint("plugin", f"{__name__}:PLUGIN", "dragoman.providers")
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: [entry])
    monkeypatch.setattr(registry, "_loaded", {})


@pytest.mark.usefixtures("plugin")
def test_a_plugin_is_listed_unread_and_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """S4.1, S4.20."""
    registry = SpecRegistry()
    assert "plugin" in registry.list_providers()
    before = registry.stats()["deprecated"]
    assert registry.get_config("plugin").env_var_name == "PLUGIN_KEY"
    assert registry.stats()["deprecated"] == before + 1
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client = from_provider("plugin/m", api_key="k")
    assert isinstance(client, Instructor)
    assert [(str(warning.message), warning.filename) for warning in caught] == [("Old.", __file__)]


def test_a_deprecation_is_told_once(emulator: Emulator) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client = from_provider("perplexity/sonar", api_key="k", base_url=emulator.url)
        client.create(response_model=int, messages=[{"role": "user", "content": "The number is 42"}])
    assert [(warning.category, warning.filename) for warning in caught] == [(DeprecationWarning, __file__)]


def test_a_plugin_that_is_gone_is_not_found() -> None:
    assert not provider_registry.has_provider("plugin")
    with pytest.raises(UnknownProvider):
        provider_registry.get_config("plugin")


# ---------------------------------------------------------------------- the way back


@pytest.mark.parametrize(
    ("value", "found"), [(None, True), ("true", True), ("", True), ("false", False), ("False", False), ("0", False)]
)
def test_what_is_registered_can_be_left_out_of_account(
    value: str | None, found: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S4.22: set to `false` by hand, only the providers that have a spec are left."""
    provider_registry.register(ACME, shown)
    monkeypatch.delenv(FLAG, raising=False)
    if value is not None:
        monkeypatch.setenv(FLAG, value)
    assert from_provider("openai/gpt-4o", api_key="k").provider == "openai"
    if found:
        assert from_provider("acme/m")
        return
    with pytest.raises(UnknownProvider):
        from_provider("acme/m")


# ---------------------------------------------------------------------- what an SDK's client takes


@pytest.mark.parametrize(
    ("options", "headers", "target"),
    [
        ({"default_headers": {"x-a": "1"}}, {"x-a": "1"}, ""),
        ({"default_headers": {"x-a": "1"}, "headers": {"x-a": "2"}}, {"x-a": "2"}, ""),
        ({"organization": "org-1"}, {"openai-organization": "org-1"}, ""),
        ({"default_query": {"v": "1 2"}}, {}, "?v=1+2"),
        ({"organization": None, "default_headers": None}, {}, ""),
    ],
)
def test_names_that_openais_sdk_has(
    emulator: Emulator, options: dict[str, Any], headers: dict[str, str], target: str
) -> None:
    from_provider("openai/gpt-4o-mini", api_key="k", base_url=emulator.url, **options).create(input="Hi")
    seen = emulator.requests[-1]
    assert {name: seen.headers.get(name) for name in headers} == headers
    assert seen.target.endswith(target)


def test_max_retries_of_a_client_are_those_of_each_request(emulator: Emulator) -> None:
    """As the SDK's; how often a value is asked for again is said in the call."""
    emulator.script(Fault(status=503), Fault(status=503))
    client = from_provider("openai/gpt-4o-mini", api_key="k", base_url=emulator.url, max_retries=1)
    with pytest.raises(Overloaded):
        client.create(input="Hi")
    assert len(emulator.requests) == 2


def test_an_organization_where_there_are_none_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="`groq` knows no organization"):
        from_provider("groq/llama-3.3-70b-versatile", api_key="k", organization="org-1")


def test_fields_of_the_body_of_every_call(emulator: Emulator) -> None:
    thinking = {"type": "enabled", "budget_tokens": 1024}
    client = from_provider(
        "anthropic/claude-haiku-4-5", api_key="k", base_url=emulator.url, thinking=thinking, max_tokens=3000
    )
    client.create(input="Hi")
    client.create(input="Hi", thinking={"type": "disabled"})
    assert [seen.wire["thinking"] for seen in emulator.requests] == [thinking, {"type": "disabled"}]
    assert client.kwargs == {"model": "claude-haiku-4-5", "thinking": thinking}
