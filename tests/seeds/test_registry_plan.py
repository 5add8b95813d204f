"""The blocks of the registry's plan (seed 004) run with only the import lines changed.

Every block is in `RUN`, in `COMPLETED` or in `NOT_RUN`. Blocks that define what the library now has are run all the same:
their definitions are compared with ours, or work with them.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from types import ModuleType, SimpleNamespace
from typing import Any, Optional

import pytest

import dragoman
from dragoman import ClientFactory, Instructor, Mode, ProviderConfig, ProviderRegistry, provider_registry
from dragoman.client import default_registry
from dragoman.errors import ConfigurationError
from dragoman.testing import Emulator
from tests.client import test_registry
from tests.markdown import run

from .guide import ABSENT, changed_lines, ported, python_blocks, seed

PLAN = seed("004")
BLOCKS = python_blocks(PLAN)

pytestmark = pytest.mark.skipif(PLAN is None, reason=ABSENT)

Names = dict[str, Any]


# ---------------------------------------------------------------------- what is seen when a block has run


def same_record(names: Names, emulator: Emulator) -> None:
    """S4.3, S4.4: their record and ours, from the same arguments."""
    theirs = names["ProviderConfig"]
    given: list[dict[str, Any]] = [
        {},
        {"deprecated": True},
        {"deprecated": True, "deprecation_message": "Use another.", "docs_url": "https://acme.example"},
        {"supported_modes": [Mode.JSON], "env_vars": {"region": "ACME_REGION"}, "install_cmd": "make acme"},
        {"base_url": "http://h", "uses_openai_client": True, "requires_auth": False, "supports_vision": True},
    ]
    for fields in given:
        wanted = asdict(theirs("acme", "acme_sdk", Mode.TOOLS, **fields))
        ours = asdict(ProviderConfig("acme", "acme_sdk", Mode.TOOLS, **fields))
        assert {name: ours[name] for name in wanted} == wanted
        assert list(ours)[: len(wanted)] == list(wanted)
        assert set(ours) - set(wanted) == {"import_name", "pip_name"}  # X17


def same_protocol(names: Names, emulator: Emulator) -> None:
    """S4.5: `ProviderFactory` there is `ClientFactory` here."""
    wanted = inspect.signature(names["ProviderFactory"].create_client).parameters
    factory: Any = provider_registry.get_factory("openai")
    for create in (ClientFactory.create_client, type(factory).create_client):
        given = inspect.signature(create).parameters
        assert [(each.name, each.kind, each.default) for each in given.values()] == [
            (each.name, each.kind, each.default) for each in wanted.values()
        ]


def their_registry_with_our_parts(names: Names, emulator: Emulator) -> None:
    """S4.6-S4.13: their registry takes our records and factories; ours has all that theirs has."""
    theirs = names["ProviderRegistry"]()
    for name in ("openai", "anthropic"):
        theirs.register(
            provider_registry.get_config(name), lazy_factory=lambda name=name: provider_registry.get_factory(name)
        )
    assert theirs.stats() == {"total": 2, "loaded": 0, "lazy": 2, "deprecated": 0}
    client = theirs.create_client("openai", model="gpt-4o-mini")
    assert client.create(input="Say exactly: hello").content == "hello"
    for name, method in vars(names["ProviderRegistry"]).items():
        if not name.startswith("_"):
            wanted, given = (inspect.signature(each).parameters for each in (method, getattr(ProviderRegistry, name)))
            assert [(each.name, each.default) for each in given.values()] == [
                (each.name, each.default) for each in wanted.values()
            ]
    wanted, given = (
        inspect.signature(each["register_provider"]).parameters for each in (names, vars(default_registry))
    )
    assert {name: each.default for name, each in given.items()} == {name: each.default for name, each in wanted.items()}


def registered_anthropic(names: Names, emulator: Emulator) -> None:
    """S4.20. The factory itself wants `from_anthropic`, which comes with the clients of other SDKs."""
    registry = default_registry.provider_registry
    assert registry.get_config("anthropic") is names["ANTHROPIC_CONFIG"]
    assert registry.stats()["lazy"] == 1
    assert registry.get_factory("anthropic") is names["create_anthropic_client"]


def asked_through_the_registry(names: Names, emulator: Emulator) -> None:
    """S4.14, with the seed's own `from_provider`."""
    with pytest.raises(ValueError, match=r"Model must be in 'provider/model-name' format\. Got: gpt-4o"):
        names["from_provider"]("gpt-4o")
    client = names["from_provider"](model="OpenAI/org/gpt-4o-mini")
    assert isinstance(client, Instructor)
    assert client.create(input="Say exactly: hello").content == "hello"
    assert emulator.requests[-1].wire["model"] == "org/gpt-4o-mini"


def asked_by_name(names: Names, emulator: Emulator) -> None:
    assert names["client"].create(input="Say exactly: hello").content == "hello"
    (seen,) = emulator.requests
    assert seen.headers["x-api-key"] == dragoman.Secret("your-key")
    assert seen.wire["model"] == "claude-3-5-sonnet-20241022"


def named_as_ours_are(names: Names, emulator: Emulator) -> None:
    """S4.23."""
    wanted = {name for name in names if name.startswith("test_")}
    assert len(wanted) == 5
    assert wanted <= set(vars(test_registry))


