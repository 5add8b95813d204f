"""`dragoman generate`: one question, one answer."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

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
from dragoman.cli.output import piped_in, print_json, remark, response_json, write_text
from dragoman.errors import ConfigurationError


def generate(
    prompt: Annotated[str | None, typer.Argument(help="What to ask; `-` or nothing reads standard input.")] = None,
    *,
    model: ModelOption = None,
    system: SystemOption = None,
    temperature: TemperatureOption = None,
    max_tokens: MaxTokensOption = None,
    reasoning: EffortOption = None,
    image: Annotated[
        list[str] | None, typer.Option("--image", help="A picture's path or URL; may be repeated.")
    ] = None,
    document: Annotated[list[str] | None, typer.Option("--document", help="A PDF's path or URL; likewise.")] = None,
    on_loss: Annotated[
        Literal["warn", "error"], typer.Option(help="What to do when the provider cannot be told all of it.")
    ] = "warn",
    base_url: BaseUrlOption = None,
    timeout: TimeoutOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print the whole response as JSON.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say afterwards what it took.")] = False,
) -> None:
    """Ask a model once. The answer is streamed to standard output."""
    question = _question(prompt)
    with connect(
        model,
        base_url,
        system=system,
        temperature=temperature,
        max_tokens=max_tokens,
        reasoning_effort=reasoning,
        timeout=timeout,
        images=image,
        documents=document,
        on_loss=on_loss,
    ) as llm:
        if json:
            print_json(response_json(llm.generate(question)))
            return
        with llm.generate(question, stream=True) as stream:
            write_text(stream)
        remark(stream.response, verbose=verbose)


def _question(prompt: str | None) -> str:
    """The prompt, or what standard input holds; both when text is piped in beside a prompt."""
    piped = piped_in()
    if prompt is None or prompt.strip() in ("", "-"):
        if not piped.strip():
            raise ConfigurationError("what is the question? Give a prompt, or pipe it in")
        return piped
    return f"{prompt}\n\n{piped}" if piped.strip() else prompt
