"""Documents: TOML, JSON or YAML to plain values, with what they take from the environment."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from dragoman.errors import ConfigurationError, MissingPackage
from dragoman.routing.tables.marks import Marks, mark_of, of_json, of_toml, of_yaml, twice_in_json
from dragoman.routing.tables.places import DocumentError, Mark, below, item, refused


class Document:
    """What stands in a file, or a mapping that a program has made. It does not show itself: keys may be in it.

    Attributes:
        value: What stands there, as it is written.
        path: The file; `None` where there is none.
    """

    def __init__(self, value: Any, path: Path | None = None, marks: Callable[[], Marks] | None = None) -> None:
        self.value = value
        self.path = path
        self._marks = marks
        self._environment: Mapping[str, str] = {}

    def read(self, environment: Mapping[str, str]) -> Any:
        """What stands there, with what it takes from the environment."""
        self._environment = environment
        return with_environment(self.value, environment)

    @contextmanager
    def tells(self) -> Generator[None, None, None]:
        """Within it, what is refused says file, line and column too, and does not show what the environment says."""
        try:
            yield
        except DocumentError as error:
            message = self._hidden(error.message)
            if self.path is None:
                raise DocumentError(error.place, message) from None
            raise ConfigurationError(_said(self.path, message, self.mark(error.place))) from None

    def _hidden(self, message: str) -> str:
        """`message` without values of variables: one that stands at the wrong place may be a key."""
        for name in set(_NAMES.findall(repr(self.value))):
            value = self._environment.get(name, "")
            if len(value) >= _MAY_BE_A_KEY:
                spellings = {value, value.lower().replace("-", "_")}  # the second as that of a provider
                message = re.sub("|".join(map(re.escape, spellings)), f"${{{name}}}", message)
        return message

    def mark(self, place: str) -> Mark | None:
        """Where `place` stands, or what it would stand in."""
        marks = self._marks() if self._marks is not None else {}
        while place not in marks and place:
            place = place[: max(place.rfind("."), place.rfind("["), 0)]
        return marks.get(place)

    def __repr__(self) -> str:
        return f"<Document {self.path or 'without a file'}>"


def document_of(source: str | os.PathLike[str] | Mapping[str, Any]) -> Document:
    """A file, or what a program says in its place."""
    return Document(source) if isinstance(source, Mapping) else read(Path(source))


def read(path: Path) -> Document:
    """What stands in a file. A word that stands twice in one mapping is refused: one of the two would be lost."""
    form = _FORMS.get(path.suffix.lower())
    if form is None:
        raise ConfigurationError(f"`{path}`: what can be read is a file that ends in {', '.join(_FORMS)}")
    try:
        text = path.read_text(encoding="utf-8-sig")
        value = form.value(text)
    except _Unreadable as error:
        raise ConfigurationError(_said(path, f"it cannot be read: {error}", error.mark)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"`{path}` cannot be read: {error}") from error
    return Document(value, path, partial(form.marks, text))


def _said(path: Path, message: str, mark: Mark | None) -> str:
    return f"{path}:{mark}: {message}" if mark else f"{path}: {message}"


class _Unreadable(ValueError):
    """The text is not in its format."""

    def __init__(self, message: str, mark: Mark | None = None) -> None:
        super().__init__(message)
        self.mark = mark


def _toml(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = _TOML_PROBLEM.fullmatch(str(error))
        if problem is None:
            raise _Unreadable(str(error)) from error
        line, column = problem["line"] or text.count("\n") + 1, problem["column"] or len(text.rpartition("\n")[2]) + 1
        raise _Unreadable(_TOML_FIXES.get(problem["text"], problem["text"]), Mark(int(line), int(column))) from error


_TOML_PROBLEM: Final = re.compile(
    r"(?P<text>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL
)
"""How `tomllib` says where it was: it keeps no numbers before Python 3.14."""

_TOML_FIXES: Final = {
    "Invalid value": "here stands no value. A text stands in quotes; `true` and `false` are in small letters",
    "Expected newline or end of document after a statement": "more stands here than one value. A text stands in "
    "quotes, and each entry on a line of its own",
}
"""What to say in place of words of `tomllib`'s that name no way out."""


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once_each)
    except json.JSONDecodeError as error:
        raise _Unreadable(error.msg, Mark(error.lineno, error.colno)) from error
    except _Twice as error:
        word, mark = twice_in_json(text) or (error.word, None)
        raise _Unreadable(f"`{word}` stands there twice", mark) from error


