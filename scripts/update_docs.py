"""Write the tables in `docs/` that are made from the code; with `--check`, only say whether they are up to date.

A table stands between `<!-- generated: NAME -->` and `<!-- end -->`, NAME being one of `TABLES`.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType

from mission import with_proofs

sys.path.insert(0, str(Path(__file__).parents[1]))  # the tests do each way of translating, and say what came of it

from tests.dialects.translation import matrix

from dragoman import ProviderConfig, RetryConfig, Timeouts, errors
from dragoman.catalog import files, requirements
from dragoman.catalog.facts import CatalogFile
from dragoman.cli.chat import COMMANDS
from dragoman.cli.output import ANYTHING_ELSE, EXIT_CODES, INTERRUPTED, ROWS_FAILED
from dragoman.client import options, value_options
from dragoman.dialects import dialect_names
from dragoman.providers import ProviderSpec, Setting, built_in_names, get_spec
from dragoman.testing import Fault
from dragoman.testing.emulator.command_line import OPTIONS
from dragoman.testing.emulator.refusals import refusals_of
from dragoman.testing.emulator.settings import Settings

DOCS = Path(__file__).parents[1] / "docs"
MISSION = DOCS / "mission.md"
_GENERATED = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

_RETRIED: dict[type[errors.Error], str] = {
    errors.TimedOut: "yes, unless the time of the whole call is up",
    errors.StreamInterrupted: "yes, before any content has come",
}
"""Where the answer to "tried again?" is longer than yes or no."""


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def error_table() -> str:
    """The error tree, each class below its parent: what it means and whether it is tried again."""
    rows = [
        (
            f"`{kind.__name__}`",
            ", ".join(f"`{base.__name__}`" for base in kind.__bases__),
            inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0],
            _RETRIED.get(kind, "yes" if kind.retryable else ""),
            str(kind.status),
        )
        for kind in _tree(errors.Error)
    ]
    return table(("error", "is a", "means", "tried again", "gateway's status"), rows)


def _tree(kind: type[errors.Error]) -> Iterator[type[errors.Error]]:
    yield kind
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from _tree(below)


def option_table(*kinds: str) -> str:
    """The options that classes in `client/options.py` list, from the docstrings under them."""
    return key_table(options, *kinds)


def key_table(module: ModuleType, *kinds: str) -> str:
    """The keys of these classes."""
    rows = [row for kind in kinds for row in documented_keys(module, kind)]
    return table(("option", "type", "what it does"), rows)


def demand_table() -> str:
    """What `require` can be asked for."""
    return table(("demand", "type", "means"), documented_keys(requirements, "Demands"))


def documented_keys(module: ModuleType, name: str) -> list[tuple[str, ...]]:
    """The keys of a `TypedDict`: name, type, and the docstring under it."""
    (body,) = [
        node.body
        for node in ast.parse(inspect.getsource(module)).body
        if isinstance(node, ast.ClassDef) and node.name == name
    ]
    rows: list[tuple[str, ...]] = []
    for node in body:
        if isinstance(node, ast.AnnAssign):
            rows.append((f"`{ast.unparse(node.target)}`", f"`{ast.unparse(node.annotation)}`", ""))
        elif rows and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            rows[-1] = (*rows[-1][:2], str(node.value.value))
    return rows


def model_table() -> str:
    """What the catalog has, by list."""
    lists = [(name, found.file) for name in files.list_names() if (found := files.index(name))]
    total = sum(len(file.models) for _, file in lists)
    head = ("list", "models", "with a price", "with a window", "serves", "as of", "sources")
    rows = [_model_row(name, file) for name, file in lists]
    return f"{total:,} models in {len(lists)} lists.\n\n{table(head, rows)}"


def _model_row(name: str, file: CatalogFile) -> tuple[str, ...]:
    priced = sum(bool(facts.prices) for facts in file.models)
    windows = sum(facts.context_tokens is not None for facts in file.models)
    counts = (str(count) for count in (len(file.models), priced, windows))
    return (f"`{name}`", *counts, file.serves, file.as_of, "; ".join(file.sources))


def attribute_table(kind: type) -> str:
    """The attributes of a record, from its docstring."""
    section = inspect.cleandoc(kind.__doc__ or "").partition("Attributes:\n")[2]
    rows = re.findall(r"^    (\w+): (.*(?:\n {8,}.*)*)", section, re.MULTILINE)
    return table(("field", "what it does"), [(f"`{name}`", said) for name, said in rows])


def command_table() -> str:
    """The options of the command that runs an emulator."""
    rows = [
        (f"`{option.flag}`", option.help, "" if option.default is None else str(option.default)) for option in OPTIONS
    ]
    return table(("option", "what it does", "by default"), rows)


def chat_table() -> str:
    """The commands inside `dragoman chat`."""
    rows = [(f"`/{name}`", inspect.cleandoc(command.__doc__ or "")) for name, command in COMMANDS.items()]
    return table(("line", "what it does"), rows)


def refusal_table() -> str:
    """What a strict emulator refuses, by dialect, and where that is known from."""
    rows = [
        (f"`{dialect}`", rule.refuses, rule.source)
        for dialect in sorted(dialect_names())
        for rule in refusals_of(dialect).rules
    ]
    return table(("dialect", "is refused", "source"), rows)


def exit_code_table() -> str:
    """The exit codes of the command line."""
    rows = [("0", "All went well.")]
    rows += [(str(code), f"{means} (`{kind.__name__}`)") for kind, code, means in EXIT_CODES]
    rows += [(str(ROWS_FAILED), "All rows of a batch were asked, and some have no answer.")]
    rows += [(str(ANYTHING_ELSE), "Anything else."), (str(INTERRUPTED), "Interrupted.")]
    return table(("code", "means"), rows)


def provider_table() -> str:
    """The providers: name, dialects, address, variables and settings."""
    rows = [
        (
            f"[`{spec.name}`]({spec.docs_url})" if spec.docs_url else f"`{spec.name}`",
            _dialects_of(spec),
            _address_of(spec),
            _variables(*spec.auth.variables) + ("" if spec.auth.required else " (not needed by all)"),
            _variables(*spec.base_url_env),
            "; ".join(map(_setting, spec.settings)),
        )
        for spec in map(get_spec, built_in_names())
        if spec.deprecated is None
    ]
    return table(("provider", "dialects", "address", "key, in order", "address from", "settings"), rows)


def _dialects_of(spec: ProviderSpec) -> str:
    spoken = ", ".join(f"`{name}`" for name in (_dialect_of(spec), *spec.also_speaks))
    return spoken if spec.chats else "none: it only embeds"


def _dialect_of(spec: ProviderSpec) -> str:
    return spec.dialect_for("")


def _address_of(spec: ProviderSpec) -> str:
    if spec.engine is not None:
        return "in this process"
    if spec.base_url is None:
        return "you say where"
    if isinstance(spec.base_url, str):
        return f"`{spec.base_url}`"
    return "by its settings"


def _variables(*names: str) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _setting(setting: Setting) -> str:
    said = [f"by default {setting.default}"] if setting.default else []
    said += ["needed"] if setting.required else []
    notes = f" ({', '.join(said)})" if said else ""
    first = "".join(f" (`{start}…`: `{name}` first)" for start, name in setting.first_for.items())
    return f"`{setting.name}`{notes}" + (f" from {_variables(*setting.env)}{first}" if setting.env else "")


def quirk_table() -> str:
    """What is corrected for each provider, and why."""
    specs = [spec for spec in map(get_spec, built_in_names()) if spec.deprecated is None]
    rows = [(f"`{spec.name}`", quirk.name, quirk.why) for spec in specs for quirk in spec.quirks]
    return table(("provider", "correction", "because"), rows)


def deprecated_table() -> str:
    """The providers that warn."""
    specs = map(get_spec, built_in_names())
    return table(("provider", "instead"), [(f"`{spec.name}`", spec.deprecated) for spec in specs if spec.deprecated])


TABLES: dict[str, Callable[[], str]] = {
    "errors": error_table,
    "options": lambda: option_table("GenerateOptions", "AnswerOptions", "CallOptions"),
    "value_options": lambda: key_table(value_options, "ValueOptions"),
    "embed_options": lambda: option_table("EmbedOptions", "CallOptions"),
    "retries": lambda: attribute_table(RetryConfig),
    "timeouts": lambda: attribute_table(Timeouts),
    "faults": lambda: attribute_table(Fault),
    "settings": lambda: attribute_table(Settings),
    "command": command_table,
    "refusals": refusal_table,
    "chat": chat_table,
    "exit_codes": exit_code_table,
    "config": lambda: attribute_table(ProviderConfig),
    "demands": demand_table,
    "models": model_table,
    "providers": provider_table,
    "quirks": quirk_table,
    "deprecated": deprecated_table,
    "translation_requests": lambda: matrix.table("request"),
    "translation_answers": lambda: matrix.table("answer"),
}


def updated(page: Path) -> str:
    """A page with its tables made anew."""
    text = _GENERATED.sub(lambda found: f"{found[1]}{TABLES[found[2]]()}{found[3]}", page.read_text())
    return with_proofs(text) if page == MISSION else text


def main(arguments: list[str]) -> int:
    stale = [page for page in sorted(DOCS.glob("**/*.md")) if updated(page) != page.read_text()]
    for page in stale:
        if "--check" in arguments:
            print(f"{page.relative_to(DOCS.parent)} is out of date: run `make docs`")
        else:
            page.write_text(updated(page))
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
