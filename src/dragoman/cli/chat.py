"""`dragoman chat`: a conversation in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from rich.console import Console

from dragoman.cli.client_options import (
    BaseUrlOption,
    EffortOption,
    MaxTokensOption,
    ModelOption,
    SystemOption,
    TemperatureOption,
    TimeoutOption,
    connect,
)
from dragoman.cli.output import complain, console, summary, write_text
from dragoman.client import LLM, Chat
from dragoman.errors import Error


def chat(
    *,
    model: ModelOption = None,
    system: SystemOption = None,
    temperature: TemperatureOption = None,
    max_tokens: MaxTokensOption = None,
    reasoning: EffortOption = None,
    base_url: BaseUrlOption = None,
    timeout: TimeoutOption = None,
) -> None:
    """Talk to a model. `/model PROVIDER/MODEL` goes on with another one; `/help` says what else there is."""
    options: dict[str, object] = {
        "system": system,
        "temperature": temperature,
        "max_tokens": max_tokens,
        "reasoning_effort": reasoning,
        "timeout": timeout,
    }
    Talk(connect(model, base_url, **options), options).run()


class Talk:
    """A conversation, whichever models take part in it."""

    def __init__(self, llm: LLM, options: dict[str, object]) -> None:
        self.llm = llm
        self.options = options
        self.chat: Chat = llm.chat()
        self.cost: Decimal | None = Decimal(0)
        self.out: Console = console()

    def run(self) -> None:
        """Until `/quit` or the end of the input. Ctrl-C ends an answer, not the conversation."""
        self._note(f"{self.llm.provider}/{self.llm.model}: /help says what there is, /quit leaves.")
        while (line := self._read()) is not None:
            try:
                if line.startswith("/"):
                    self._command(line)
                elif line:
                    self._say(line)
            except EOFError:
                break
            except Error as error:
                complain(str(error))
        self.llm.close()

    def _read(self) -> str | None:
        try:
            return input("> " if sys.stdin.isatty() else "").strip()
        except (EOFError, KeyboardInterrupt):
            return None

    def _say(self, text: str) -> None:
        with self.chat.generate(text, stream=True) as stream:
            try:
                write_text(stream)
            except KeyboardInterrupt:
                sys.stdout.write("\n")
                self._note("interrupted: this turn is not remembered")
                return
        response = stream.response
        for loss in response.warnings:
            self._note(f"warning: {loss}")
        self.cost = None if self.cost is None or response.cost is None else self.cost + response.cost
        self._note(summary(response))

    def _command(self, line: str) -> None:
        name, _, argument = line[1:].partition(" ")
        command = COMMANDS.get(name)
        if command is None:
            complain(f"there is no /{name}: /help says what there is")
            return
        command(self, argument.strip())

    def _note(self, text: str) -> None:
        self.out.print(text, style="dim", markup=False)

    def use(self, model: str) -> None:
        """Go on with the model named after it; alone, say which one it is now."""
        if not model:
            self._note(f"{self.llm.provider}/{self.llm.model}")
            return
        other = connect(model, None, **self.options)
        said, self.chat = self.chat.messages, other.chat()
        self.chat.messages.extend(said)
        self.llm.close()
        self.llm = other
        self._note(f"now {other.provider}/{other.model}, {len(said)} messages so far")

    def clear(self, _: str) -> None:
        """Begin anew."""
        self.chat.messages.clear()
        self._note("nothing has been said")

    def spent(self, _: str) -> None:
        """What it has cost so far."""
        self._note("not known" if self.cost is None else f"${self.cost:f}")

    def help(self, _: str) -> None:
        """Say what there is."""
        self._note("\n".join(f"/{name:<6} {(command.__doc__ or '').rstrip('.')}" for name, command in COMMANDS.items()))

    def quit(self, _: str) -> None:
        """Leave."""
        raise EOFError


COMMANDS: Final[dict[str, Callable[[Talk, str], None]]] = {
    "model": Talk.use,
    "clear": Talk.clear,
    "cost": Talk.spent,
    "help": Talk.help,
    "quit": Talk.quit,
}
"""What can be typed in place of something to say."""
