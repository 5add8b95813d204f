"""Where calls go: the paths of every dialect, under any prefix, and what stands beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from dragoman.dialects import Dialect
from dragoman.messages import Request
from dragoman.testing.emulator.customs import customs_of

Action: TypeAlias = Literal["generate", "count_tokens", "models", "model", "home"]

_MODEL: Final = "MODEL-NAME"
_VERSION: Final = re.compile(r"^/v\d+\w*(?=/)")


class Route(Struct, frozen=True):
    """What to do with calls to a path that ends as `pattern` says. Without a dialect, that of the caller holds."""

    pattern: re.Pattern[str]
    methods: tuple[str, ...]
    action: Action
    dialect: Dialect | None = None


def routes_for(dialects: Iterable[Dialect]) -> tuple[Route, ...]:
    """The routes of `dialects`, and those that all of them share. Where paths end alike, the longer comes first."""
    routes: list[Route] = []
    for dialect in sorted(dialects, key=lambda dialect: -len(_path(dialect, stream=False))):
        paths = sorted({_path(dialect, stream=False), _path(dialect, stream=True)})
        routes += [Route(_ending(path), ("POST",), "generate", dialect) for path in paths]
        customs = customs_of(dialect.name)
        if customs.counting:
            routes.append(Route(_ending(customs.counting.path), ("POST",), "count_tokens", dialect))
        if customs.listing.path:
            routes.append(Route(_ending(customs.listing.path), ("GET", "HEAD"), "models", dialect))
    routes += [
        Route(_ending("/models"), ("GET", "HEAD"), "models"),
        Route(re.compile(r"(?:^|/)models/(?P<model>.+?)/?$"), ("GET", "HEAD"), "model"),
        Route(re.compile(r"^/?$"), ("GET", "HEAD"), "home"),
    ]
    return tuple(routes)


def _path(dialect: Dialect, *, stream: bool) -> str:
    """The path of a dialect without version and query, a placeholder where it names the model."""
    path = dialect.path(Request(model=_MODEL, stream=stream)).partition("?")[0]
    return _VERSION.sub("", path)


def _ending(path: str) -> re.Pattern[str]:
    return re.compile(re.escape(path).replace(re.escape(_MODEL), "[^/]+") + "/?$")


def find_routes(routes: Sequence[Route], path: str) -> list[Route]:
    """The routes that `path` fits, whatever the method; the first one counts."""
    return [route for route in routes if route.pattern.search(path)]


def dialect_of_caller(dialects: Sequence[Dialect], headers: Mapping[str, str]) -> Dialect:
    """Whose client is calling, as headers tell: the dialect whose own are there, else the first dialect."""
    return next((dialect for dialect in dialects if _is_told_by(dialect, headers)), dialects[0])


def _is_told_by(dialect: Dialect, headers: Mapping[str, str]) -> bool:
    telling = customs_of(dialect.name).telling_headers or dict.fromkeys(name for name, _ in dialect.headers())
    return bool(telling) and all(name in headers and value in (None, headers[name]) for name, value in telling.items())
