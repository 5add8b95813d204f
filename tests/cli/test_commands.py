"""The other commands, and the command itself."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command

from dragoman.cli.app import app
from dragoman.cli.doctor import EXTRAS
from dragoman.cli.output import code_of
from dragoman.errors import Error, MissingKey, OutputError, RateLimited, TimedOut
from dragoman.providers import get_spec, provider_names
from dragoman.testing import Emulator
from dragoman.testing.emulator.command_line import OPTIONS

from .conftest import Command

ROOT = Path(__file__).parents[2]


def test_providers_are_listed_and_keys_are_not_shown(run: Command) -> None:
    result = run("providers", OPENAI_API_KEY="sk-marked-secret")
    assert result.returncode == 0
    assert [name for name in provider_names() if name not in result.stdout] == []
    assert "sk-marked-secret" not in result.stdout
    rows = {
        row["name"]: row for row in json.loads(run("providers", "--json", OPENAI_API_KEY="sk-marked-secret").stdout)
    }
    assert rows["openai"]["key_found_in"] == "OPENAI_API_KEY"
    assert "sk-marked-secret" not in str(rows)


def test_a_row_is_one_line_where_no_person_looks(run: Command) -> None:
    lines = run("providers", COLUMNS="80", ANTHROPIC_AUTH_TOKEN="token").stdout.splitlines()
    (found,) = (line for line in lines if line.split()[0] == "anthropic")
    assert "ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN" in found
    assert len(lines) == 1 + len(provider_names())


def test_emulate_runs_until_interrupted(run: Command) -> None:
    command = [sys.executable, "-c", "from dragoman.cli import main; main()", "emulate", "--port", "0"]
    with subprocess.Popen(command, env=run.environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        greeting = "".join(iter(process.stdout.readline, "\n"))
        assert "The emulator listens on http://127.0.0.1:" in greeting
        assert all(line.startswith("#") for line in greeting.splitlines())  # a shell may read it
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(timeout=20) == 0
    assert "export OPENAI_BASE_URL=" in rest
    assert "<Bill 0 calls" in rest


def test_emulate_has_the_options_of_the_module() -> None:
    command = get_command(app).commands["emulate"]
    given = {each.opts[0]: (each.default, each.multiple) for each in command.params}
    assert given == {option.flag: (option.default, option.repeated) for option in OPTIONS}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--mode", "nonsense"), "nonsense"),
        (("--port", "many"), "--port"),
        (("--tape", "nowhere.json"), "there is no tape"),
    ],
)
def test_emulate_refuses_what_cannot_be_right(run: Command, arguments: tuple[str, ...], said: str) -> None:
    result = run("emulate", *arguments)
    assert (result.returncode, said in result.stderr) == (2, True)


@pytest.mark.parametrize("arguments", [("--help",), ("generate", "--help"), ("chat", "-h"), ("--version",)])
def test_help(run: Command, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.returncode == 0
    assert result.stdout


def test_the_package_is_the_command(run: Command) -> None:
    command = [sys.executable, "-m", "dragoman", "--help"]
    asked = subprocess.run(command, env=run.environment, capture_output=True, text=True, check=False, timeout=60)
    assert (asked.returncode, asked.stdout) == (0, run("--help").stdout)
    assert "Usage: dragoman " in asked.stdout


def test_shells_are_offered_providers(run: Command) -> None:
    result = run(_DRAGOMAN_COMPLETE="complete_bash", COMP_WORDS="dragoman generate --model ope", COMP_CWORD="3")
    assert "openai/" in result.stdout.split()


@pytest.mark.parametrize(
    ("error", "code"),
    [(MissingKey("m"), 2), (OutputError("m"), 5), (RateLimited("m"), 3), (TimedOut("m"), 4), (Error("m"), 1)],
)
def test_every_error_has_an_exit_code(error: Error, code: int) -> None:
    assert code_of(error) == code


def test_without_its_packages_it_says_what_to_install(run: Command) -> None:
    program = (
        "import sys, importlib.util as u; found = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'typer' else found(name, *a)\n"
        "from dragoman.cli import main; main()"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 1
    assert "pip install 'dragoman[cli]'" in result.stderr


def test_models_of_the_catalog(run: Command) -> None:
    result = run("models", "openai", "--search", "gpt-4o-mini", "--tools")
    assert result.returncode == 0
    assert "openai/gpt-4o-mini" in result.stdout
    rows = json.loads(run("models", "openai", "--search", "gpt-4o-mini", "--json").stdout)
    mini = next(row for row in rows if row["id"] == "gpt-4o-mini")
    assert (mini["context_tokens"], mini["input_price"]) == (128_000, "0.15")


def test_one_model_of_the_catalog(run: Command) -> None:
    ids = [row["id"] for row in json.loads(run("models", "openai/gpt-4o-mini", "--json").stdout)]
    assert "gpt-4o-mini" in ids
    assert all("gpt-4o-mini" in name for name in ids)


def test_models_that_do_not_exist_say_why(run: Command) -> None:
    result = run("models", "anthropic", "--context", "100000000")
    assert result.returncode == 2
    assert "context_tokens" in result.stderr


def test_models_of_a_provider_that_is_misspelt_say_which_is_meant(run: Command) -> None:
    for asked in ("opnai", "opnai/gpt-4o"):
        assert "Did you mean `openai`?" in run("models", asked).stderr


def test_models_that_the_provider_offers_now(run: Command) -> None:
    assert "gpt-4o-mini" in run("models", "openai", "--live").stdout
    assert {row["id"] for row in json.loads(run("models", "openai", "--live", "--json").stdout)} > {"gpt-4o-mini"}
    assert "name it" in run("models", "--live").stderr


def test_doctor_says_what_works_and_never_shows_a_key(run: Command) -> None:
    result = run("doctor", "openai", "groq", "--json", OPENAI_API_KEY="sk-marked-secret", GROQ_API_KEY="")
    findings = {finding["what"]: finding for finding in json.loads(result.stdout)}
    assert result.returncode == 1  # groq was asked for, and has no key
    assert findings["key of openai"]["found"] == "OPENAI_API_KEY"
    assert findings["openai answers"]["state"] == "ok"
    assert findings["key of groq"] == {
        "what": "key of groq", "state": "missing", "found": "", "advice": "set GROQ_API_KEY, if you need it",
    }  # fmt: skip
    assert findings["groq answers"]["state"] == "failed"
    assert "sk-marked-secret" not in result.stdout + result.stderr


def test_doctor_names_a_server_that_is_down(run: Command) -> None:
    result = run("doctor", "ollama", OLLAMA_HOST="127.0.0.1:9")
    assert result.returncode == 1
    assert "not reachable" in result.stdout
    assert "ollama serve" in result.stdout


def test_doctor_says_what_to_install(run: Command) -> None:
    rows = run("doctor", "openai", "--offline").stdout
    assert "dragoman[gguf]" in rows or "llama_cpp" in rows


def test_doctor_looks_for_every_extra_that_installs_something() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {name for name, packages in project["optional-dependencies"].items() if packages}
    assert extras - {"all", "dev"} == set(EXTRAS)


def test_doctor_says_in_a_line_that_keys_are_missing(run: Command) -> None:
    for name in provider_names():
        for variable in get_spec(name).auth.variables:
            run.environment.pop(variable, None)
    assert "set one, like OPENAI_API_KEY" in run("doctor", "--offline").stdout
    short = run("doctor", "--offline", OPENAI_API_KEY="sk-marked-secret").stdout
    assert re.findall(r"key of \w+", short) == ["key of openai"]
    assert "other keys" in short
    (keyless,) = (line for line in short.splitlines() if "no key needed" in line)
    assert "ollama" in keyless
    assert "mlx" not in keyless
    assert "GROQ_API_KEY" in run("doctor", "--offline", "--all").stdout


def test_doctor_says_that_an_engine_runs_here(run: Command) -> None:
    assert "in this process" in run("doctor", "mlx", "--offline").stdout


def test_doctor_offline_sends_nothing(run: Command, emulator: Emulator) -> None:
    assert run("doctor", "openai", "--offline").returncode == 0
    assert emulator.requests == []


@pytest.fixture
def broken_plugin(tmp_path: Path) -> dict[str, str]:
    """The environment of a Python in which a package is installed whose provider cannot be loaded."""
    installed = tmp_path / "broken-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text("[dragoman.providers]\nbroken = no_such_package:SPEC\n")
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))}


def test_a_broken_plugin_is_a_row_among_the_providers(run: Command, broken_plugin: dict[str, str]) -> None:
    result = run("providers", **broken_plugin)
    assert (result.returncode, result.stderr) == (0, "")
    assert {"no_such_package", "openai"} <= set(re.findall(r"\w+", result.stdout))
    rows = json.loads(run("providers", "--json", **broken_plugin).stdout)
    assert "no_such_package" in next(row["failed"] for row in rows if row["name"] == "broken")


def test_a_broken_plugin_is_a_finding_of_doctor(run: Command, broken_plugin: dict[str, str]) -> None:
    result = run("doctor", "--offline", "--json", **broken_plugin)
    assert result.returncode == 1
    (finding,) = (it for it in json.loads(result.stdout) if it["what"] == "provider broken")
    assert finding["state"] == "failed"
    assert "no_such_package" in finding["advice"]
