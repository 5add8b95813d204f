"""`dragoman generate`."""

from __future__ import annotations

import json

import pytest

from dragoman.testing import Emulator

from .conftest import Command

MODEL = ("--model", "openai/gpt-4o-mini")


def test_the_answer_goes_to_standard_output_and_nothing_else_does(run: Command) -> None:
    result = run("generate", "Say exactly: Hello there", *MODEL, "--verbose")
    assert (result.returncode, result.stdout) == (0, "Hello there\n")
    assert result.stderr.startswith("openai/gpt-4o-mini · ")
    assert "$0.0000" in result.stderr


def test_options_reach_the_model(run: Command, emulator: Emulator) -> None:
    options = ("--system", "Be brief.", "-t", "0.5", "--max-tokens", "20", "--reasoning", "low")
    run("generate", "Hi", "--model", "openai/a-model-of-my-own", *options)
    wire = emulator.requests[-1].wire
    assert wire["messages"][0] == {"role": "system", "content": "Be brief."}
    assert (wire["temperature"], wire["max_completion_tokens"], wire["reasoning_effort"]) == (0.5, 20, "low")


@pytest.mark.parametrize(
    ("arguments", "stdin", "asked"),
    [
        (("Say exactly: one",), "", "Say exactly: one"),
        (("-",), "Say exactly: two", "Say exactly: two"),
        ((), "Say exactly: three", "Say exactly: three"),
        (("Summarise:",), "a long text", "Summarise:\n\na long text"),
    ],
)
def test_the_question_may_be_piped_in(
    run: Command, emulator: Emulator, arguments: tuple[str, ...], stdin: str, asked: str
) -> None:
    assert run("generate", *arguments, *MODEL, stdin=stdin).returncode == 0
    assert emulator.requests[-1].wire["messages"][-1]["content"] == asked


def test_json_for_other_programs(run: Command) -> None:
    answer = json.loads(run("generate", "Say exactly: yes", "--json", *MODEL).stdout)
    assert answer["content"] == "yes"
    assert answer["provider"] == "openai"
    assert answer["attempts"][0]["outcome"] == "ok"
    assert float(answer["cost_usd"]) > 0


def test_the_model_may_come_from_the_environment(run: Command) -> None:
    assert run("generate", "Say exactly: yes", DRAGOMAN_MODEL="anthropic/claude-haiku-4-5").stdout == "yes\n"


WITH_PICTURE = ("What is it?", "--image", "https://h/x.png", "--model")
WITH_DOCUMENT = ("What is it?", "--document", "https://h/x.pdf", "--model")
DROPPED = "`messages[0].content[0]` was dropped"


def test_a_document_that_is_dropped_is_said(run: Command, emulator: Emulator) -> None:
    """Ollama takes no documents."""
    result = run("generate", *WITH_DOCUMENT, "ollama/llava")
    assert (result.returncode, len(emulator.requests)) == (0, 1)
    assert f"warning: {DROPPED}" in result.stderr
    (warning,) = json.loads(run("generate", *WITH_DOCUMENT, "ollama/llava", "--json").stdout)["warnings"]
    assert warning.startswith(DROPPED)


def test_a_document_that_would_be_dropped_may_end_it(run: Command, emulator: Emulator) -> None:
    result = run("generate", *WITH_DOCUMENT, "ollama/llava", "--on-loss", "error")
    assert (result.returncode, result.stdout, emulator.requests) == (2, "", [])
    assert "nothing was sent" in result.stderr


def test_a_picture_that_cannot_be_had_ends_it(run: Command, emulator: Emulator) -> None:
    """Ollama takes pictures as bytes, so what lies at an address is fetched first; this one may not be."""
    result = run("generate", "What is it?", "--image", "http://127.0.0.1:9/x.png", "--model", "ollama/llava")
    assert (result.returncode, emulator.requests) == (2, [])
    assert "127.0.0.1" in result.stderr
    assert "fetch=" in result.stderr


def test_a_picture_that_is_sent_is_no_loss(run: Command) -> None:
    result = run("generate", *WITH_PICTURE, "anthropic/claude-haiku-4-5")
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("Hi",), 2, "which model?"),
        (("Hi", "--model", "opnai/m"), 2, "Did you mean `openai`"),
        (("", "--model", "openai/m"), 2, "what is the question?"),
        (("Hi", *MODEL, "--temperature", "9"), 2, "temperature must be"),
        (("Hi", *MODEL, "--nonsense"), 2, "No such option"),
        (("Hi", *MODEL, "--image", "there-is-none.png"), 2, "there-is-none.png"),
        (("Hi", *MODEL, "--image", __file__), 2, "is no picture"),
    ],
)
def test_what_the_caller_can_mend_ends_with_2(run: Command, arguments: tuple[str, ...], code: int, said: str) -> None:
    result = run("generate", *arguments)
    assert result.returncode == code
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_key_names_its_variable(run: Command) -> None:
    result = run("generate", "Hi", *MODEL, OPENAI_API_KEY="")
    assert result.returncode == 2
    assert "`OPENAI_API_KEY`" in result.stderr


@pytest.mark.parametrize(("status", "code"), [(401, 3), (404, 3), (400, 3)])
def test_what_the_provider_refuses_ends_with_3(run: Command, emulator: Emulator, status: int, code: int) -> None:
    emulator.fault(status=status, message="No, thank you.")
    result = run("generate", "Hi", *MODEL)
    assert result.returncode == code
    assert "No, thank you." in result.stderr


def test_an_unreachable_provider_ends_with_4(run: Command) -> None:
    result = run("generate", "Hi", *MODEL, "--base-url", "http://127.0.0.1:9/v1", "--timeout", "5")
    assert result.returncode == 4


def test_a_cut_stream_keeps_what_had_arrived(run: Command, emulator: Emulator) -> None:
    emulator.fault(cut_after=8, event_delay_seconds=0.01)
    result = run("generate", "Count to 50", *MODEL)
    assert result.returncode == 4
    assert result.stdout.startswith("1 2")
