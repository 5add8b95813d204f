"""`dragoman extract`: what a text says, as JSON in the form of a type of yours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from dragoman.cli.client_options import (
    BaseUrlOption,
    MaxTokensOption,
    ModelOption,
    ModeOption,
    SystemOption,
    TemperatureOption,
    TimeoutOption,
    connect,
    mode_named,
)
from dragoman.cli.output import piped_in, print_json, remark, response_json
from dragoman.cli.schema_file import type_at
from dragoman.errors import ConfigurationError


def extract(
    file: Annotated[Path | None, typer.Argument(help="The text; `-` or nothing reads standard input.")] = None,
    *,
    schema: Annotated[
        str, typer.Option("--schema", metavar="FILE.py:NAME", help="The type: of a Python file, or MODULE:NAME.")
    ],
    model: ModelOption = None,
    many: Annotated[bool, typer.Option("--many", help="Find all there are: a list of them.")] = False,
    mode: ModeOption = None,
    max_retries: Annotated[int, typer.Option(help="How often to ask again when the answer does not fit.")] = 3,
    system: SystemOption = None,
    temperature: TemperatureOption = None,
    max_tokens: MaxTokensOption = None,
    image: Annotated[
        list[str] | None, typer.Option("--image", help="A picture's path or URL; may be repeated.")
    ] = None,
    document: Annotated[list[str] | None, typer.Option("--document", help="A PDF's path or URL; likewise.")] = None,
    base_url: BaseUrlOption = None,
    timeout: TimeoutOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print the whole response with it.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say afterwards what it took.")] = False,
) -> None:
    """Find in a text what a type of yours describes. The value goes to standard output, as JSON."""
    wanted = type_at(schema)
    text = _text(file, needed=not (image or document))
    with connect(
        model,
        base_url,
        system=system,
        temperature=temperature,
        max_tokens=max_tokens,
        timeout=timeout,
        mode=mode_named(mode),
    ) as llm:
        kind = list[wanted] if many else wanted
        found = llm.extract(kind, text, images=image or (), documents=document or (), max_retries=max_retries)
    value = _plain(kind, found.value)
    print_json({"value": value, **response_json(found.response)} if json else value)
    if not json:
        remark(found.response, verbose=verbose)


def _text(file: Path | None, *, needed: bool) -> str | None:
    text = piped_in() if file is None or str(file) == "-" else _read(file)
    if text.strip():
        return text
    if needed:
        raise ConfigurationError("what is the text? Name a file, or pipe it in")
    return None


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"`{file}` is no UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}. Convert it first "
            f"(`iconv -f … -t utf-8`); what is no text goes into --image or --document"
        ) from None


def _plain(kind: Any, value: Any) -> Any:
    from pydantic import TypeAdapter  # loaded by now: it made the value

    return TypeAdapter(kind).dump_python(value, mode="json", by_alias=True)
