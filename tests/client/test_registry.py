"""The registry of clients: what may be registered, what is loaded when, and what is checked before a client is made."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from types import ModuleType
from typing import Any

import pytest

from dragoman import Mode, ProviderConfig, ProviderRegistry, Secret
from dragoman.errors import ConfigurationError, MissingKey, MissingPackage, UnknownProvider


def config(name: str = "test", **given: Any) -> ProviderConfig:
    """A provider that needs nothing which is not there."""
    return ProviderConfig(
        **{"name": name, "package_name": "json", "default_mode": Mode.TOOLS, "requires_auth": False, **given}
    )


def returns(**kwargs: Any) -> dict[str, Any]:
    """A factory that shows what it was given."""
    return kwargs


class Factory:
    def create_client(self, **kwargs: Any) -> dict[str, Any]:
        return {"made_by": "an object", **kwargs}


class Nested:
    factory = Factory()


def registry_with(config: ProviderConfig, factory: Any = returns) -> ProviderRegistry:
    registry = ProviderRegistry()
    registry.register(config, factory)
    return registry


# ---------------------------------------------------------------------- registering


def test_provider_registration() -> None:
    """S4.6, S4.8, S4.10."""
    registry = registry_with(config(supported_modes=[Mode.TOOLS, Mode.JSON]))
    assert registry.has_provider("test")
    assert registry.get_factory("test") is returns
    assert registry.get_config("test").supported_modes == [Mode.TOOLS, Mode.JSON]


def test_duplicate_registration_error() -> None:
    """S4.6."""
    registry = registry_with(config())
    with pytest.raises(ValueError, match=r"Provider 'test' already registered\. Use replace=True to override\."):
        registry.register(config(), Factory())
    assert registry.get_factory("test") is returns
    other = Factory()
    registry.register(config(), other, replace=True)
    assert registry.get_factory("test") is other


def test_neither_factory_is_an_error() -> None:
    """S4.6."""
    with pytest.raises(ValueError, match="Must provide factory or lazy_factory"):
        ProviderRegistry().register(config())


def test_unknown_provider_error() -> None:
    """S4.7, S4.9, X18."""
    registry = registry_with(config("beta"))
    registry.register(config("alpha"), returns)
    for ask in (registry.get_factory, registry.get_config, registry.create_client):
        with pytest.raises(ValueError, match=r"Unknown provider: gamma\. Available: alpha, beta") as caught:
            ask("gamma")
        assert isinstance(caught.value, UnknownProvider)
    assert not registry.has_provider("gamma")
    assert registry.list_providers() == ["alpha", "beta"]


@pytest.mark.parametrize("spelling", ["your-provider", "your_provider", "Your-Provider"])
def test_spellings_of_one_name(spelling: str) -> None:
    registry = registry_with(config("your-provider"))
    assert registry.has_provider(spelling)
    assert registry.get_config(spelling).name == "your-provider"
    with pytest.raises(ValueError, match="already registered"):
        registry.register(config(spelling), returns)


def test_taking_back() -> None:
    registry = registry_with(config())
    registry.unregister("Test")
    assert registry.list_providers() == []
    with pytest.raises(ValueError, match="Nothing was registered under the name 'test'"):
        registry.unregister("test")


# ---------------------------------------------------------------------- factories


@pytest.mark.parametrize(
    ("how", "made_by"),
    [
        ({"factory": returns}, None),
        ({"factory": Factory()}, "an object"),
        ({"factory": f"{__name__}:returns"}, None),
        ({"factory": f"{__name__}:Nested.factory"}, "an object"),
        ({"lazy_factory": f"{__name__}:returns"}, None),
        ({"lazy_factory": lambda: returns}, None),
        ({"lazy_factory": Factory}, "an object"),
        ({"lazy_factory": lambda: f"{__name__}:returns"}, None),
    ],
)
def test_what_a_factory_may_be(how: dict[str, Any], made_by: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """S4.5, X13."""
    monkeypatch.setitem(sys.modules, __name__, sys.modules[returns.__module__])
    registry = ProviderRegistry()
    registry.register(config(), **how)
    made = registry.create_client("test", api_key="k", model="m", mode=Mode.TOOLS, async_client=True, size=3)
    assert made.pop("made_by", None) == made_by
    assert made == {"api_key": "k", "model": "m", "mode": Mode.TOOLS, "async_client": True, "size": 3}


@pytest.mark.parametrize(
    ("factory", "error", "said"),
    [
        ("nowhere_to_be_found:make", ImportError, "nowhere_to_be_found"),
        ("json:make", AttributeError, "make"),
        ("json.make", ConfigurationError, "module:attribute"),
        (3, ConfigurationError, "of type int"),
    ],
)
def test_what_is_no_factory(factory: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        registry_with(config(), factory).create_client("test")


def test_lazy_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    """S4.7, S4.11, X14: a module named in a string is not imported before a client is wanted."""
    loaded: list[str] = []

    def load() -> Any:
        loaded.append("once")
        return returns

    registry = ProviderRegistry()
    registry.register(config("lazy"), lazy_factory=load)
    registry.register(config("named"), lazy_factory="a_module_of_this_test:make")
    registry.register(config("eager", deprecated=True), returns)
    assert registry.stats() == {"total": 3, "loaded": 1, "lazy": 2, "deprecated": 1}
    assert loaded == []
    assert registry.get_factory("lazy") is registry.get_factory("lazy") is returns
    assert loaded == ["once"]
    module: Any = ModuleType("a_module_of_this_test")
    module.make = returns
    monkeypatch.setitem(sys.modules, module.__name__, module)
    assert registry.create_client("named")["mode"] is Mode.TOOLS
    assert registry.stats() == {"total": 3, "loaded": 3, "lazy": 0, "deprecated": 1}


def test_a_factory_is_loaded_once_however_many_ask_at_the_same_time() -> None:
    """S4.7, X14."""
    asking = threading.Barrier(8)
    loads: list[int] = []

    def load() -> Any:
        loads.append(threading.get_ident())
        return Factory()

    registry = ProviderRegistry()
    registry.register(config(), lazy_factory=load)
    found: list[Any] = []

    def ask() -> None:
        asking.wait()
        found.append(registry.get_factory("test"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1
    assert len(found) == 8
    assert len(set(map(id, found))) == 1


def test_a_factory_that_could_not_be_loaded_is_tried_again() -> None:
    answers: list[Any] = [returns, None]

    def load() -> Any:
        answer = answers.pop()
        if answer is None:
            raise ImportError("not today")
        return answer

    registry = ProviderRegistry()
    registry.register(config(), lazy_factory=load)
    with pytest.raises(ImportError, match="not today"):
        registry.get_factory("test")
    assert registry.get_factory("test") is returns


def test_a_module_that_is_loaded_for_one_provider_may_register_another() -> None:
    registry = ProviderRegistry()

    def load() -> Any:
        registering = threading.Thread(target=lambda: registry.register(config("second"), returns))
        registering.start()
        registering.join(10)
        return returns

    registry.register(config("first"), lazy_factory=load)
    assert registry.create_client("first")
    assert registry.list_providers() == ["first", "second"]


# ---------------------------------------------------------------------- what is checked, in this order


def test_the_order_of_the_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """S4.12: each is met when what comes before it is mended."""
    monkeypatch.delenv("TEST_KEY", raising=False)
    wrong: dict[str, Any] = {
        "deprecated": True,
        "deprecation_message": "Use another.",
        "package_name": "not_installed_anywhere",
        "env_var_name": "TEST_KEY",
        "requires_auth": True,
        "supported_modes": [Mode.TOOLS],
    }
    registry = registry_with(config(**wrong))
    with pytest.raises(MissingPackage), pytest.warns(DeprecationWarning, match=r"^Use another\.$"):
        registry.create_client("test", mode=Mode.JSON)
    registry = registry_with(config(**{**wrong, "deprecated": False, "package_name": "json"}))
    with pytest.raises(MissingKey):
        registry.create_client("test", mode=Mode.JSON)
    monkeypatch.setenv("TEST_KEY", "k")
    with pytest.raises(ConfigurationError, match="Mode"):
        registry.create_client("test", mode=Mode.JSON)
    assert registry.create_client("test")["mode"] is Mode.TOOLS


def test_a_deprecation_is_told_to_the_line_that_asks() -> None:
    registry = registry_with(config(deprecated=True))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        registry.create_client("test")
    assert [(warning.category, warning.filename) for warning in caught] == [(DeprecationWarning, __file__)]


@pytest.mark.parametrize("module", ["not_installed_anywhere", "not_installed.anywhere", "json.not_there"])
def test_a_missing_package_says_how_to_install_it(module: str) -> None:
    """S4.12."""
    registry = registry_with(config(import_name=module, pip_name="acme-sdk", docs_url="https://acme.example"))
    with pytest.raises(ConfigurationError) as caught:
        registry.create_client("test")
    assert str(caught.value) == (
        "The acme-sdk package is required for test. Install with: pip install acme-sdk\nSee: https://acme.example"
    )
    assert isinstance(caught.value, ImportError)


def test_a_package_is_looked_for_and_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    """X14."""
    monkeypatch.delitem(sys.modules, "this", raising=False)
    assert registry_with(config(import_name="this")).create_client("test")
    assert "this" not in sys.modules


def test_a_module_without_a_spec_is_there_and_a_forbidden_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "made_by_hand", ModuleType("made_by_hand"))
    assert registry_with(config(import_name="made_by_hand")).create_client("test")
    monkeypatch.setitem(sys.modules, "made_by_hand", None)  # type: ignore[arg-type]  # as Python forbids an import
    with pytest.raises(MissingPackage):
        registry_with(config(import_name="made_by_hand")).create_client("test")


@pytest.mark.parametrize(
    ("argument", "variable", "key"),
    [("a", "e", "a"), (None, "e", "e"), ("", "e", "e"), (None, None, None), ("", "", None)],
)
def test_where_the_key_comes_from(
    argument: str | None, variable: str | None, key: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S4.12, X5."""
    monkeypatch.delenv("TEST_KEY", raising=False)
    if variable is not None:
        monkeypatch.setenv("TEST_KEY", variable)
    free = registry_with(config(env_var_name="TEST_KEY"))
    assert free.create_client("test", api_key=argument)["api_key"] == key
    bound = registry_with(config(env_var_name="TEST_KEY", requires_auth=True))
    if key is not None:
        assert bound.create_client("test", api_key=argument)["api_key"] == key
        return
    with pytest.raises(ConfigurationError, match=r"API key required for test\. Set TEST_KEY environment variable or"):
        bound.create_client("test", api_key=argument)