RUN: dict[str, tuple[str, Callable[[Names, Emulator], None], Names]] = {
    "1. Provider Config 1": ("S4.3 S4.4", same_record, {}),
    "2. Provider Factory Protocol 1": ("S4.5", same_protocol, {}),
    "3. Provider Registry 1": ("S4.6-S4.13", their_registry_with_our_parts, {}),
    "Step 2: Migrate One Provider (Week 2) 1": ("S4.20", registered_anthropic, {}),
    "Step 3: Update auto_client.py (Week 2-3) 2": (
        "S4.14",
        asked_through_the_registry,
        {"Optional": Optional, "Any": Any, "Mode": Mode},
    ),
    "Step 6: Documentation (Week 6) 1": ("S4.14 S4.24", asked_by_name, {}),
    "Adding a New Provider 4": ("S4.23", named_as_ours_are, {}),
}
"""Block → the promises it makes, how it is seen that they hold, and names that it uses and imports elsewhere."""

REGISTERS = "Step 2: Migrate One Provider (Week 2) 1"
"""It registers what is there from the start in ours: the plan begins with an empty registry."""

SDK = "your_provider_sdk"
PARAMETERS = "(api_key=None, model=None, mode=None, async_client=False, **kwargs)"

COMPLETED: dict[str, dict[str, str]] = {
    "Step 1: Create Core Infrastructure (Week 1) 1": {"def test_factory(...)": f"def test_factory{PARAMETERS}"},
    "Adding a New Provider 1": {"Mode.YOUR_PROVIDER_TOOLS": "Mode.TOOLS", "Mode.YOUR_PROVIDER_JSON": "Mode.JSON"},
    "Adding a New Provider 2": {
        "create_your_provider_client(...)": f"create_your_provider_client{PARAMETERS}",
        "from instructor import from_your_provider": f"from {SDK} import from_your_provider",
    },
}
"""Block → what is put in the place of its placeholders (X29)."""

NOT_RUN: dict[str, str] = {
    "Current Problem 1": "X29: one branch of an `elif` chain is no program; it is what the registry replaces",
    "Step 2: Migrate One Provider (Week 2) 2": "X29: a relative import, for a package's `__init__`",
    "Step 3: Update auto_client.py (Week 2-3) 1": "X29: `def from_provider(provider, ...)` is not Python",
    "Step 4: Migrate Remaining Providers (Weeks 3-5) 1": "X29: `def create_bedrock_client(...)` is not Python, and "
    "boto3 knows no `region`; its record is run by test_the_record_of_bedrock",
    "Adding a New Provider 3": "X29: a relative import, for a package's `__init__`",
    "Rollback Plan 1": "X29: `return` outside a function, and the old chain; what the flag does here is tested in "
    "tests/client/test_default_registry.py",
}
"""Block → why it is not run."""


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator() as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running


@contextmanager
def executed(name: str, source: str, names: Names) -> Iterator[Names]:
    names = {"__name__": "seed", **names}
    try:
        run(BLOCKS[name].compiled(source), names)
        yield names
    finally:
        names.clear()


def test_every_block_is_accounted_for() -> None:
    assert sorted(BLOCKS) == sorted([*RUN, *COMPLETED, *NOT_RUN])
    assert len(BLOCKS) == 16


def test_only_import_lines_are_changed() -> None:
    for name in RUN:
        changed = [line.strip() for line in changed_lines(BLOCKS[name].source)]
        assert all(line.startswith(("from instructor", "import instructor")) for line in changed)


@pytest.mark.parametrize("name", RUN, ids=[f"{ids} {name}" for name, (ids, _, _) in RUN.items()])
def test_block(emulator: Emulator, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _, check, supplied = RUN[name]
    if name == REGISTERS:
        with pytest.raises(ValueError, match="already registered"), executed(name, ported(BLOCKS[name].source), {}):
            pass
        monkeypatch.setattr(default_registry, "provider_registry", ProviderRegistry())
    with executed(name, ported(BLOCKS[name].source), supplied) as names:
        check(names, emulator)


def completed(name: str) -> str:
    source = BLOCKS[name].source
    for placeholder, filled in COMPLETED[name].items():
        assert placeholder in source
        source = source.replace(placeholder, filled)
    return ported(source)


def test_the_printed_test_passes_when_its_placeholder_is_filled() -> None:
    """S4.23; `Mock` and what it makes are never asked for."""
    name = "Step 1: Create Core Infrastructure (Week 1) 1"
    with executed(name, completed(name), {"Mock": None}) as names:
        names["test_register_provider"]()


def test_adding_a_provider_as_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """S4.20: a record and a factory, and nothing in the library is touched."""
    sdk: Any = ModuleType(SDK)
    sdk.Client = lambda api_key: SimpleNamespace(api_key=api_key)
    sdk.from_your_provider = lambda client, *rest: client
    registry = ProviderRegistry()
    monkeypatch.setattr(default_registry, "provider_registry", registry)
    record, factory = "Adding a New Provider 1", "Adding a New Provider 2"
    with executed(record, completed(record), {}) as names, executed(factory, completed(factory), names):
        with pytest.raises(ConfigurationError, match="pip install your_provider_sdk"):
            registry.create_client("your_provider", api_key="k")
        monkeypatch.setitem(sys.modules, SDK, sdk)
        monkeypatch.delenv("YOUR_PROVIDER_API_KEY", raising=False)
        with pytest.raises(ConfigurationError, match="YOUR_PROVIDER_API_KEY"):
            registry.create_client("your_provider")
        assert registry.create_client("your_provider", api_key="k").api_key == "k"


def test_the_record_of_bedrock() -> None:
    """The part of the block that is Python."""
    name = "Step 4: Migrate Remaining Providers (Weeks 3-5) 1"
    source = ported(BLOCKS[name].source).partition("@register_provider")[0]
    with executed(name, source, {"ProviderConfig": ProviderConfig, "Mode": Mode}) as names:
        record = names["BEDROCK_CONFIG"]
        assert (record.requires_auth, record.import_name) == (False, "boto3")
        assert [mode.core for mode in record.supported_modes] == [Mode.TOOLS, Mode.MD_JSON]
