"""Documents: TOML, JSON or YAML to plain values, with what they take from the environment."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final, cast

from dragoman.errors import ConfigurationError, MissingPackage


def read(path: Path) -> Any:
    """What stands in a file. A word that stands twice in one mapping is refused: one of the two would be lost."""
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise ConfigurationError(f"`{path}`: a routing table is a file that ends in {', '.join(_READERS)}")
    try:
        return reader(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, _Unreadable) as error:
        raise ConfigurationError(f"`{path}` cannot be read: {error}") from error


class _Unreadable(ValueError):
    """The text is not in its format."""


def _toml(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _Unreadable(str(error)) from error


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once_each)
    except json.JSONDecodeError as error:
        raise _Unreadable(str(error)) from error


def _yaml(text: str) -> Any:
    try:
        yaml: Any = import_module("yaml")
    except ModuleNotFoundError as error:
        raise MissingPackage("a YAML file needs PyYAML: pip install 'dragoman[yaml]', or write TOML") from error

    class Strict(yaml.SafeLoader):
        """Plain values only."""

    def mapping(loader: Any, node: Any) -> dict[Any, Any]:
        _once_each([(key.value, value) for key, value in node.value])
        loader.flatten_mapping(node)  # what `<<` brings comes first, and what is written there prevails
        value_of = partial(loader.construct_object, deep=True)
        return {value_of(key): value_of(value) for key, value in node.value}

    Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    try:
        return yaml.load(text, Strict)
    except yaml.YAMLError as error:
        raise _Unreadable(str(error)) from error


_READERS: Final[dict[str, Callable[[str], Any]]] = {".toml": _toml, ".json": _json, ".yaml": _yaml, ".yml": _yaml}


def _once_each(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _Unreadable(f"`{next(key for key in keys if keys.count(key) > 1)}` stands there twice")
    return found


# ---------------------------------------------------------------------- environment

_REFERENCE: Final = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<inside>[^}]*)\}?)")
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
            return [with_environment(each, environment, f"{place}[{number}]") for number, each in items]
        case _:
            return value


def _replacement(found: re.Match[str], environment: Mapping[str, str], place: str) -> str:
    if found["dollar"]:
        return "$"
    inside = _INSIDE.fullmatch(found["inside"])
    if inside is None or not found[0].endswith("}"):
        raise ConfigurationError(f"{place}: write ${{NAME}} or ${{NAME:-default}}, and $$ for a dollar sign")
    said = environment.get(inside["name"]) or inside["default"]
    if said is None:
        raise ConfigurationError(f"{place}: the environment variable `{inside['name']}` is not set, and has no default")
    return said


def below(place: str, key: Any) -> str:
    """The place of `key` in what stands at `place`."""
    return f"{place}.{key}" if place else str(key)