def _yaml(text: str) -> Any:
    try:
        yaml: Any = import_module("yaml")
    except ModuleNotFoundError as error:
        raise MissingPackage("a YAML file needs PyYAML: pip install 'dragoman[yaml]', or write TOML") from error

    class Strict(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # the one in C, where PyYAML was built with it
        """Plain values only."""

    def mapping(loader: Any, node: Any) -> dict[Any, Any]:
        _refuse_keys(node)
        loader.flatten_mapping(node)  # what `<<` brings comes first, and what is written there prevails
        value_of = partial(loader.construct_object, deep=True)
        return {value_of(key): value_of(value) for key, value in node.value}

    Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    try:
        return yaml.load(text, Strict)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise _Unreadable(_YAML_FIXES.get(problem, problem), mark and mark_of(mark)) from error


_YAML_FIXES: Final = {
    "mapping values are not allowed in this context": "a second `:` in one entry. Is the line indented as those beside "
    "it? A text that has a `: ` in it stands in quotes",
    "found character that cannot start any token": "no word begins so. Lines are indented by spaces, not by tabs; a "
    "text that begins with `@`, `%` or a backtick stands in quotes",
}
"""What to say in place of words of PyYAML's that name no way out."""


def _refuse_keys(node: Any) -> None:
    """Raises `_Unreadable` for a key in YAML that is no plain word, and for one that stands there twice."""
    seen: set[str] = set()
    for key, _ in node.value:
        if key.id != "scalar":
            raise _Unreadable("a key is a text", mark_of(key.start_mark))
        if key.value in seen:
            raise _Unreadable(f"`{key.value}` stands there twice", mark_of(key.start_mark))
        seen.add(key.value)


class _Form(NamedTuple):
    """How a kind of file is read, and how it is found out where its words stand."""

    value: Callable[[str], Any]
    marks: Callable[[str], Marks]


_FORMS: Final[dict[str, _Form]] = {
    ".toml": _Form(_toml, of_toml),
    ".json": _Form(_json, of_json),
    ".yaml": _Form(_yaml, of_yaml),
    ".yml": _Form(_yaml, of_yaml),
}


class _Twice(ValueError):
    """A word stands twice in one mapping."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _Twice(next(key for key in keys if keys.count(key) > 1))
    return found


# ---------------------------------------------------------------------- environment

_REFERENCE: Final = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<inside>[^}]*)\}?)")
_MAY_BE_A_KEY: Final = 8
"""Characters from which on the value of a variable is not shown."""

_NAMES: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)")
_INSIDE: Final = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>.*))?")


def with_environment(value: Any, environment: Mapping[str, str], place: str = "") -> Any:
    """The same with `${NAME}` and `${NAME:-default}` replaced in its texts, and `$$` by `$`.

    As in a shell, the default stands in for a variable that is empty too. One that is not set and has no default is an
    error: a key that is missing shall not become an empty one.
    """
    match value:
        case str():
            return _REFERENCE.sub(lambda found: _replacement(found, environment, place), value)
        case dict():
            items = cast("dict[Any, Any]", value).items()
            return {key: with_environment(each, environment, below(place, key)) for key, each in items}
        case list():
            items = enumerate(cast("list[Any]", value))
            return [with_environment(each, environment, item(place, number)) for number, each in items]
        case _:
            return value


def _replacement(found: re.Match[str], environment: Mapping[str, str], place: str) -> str:
    if found["dollar"]:
        return "$"
    inside = _INSIDE.fullmatch(found["inside"])
    if inside is None or not found[0].endswith("}"):
        raise refused(place, "write ${NAME} or ${NAME:-default}, and $$ for a dollar sign")
    said = environment.get(inside["name"]) or inside["default"]
    if said is None:
        raise refused(place, f"the environment variable `{inside['name']}` is not set, and has no default")
    return said
