"""`ProviderConformance` finds what is wrong with a provider: each is sound but for one mistake."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PROVIDERS = """
from typing import Any

from dragoman.messages import Loss
from dragoman.providers import ProviderSpec, Quirk
from dragoman.providers.auth import bearer
from dragoman.providers.quirks import drop
from msgspec.structs import replace

KEY = "conformance-key-0123456789"


def spec(name: str, **fields: Any) -> ProviderSpec:
    given = {"dialect": "openai_chat", "base_url": "http://h/v1", "default_prefix": "/v1", "auth": bearer("KIT_KEY")}
    return ProviderSpec(name=name, **{**given, **fields})


def without(field: str) -> tuple[Quirk, ...]:
    return (drop(field, why="a mistake"),)


def leak(body: dict[str, Any]) -> tuple[Loss, ...]:
    body["user"] = KEY
    return ()


def reverse(body: dict[str, Any]) -> tuple[Loss, ...]:
    body["messages"].reverse()
    return ()


sound = spec("sound")
no_tools = spec("no_tools", quirks=without("tools"))
no_stream = spec("no_stream", quirks=without("stream"))
no_limit = spec("no_limit", quirks=without("max_completion_tokens"))
leaking = spec("leaking", quirks=(Quirk("leak", "a mistake", leak),))
backwards = spec("backwards", quirks=(Quirk("reverse", "a mistake", reverse),))
own_path = spec("own_path", paths={"openai_chat": lambda request: "/chat"})
mute = spec("mute", quirks=without("messages"))
misnamed = spec("another")
"""

CONFTEST = """
import importlib.metadata
import kit_providers
from importlib.metadata import EntryPoint

ENTRIES = [EntryPoint(name, f"kit_providers:{name}", "dragoman.providers") for name in %r]
found = importlib.metadata.entry_points
importlib.metadata.entry_points = lambda **of: ENTRIES if of.get("group") == "dragoman.providers" else found(**of)
"""

TESTS = """
from dragoman.testing import ProviderConformance
{}

class TestExcused(ProviderConformance):
    provider = "no_tools"
    lacks = dict.fromkeys(("tools_with_a_follow_up", "streamed_tools", "structured_output"), "it has no tools")
"""

FOUND: dict[str, set[str]] = {
    "sound": set(),
    "own_path": set(),
    "no_tools": {"structured_output", "tools_with_a_follow_up", "streamed_tools"},
    "no_stream": {"streamed", "a_stream_that_is_cut", "a_stream_that_is_left"},
    "no_limit": {"whole"},
    "leaking": {"no_secret_shows"},
    "backwards": {"whole", "tools_with_a_follow_up"},
}  # fmt: skip
"""Provider → the tests that fail: exactly these."""

NAMES = (*FOUND, "mute", "misnamed")


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, set[str]]]:
    """Class → outcome → tests."""
    folder = tmp_path_factory.mktemp("kit")
    (folder / "kit_providers.py").write_text(PROVIDERS)
    (folder / "conftest.py").write_text(CONFTEST % (NAMES,))
    classes = "".join(f'\nclass Test_{name}(ProviderConformance):\n    provider = "{name}"\n' for name in NAMES)
    (folder / "test_kit.py").write_text(TESTS.format(classes))
    path = os.pathsep.join([str(folder), *filter(None, sys.path)])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rA", "--tb=no", "-p", "no:cacheprovider", "-W", "error", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
    )
    found: dict[str, dict[str, set[str]]] = {}
    for outcome, kind, test in re.findall(r"^(\w+) test_kit\.py::Test_?(\w+)::test_(\w+)", done.stdout, re.MULTILINE):
        found.setdefault(kind, {}).setdefault(outcome, set()).add(test)
    assert found, done.stdout + done.stderr
    return found


@pytest.mark.parametrize("provider", FOUND)
def test_a_mistake_is_found_and_nothing_else(outcomes: dict[str, dict[str, set[str]]], provider: str) -> None:
    assert outcomes[provider].get("FAILED", set()) == FOUND[provider]
    assert outcomes[provider].get("ERROR", set()) == set()
    assert outcomes[provider]["PASSED"]


def test_a_provider_that_says_nothing_passes_nothing_that_asks(outcomes: dict[str, dict[str, set[str]]]) -> None:
    assert outcomes["mute"]["PASSED"] <= {"it_is_known", "a_missing_key", "an_unknown_model", "errors"}


def test_a_name_that_is_not_its_own_shows_in_all_that_names_it(outcomes: dict[str, dict[str, set[str]]]) -> None:
    assert outcomes["misnamed"]["FAILED"] >= {"it_is_known", "whole", "errors"}


def test_what_it_lacks_is_skipped(outcomes: dict[str, dict[str, set[str]]]) -> None:
    assert set(outcomes["Excused"]) == {"PASSED"}
    assert not outcomes["Excused"]["PASSED"] & {"tools_with_a_follow_up", "streamed_tools", "structured_output"}


UNTOLD = """
from dragoman.testing import ProviderConformance

class TestPlaced(ProviderConformance):
    provider = "cloudflare"

class TestNameless(ProviderConformance):
    pass
"""


def test_what_the_class_must_say_is_said_with_the_line_to_write(tmp_path: Path) -> None:
    (tmp_path / "test_untold.py").write_text(UNTOLD)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "whole", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "CLOUDFLARE_ACCOUNT_ID"},
    )
    wanted = 'TestPlaced: `cloudflare` wants to be told more: write `options = {"account_id": "…"}` in the class'
    assert wanted in done.stdout
    assert 'TestNameless: which provider? Write `provider = "its-name"` in the class' in done.stdout
    assert "AttributeError" not in done.stdout


def test_the_key_that_the_mistake_leaks_is_the_one_of_the_kit() -> None:
    from dragoman.testing.conformance import KEY

    assert f'KEY = "{KEY}"' in PROVIDERS


def test_the_kit_alone_needs_pytest() -> None:
    code = "import sys, dragoman.testing as t; print('pytest' in sys.modules, hasattr(t, 'Nothing'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert done.stdout == "False False\n"