def test_a_key_without_a_variable_is_asked_for_by_argument() -> None:
    registry = registry_with(config(requires_auth=True, docs_url="https://acme.example"))
    with pytest.raises(MissingKey, match=r"for test\. Pass api_key parameter\. See: https://acme\.example"):
        registry.create_client("test")


@pytest.mark.parametrize(
    ("supported", "asked", "used"),
    [
        ([], None, Mode.MD_JSON),
        ([], Mode.JSON, Mode.JSON),
        ([Mode.JSON, Mode.MD_JSON], None, Mode.MD_JSON),
        ([Mode.JSON, Mode.MD_JSON], Mode.JSON, Mode.JSON),
        ([Mode.ANTHROPIC_JSON], Mode.ANTHROPIC_JSON, Mode.ANTHROPIC_JSON),
        ([Mode.JSON], Mode.ANTHROPIC_JSON, Mode.JSON),
    ],
)
@pytest.mark.filterwarnings("ignore:Mode:DeprecationWarning")
def test_the_mode_a_client_gets(supported: list[Mode], asked: Mode | None, used: Mode) -> None:
    """S4.12."""
    registry = registry_with(config(default_mode=Mode.MD_JSON, supported_modes=supported))
    assert registry.create_client("test", mode=asked)["mode"] is used


