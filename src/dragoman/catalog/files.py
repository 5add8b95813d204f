"""The data files: read when first asked for, and replaced by newer ones when told to."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from dragoman.catalog.facts import CatalogFile, ModelFacts, Price
from dragoman.errors import ConfigurationError

FOLDER_ENV: Final = "DRAGOMAN_CATALOG"
_DATA: Final = Path(__file__).parent / "data"
_MOST_BYTES: Final = 16 * 1024 * 1024
_FETCH_SECONDS: Final = 30.0

_MATCHES: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": str.__contains__,
    "regex": lambda name, pattern: re.search(pattern, name) is not None,
}
_refreshed: dict[str, CatalogFile] = {}
"""What `refresh` was given, by list."""

_decoder: Final = msgspec.json.Decoder(CatalogFile)


class _Head(msgspec.Struct):
    """What is read of a file to know whether to read the rest."""

    serves: str = "others"


_head_decoder: Final = msgspec.json.Decoder(_Head)


class Index:
    """One list, ready to be asked."""

    __slots__ = ("_exact", "_patterns", "file")

    def __init__(self, name: str, file: CatalogFile) -> None:
        models = tuple(replace(facts, provider=name) for facts in file.models)
        self.file = replace(file, models=models)
        self._exact = {spelled: facts for facts in reversed(models) for spelled in (*facts.names, facts.id.lower())}
        self._patterns = [(_MATCHES[kind], text, facts) for facts in models for kind, text in facts.match]

    def get(self, name: str) -> ModelFacts | None:
        """The model that is exactly called so, else the first that matches."""
        exact = self._exact.get(name)
        if exact is not None:
            return exact
        return next((facts for matches, text, facts in self._patterns if matches(name, text)), None)


@cache
def index(name: str) -> Index | None:
    """The list of that name: from `refresh`, from the folder `$DRAGOMAN_CATALOG`, or built in."""
    if name in _refreshed:
        return Index(name, _refreshed[name])
    path = _path(name)
    if path is None:
        return None
    data = path.read_bytes()
    return Index(name, _decoder.decode(data) if path.parent == _DATA else read(data, str(path)))


def _path(name: str) -> Path | None:
    return next((path for folder in _folders() if (path := folder / f"{name}.json").is_file()), None)


def _folders() -> list[Path]:
    """Where files are, the first to be preferred."""
    own = os.environ.get(FOLDER_ENV)
    return [Path(own), _DATA] if own else [_DATA]


@cache
def serves(name: str) -> str:
    """Whose models a list has (see `CatalogFile`), which is known without reading all of it."""
    if name in _refreshed:
        return _refreshed[name].serves
    path = _path(name)
    return _head_decoder.decode(path.read_bytes()).serves if path else "others"


@cache
def list_names() -> tuple[str, ...]:
    """Every list there is, sorted."""
    return tuple(sorted({*_refreshed, *(path.stem for folder in _folders() for path in folder.glob("*.json"))}))


def read(data: bytes, where: str) -> CatalogFile:
    """A data file, every row of it checked. Raises `ConfigurationError` that says what is wrong."""
    try:
        file = _decoder.decode(data)
        for facts in file.models:
            _check(facts)
    except (msgspec.MsgspecError, ValueError) as error:
        raise ConfigurationError(f"`{where}` is no catalog file: {error}") from error
    return file


def _check(facts: ModelFacts) -> None:
    """What the types cannot say."""
    for kind, text in facts.match:
        if kind == "regex":
            _compiles(facts.id, text)
    for row in facts.prices:
        for what, price in row.prices.items():
            if not _is_sound(price):
                raise ValueError(f"model `{facts.id}`: the price of `{what}` is no amount, or its steps do not rise")
    if facts.context_tokens and max(facts.input_tokens or 0, facts.output_tokens or 0) > facts.context_tokens:
        raise ValueError(f"model `{facts.id}`: a limit is larger than the window")


def _compiles(model: str, pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"model `{model}`: `{pattern}` is no regular expression: {error}") from error


def _is_sound(price: Price) -> bool:
    steps = [tokens for tokens, _ in price.above]
    return steps == sorted(set(steps)) and all(
        amount.is_finite() and amount >= 0 for amount in (price.base, *(step for _, step in price.above))
    )


def gather(source: str | os.PathLike[str]) -> dict[str, CatalogFile]:
    """The lists at a folder, a file or an address, by name."""
    text = os.fspath(source)
    if text.startswith(("http://", "https://")):
        return {Path(text.partition("?")[0]).stem: read(_fetch(text), text)}
    path = Path(text)
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files or not all(file.is_file() for file in files):
        raise ConfigurationError(f"there is no catalog file at `{text}`")
    return {file.stem: read(file.read_bytes(), str(file)) for file in files}


def _fetch(url: str) -> bytes:
    from urllib.request import urlopen  # loads an HTTP client, which only this needs

    try:
        with urlopen(url, timeout=_FETCH_SECONDS) as reply:  # noqa: S310  # http and https only, see `gather`
            data = reply.read(_MOST_BYTES + 1)
    except OSError as error:  # urllib's errors are of this class
        raise ConfigurationError(f"could not read the catalog at `{url}`: {error}") from error
    if len(data) > _MOST_BYTES:
        raise ConfigurationError(f"the catalog at `{url}` is larger than {_MOST_BYTES} bytes")
    return data


def take(files: Mapping[str, CatalogFile]) -> None:
    """Let these lists hold from now on."""
    _refreshed.update(files)


def forget() -> None:
    """Let the built-in lists hold again, and those of the folder."""
    _refreshed.clear()


def clear(caches: Iterable[Callable[[], None]] = ()) -> None:
    """Forget what was read."""
    for clear_cache in (index.cache_clear, serves.cache_clear, list_names.cache_clear, *caches):
        clear_cache()
