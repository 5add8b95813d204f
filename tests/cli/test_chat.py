"""`dragoman chat`: lines in, answers out."""

from __future__ import annotations

from dragoman.testing import Emulator

from .conftest import Command

MODEL = ("--model", "openai/gpt-4o-mini")


def test_it_remembers(run: Command, emulator: Emulator) -> None:
    result = run("chat", *MODEL, stdin="Say exactly: one\nSay exactly: two\n/cost\n/quit\n")
    assert result.returncode == 0
    assert ("one\n" in result.stdout, "two\n" in result.stdout) == (True, True)
    told = [message["content"] for message in emulator.requests[-1].wire["messages"]]
    assert told == ["Say exactly: one", "one", "Say exactly: two"]


def test_another_model_goes_on_with_what_was_said(run: Command, emulator: Emulator) -> None:
    result = run("chat", *MODEL, stdin="Say exactly: one\n/model anthropic/claude-haiku-4-5\nSay exactly: two\n")
    assert "now anthropic/claude-haiku-4-5, 2 messages so far" in result.stdout
    last = emulator.requests[-1]
    assert last.dialect == "anthropic_messages"
    assert [message["role"] for message in last.wire["messages"]] == ["user", "assistant", "user"]


def test_a_failed_turn_does_not_end_it(run: Command, emulator: Emulator) -> None:
    emulator.fault(status=400, message="Not that.")
    result = run("chat", *MODEL, stdin="first\nSay exactly: second\n")
    assert result.returncode == 0
    assert "Not that." in result.stderr
    assert "second\n" in result.stdout
    assert [message["content"] for message in emulator.requests[-1].wire["messages"]] == ["Say exactly: second"]


def test_clear_and_help_and_what_there_is_not(run: Command, emulator: Emulator) -> None:
    result = run("chat", *MODEL, stdin="Hi\n/clear\n/help\n/nonsense\n/model\n/model nowhere/m\nSay exactly: alone\n")
    assert len(emulator.requests[-1].wire["messages"]) == 1
    assert "/model" in result.stdout
    assert "there is no /nonsense" in result.stderr
    assert "Unknown provider: nowhere" in result.stderr
    assert "alone\n" in result.stdout