@pytest.mark.parametrize("asked", [Mode.JSON, Mode.ANTHROPIC_JSON, None])
def test_mode_validation(asked: Mode | None) -> None:
    """S4.23, S4.12. A default that is not supported is found too."""
    registry = registry_with(config(default_mode=Mode.MD_JSON, supported_modes=[Mode.TOOLS, Mode.PARALLEL_TOOLS]))
    with pytest.raises(ValueError, match=r"not supported by test\. Supported modes: Mode.TOOLS, Mode.PARALLEL_TOOLS"):
        registry.create_client("test", mode=asked)


# ---------------------------------------------------------------------- what is logged


def test_what_was_made_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """S4.12."""
    with caplog.at_level(logging.INFO, "dragoman.client.registry"):
        registry_with(config()).create_client("test", api_key="key-of-the-test", async_client=True)
    record: Any
    (record,) = caplog.records
    assert record.getMessage() == "Created test client"
    assert (record.provider, record.mode, getattr(record, "async")) == ("test", "Mode.TOOLS", True)
    assert "key-of-the-test" not in caplog.text


def test_a_failure_is_logged_with_its_trace_and_raised_again(caplog: pytest.LogCaptureFixture) -> None:
    """S4.12."""
    failure = RuntimeError("the factory burnt down")

    def burn(**_: Any) -> None:
        raise failure

    with pytest.raises(RuntimeError) as caught:
        registry_with(config(), burn).create_client("test", api_key="key-of-the-test")
    assert caught.value is failure
    record: Any
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage() == "Error creating test client: the factory burnt down"
    assert (record.provider, record.error) == ("test", "the factory burnt down")
    assert record.exc_info is not None
    assert record.exc_info[1] is failure


@pytest.mark.parametrize("key", ["key-of-the-test", Secret("key-of-the-test")])
def test_a_key_that_a_failure_shows_is_not_logged(key: Any, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(**_: Any) -> None:
        raise RuntimeError("bad key key-of-the-test")

    with pytest.raises(RuntimeError):
        registry_with(config(), refuse).create_client("test", api_key=key)
    assert "bad key [secret]" in caplog.text
    assert "Traceback" in caplog.text
    assert "key-of-the-test" not in caplog.text
    assert "key-of-the-test" not in str(caplog.records[0].__dict__)
