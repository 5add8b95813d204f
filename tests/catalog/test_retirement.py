"""A retired model warns once a process, at `create_llm`, and nothing else changes (S0.15)."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings

import pytest

from dragoman import RetiredModelWarning, create_llm, from_provider
from dragoman.catalog import find_model, retirement, warn_if_retired
from dragoman.catalog.retirement import successor_of
from dragoman.testing import Emulator


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """No warning has been given yet."""
    monkeypatch.setattr(retirement, "_warned", set())


RETIRED = [
    # model, day, what the warning names
    ("openai", "gpt-4", "2026-10-23", "use `gpt-4.1`"),
    ("openai", "gpt-4", "2027-06-01", "was retired on 2026-10-23"),
    ("anthropic", "claude-3-5-haiku-20241022", "2026-11-21", "use `claude-haiku-4-5`"),
    ("anthropic", "claude-3-opus-20240229", "2026-01-05", "use `claude-opus-4-1`"),
    ("anthropic", "claude-3-opus-20240229", "2026-11-21", "use `claude-opus-4-8`"),  # 4.1 has been retired since
    ("google", "gemini-1.5-pro", "2026-11-21", "use `gemini-2.5-pro`"),
    ("azure_openai", "gpt-4", "2026-11-21", "of openai was retired"),
]


@pytest.mark.parametrize(("provider", "model", "today", "said"), RETIRED)
def test_the_warning_names_what_to_use(provider: str, model: str, today: str, said: str) -> None:
    with pytest.warns(RetiredModelWarning, match=said):
        warn_if_retired(provider, model, today=today)


@pytest.mark.parametrize(
    ("provider", "model", "today"),
    [
        ("openai", "gpt-4", "2026-10-22"),  # the day before
        ("openai", "gpt-4o", "2026-11-21"),  # it has a day, but later
        ("openai", "no-such-model", "2026-11-21"),
        ("vertex", "claude-haiku-4-5", "2027-12-31"),  # Google said how long it stays at least, and no end
        ("vertex", "claude-sonnet-4-5@20250929", "2027-12-31"),
        ("", "gpt-4", "2026-11-21"),  # a server of one's own
    ],
)
def test_others_are_not_warned_of(provider: str, model: str, today: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_if_retired(provider, model, today=today)


def test_a_promise_to_keep_a_model_is_no_end_of_it() -> None:
    facts = find_model("vertex", "claude-haiku-4-5")
    assert facts is not None
    assert (facts.retired_on, facts.kept_until) == (None, "2026-10-15")
    assert "retires    not before 2026-10-15" in repr(facts)


def test_once_a_process_and_where_the_client_is_made() -> None:
    with pytest.warns(RetiredModelWarning) as caught:
        first = create_llm("anthropic/claude-3-opus-20240229", api_key="k")
    assert [warning.filename for warning in caught] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        second = create_llm("anthropic/claude-3-opus-20240229", api_key="k")
    assert type(first) is type(second)
    first.close()
    second.close()


@pytest.mark.parametrize("late", [False, True], ids=["its own", "of one call"])
def test_the_warning_is_about_the_callers_line(late: bool) -> None:
    """S0.15: also where the client is made by one of another kind."""
    with Emulator() as emulator, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with from_provider("openai/gpt-4o" if late else "openai/gpt-4", api_key="k", base_url=emulator.url) as client:
            client.create(input="Hi", model="gpt-4")
    assert [warning.category for warning in caught] == [RetiredModelWarning]
    assert [warning.filename for warning in caught] == [__file__]


def test_a_chain_of_successors_ends() -> None:
    facts = find_model("openai", "o1-mini")
    assert facts is not None
    then = successor_of(facts, "2026-11-21")
    assert then is None or not then.retired("2026-11-21")


def test_importing_dragoman_reads_no_data() -> None:
    code = (
        "import sys, json, builtins, pathlib, dragoman, dragoman.catalog as c\n"
        "from dragoman.catalog import files\n"
        "before = files.index.cache_info().currsize\n"
        "c.find_model('openai', 'gpt-4o')\n"
        "print(json.dumps([before, files.index.cache_info().currsize]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [0, 1]
