"""The provider that CONTRIBUTING.md adds, both ways: as a file of ours, and as a package that is really installed."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import dragoman
from dragoman.errors import MissingKey, ModelStringError, RateLimited
from dragoman.providers import ProviderSpec, builtin, registry
from dragoman.providers.auth import bearer
from dragoman.testing import Emulator

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "examples" / "dragoman-lighthouse"
HERE = PACKAGE / "src" / "dragoman_lighthouse"


# ---------------------------------------------------------------------- as a file of ours


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """An emulator that stands for Lighthouse, whose file lies as if in `src/dragoman/providers/builtin/`."""
    monkeypatch.setattr(builtin, "__path__", [*builtin.__path__, str(HERE)])
    monkeypatch.setattr(registry, "_loaded", {})
    with Emulator() as running:
        monkeypatch.setenv("LIGHTHOUSE_BASE_URL", running.url)
        monkeypatch.setenv("LIGHTHOUSE_API_KEY", "key-of-the-lighthouse")
        yield running
    sys.modules.pop("dragoman.providers.builtin.lighthouse", None)


def test_it_is_found_by_its_name(emulator: Emulator) -> None:
    with dragoman.create_llm("lighthouse/beam-1", max_tokens=50) as llm:
        response = llm.generate("Say exactly: light", seed=7)
    assert (response.content, response.provider, response.model) == ("light", "lighthouse", "beam-1")
    seen = emulator.requests[-1]
    assert seen.path == "/v1/chat/completions"
    assert seen.headers["authorization"] == dragoman.Secret("Bearer key-of-the-lighthouse")


def test_its_quirks_correct_the_body_and_are_reported(emulator: Emulator) -> None:
    with dragoman.create_llm("lighthouse/beam-1", max_tokens=50) as llm:
        warnings = llm.generate("Hi", seed=7).warnings
    assert emulator.requests[-1].wire == {
        "model": "beam-1",
        "messages": [{"role": "user", "content": "Hi"}],
        "max_tokens": 50,
    }
    assert [str(loss) for loss in warnings] == ["`seed` was dropped: it refuses a request that has one"]


def test_streams_tasks_and_errors_come_with_it(emulator: Emulator) -> None:
    async def ask() -> str:
        async with dragoman.create_llm("lighthouse/beam-1", async_client=True) as llm:
            return (await llm.generate("Say exactly: one two", stream=True).drain()).content

    assert asyncio.run(ask()) == "one two"
    emulator.fault(status=429)
    once = dragoman.RetryConfig(max_attempts=1)
    with pytest.raises(RateLimited, match="`lighthouse/beam-1`"), dragoman.create_llm("lighthouse/beam-1") as llm:
        llm.generate("Hi", retry_config=once)


def test_a_missing_key_names_its_variable(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIGHTHOUSE_API_KEY")
    with pytest.raises(MissingKey, match="LIGHTHOUSE_API_KEY"), dragoman.create_llm("lighthouse/beam-1") as llm:
        llm.generate("Hi")


def test_contributing_shows_this_very_file() -> None:
    source = (HERE / "lighthouse.py").read_text()
    assert f"```python\n{source}```\n" in (ROOT / "CONTRIBUTING.md").read_text()
    assert len(source.splitlines()) < 40


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/provider-registry.md"])
def test_the_pages_show_its_entry_point_and_its_test(page: str) -> None:
    text = (ROOT / page).read_text()
    entry_point = (PACKAGE / "pyproject.toml").read_text().partition("[project.entry-points.")[2].partition("\n\n")[0]
    assert f"```toml\n[project.entry-points.{entry_point}\n```\n" in text
    test = (PACKAGE / "tests" / "test_lighthouse.py").read_text()
    assert test.partition('"""\n\n')[2] in text


# ---------------------------------------------------------------------- as a package


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a Python in which the package is installed: by pip, without an index."""
    source, site = tmp_path_factory.mktemp("source") / "package", tmp_path_factory.mktemp("site")
    shutil.copytree(PACKAGE, source)
    pip = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run(
        [*pip, "--no-index", "--no-deps", "--no-build-isolation", "--target", str(site), str(source)],
        check=True,
        capture_output=True,
        text=True,
    )
    ours = Path(dragoman.__file__).parents[1]
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), str(ours)]), "LIGHTHOUSE_API_KEY": "k"}


def python(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False, cwd=PACKAGE
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_spec_in_ones_own_program_is_enough() -> None:
    """Without a package: `create_llm` and `list_models` take it in place of a name."""
    spec = ProviderSpec(
        name="tower", dialect="openai_chat", base_url="http://127.0.0.1:1/v1", default_prefix="/v1",
        auth=bearer("TOWER_API_KEY"),
    )  # fmt: skip
    with Emulator() as emulator:
        with dragoman.create_llm(spec, "beam-1", api_key="k", base_url=emulator.url) as llm:
            answer = llm.generate("Say exactly: light")
        listed = dragoman.list_models(spec, api_key="k", base_url=emulator.url)
    assert (answer.content, answer.provider) == ("light", "tower")
    assert {model.provider for model in listed} == {"tower"}
    with pytest.raises(ModelStringError, match="which model of `tower`"):
        dragoman.create_llm(spec)


def test_installed_it_is_listed_and_not_loaded(installed: dict[str, str]) -> None:
    code = "import sys, dragoman as d; print('lighthouse' in d.provider_names(), d.provider_registry.has_provider('lighthouse'), 'dragoman_lighthouse' in sys.modules)"
    assert python(installed, "-c", code) == "True True False\n"


def test_installed_it_answers(installed: dict[str, str]) -> None:
    code = """
import dragoman
with dragoman.create_llm("lighthouse/beam-1") as llm:
    print(llm.generate("Say exactly: light").content)
with dragoman.from_provider("lighthouse/beam-1") as client:
    print(client.create(response_model=int, messages=[{"role": "user", "content": "The number is 42"}]))
print(dragoman.provider_registry.get_config("lighthouse").env_var_name)
"""
    with Emulator() as emulator:
        environment = {**installed, "LIGHTHOUSE_BASE_URL": emulator.url}
        assert python(environment, "-c", code) == "light\n42\nLIGHTHOUSE_API_KEY\n"


def test_installed_its_own_tests_pass(installed: dict[str, str]) -> None:
    printed = python(installed, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", str(PACKAGE / "tests"))
    assert " passed" in printed
    assert "skipped" not in printed


def test_its_tests_have_settings_of_their_own(installed: dict[str, str]) -> None:
    """As in an author's copy, which has no folder of ours above it."""
    printed = python(installed, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider")
    assert f"rootdir: {PACKAGE}\nconfigfile: pyproject.toml" in printed
