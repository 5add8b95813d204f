"""Where calls go: the paths of every dialect, under any prefix, and what stands beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from dragoman.dialects import Dialect, dialect_names, get_dialect
from dragoman.dialects.embeddings import EmbeddingCodec
from dragoman.dialects.serving import serving_of
from dragoman.messages import EmbeddingRequest, Request
from dragoman.providers import built_in_names, get_spec, join_path
from dragoman.testing.emulator.customs import customs_of
from dragoman.testing.emulator.http import HttpCall

Action: TypeAlias = Literal["generate", "embed", "count_tokens", "moderate", "models", "model", "home"]

_MODEL: Final = "MODEL-NAME"
_ELSEWHERE: Final = "/@"
NO_PATHS: Final[Mapping[str, str]] = {}
_NO_HEADERS: Final[Mapping[str, str]] = {}
_VERSION: Final = re.compile(r"^/v\d+\w*(?=/)")


class Route(Struct, frozen=True):
    """What to do with calls to a path that ends as `pattern` says. Without a dialect, that of the caller holds.

    `codecs` are those that calls for embeddings to the path may be of.
    """

    pattern: re.Pattern[str]
    methods: tuple[str, ...]
    action: Action
    dialect: Dialect | None = None
    codecs: tuple[EmbeddingCodec, ...] = ()


def routes_for(
    dialects: Sequence[Dialect], codecs: Iterable[EmbeddingCodec] = (), further: Mapping[str, str] = NO_PATHS
) -> tuple[Route, ...]:
    """The routes to `further` paths, those of `codecs` and `dialects`, and those that all of them share.

    `further` is paths to names of dialects.

    Where paths end alike, the longer comes first.
    """
    routes = [Route(_ending(path), ("POST",), "generate", get_dialect(name)) for path, name in further.items()]
    routes += embedding_routes(dialects, codecs)
    for dialect in sorted(dialects, key=lambda dialect: -len(_path(dialect, stream=False))):
        customs, serving = customs_of(dialect.name), serving_of(dialect.name)
        paths = sorted({_path(dialect, stream=False), _path(dialect, stream=True), *serving.elsewhere})
        routes += [Route(_ending(path), ("POST",), "generate", dialect) for path in paths]
        if serving.counting:
            routes.append(Route(_ending(serving.counting.path), ("POST",), "count_tokens", dialect))
        if customs.moderations:
            routes.append(Route(_ending(customs.moderations), ("POST",), "moderate", dialect))
        if serving.listing.path:
            routes.append(Route(_ending(serving.listing.path), ("GET", "HEAD"), "models", dialect))
    routes += [
        Route(_ending("/models"), ("GET", "HEAD"), "models"),
        Route(re.compile(r"(?:^|/)models/(?P<model>.+?)/?$"), ("GET", "HEAD"), "model"),
        Route(re.compile(r"^/?$"), ("GET", "HEAD"), "home"),
    ]
    return tuple(routes)


def embedding_routes(dialects: Sequence[Dialect], codecs: Iterable[EmbeddingCodec]) -> list[Route]:
    """A route for each path, the longest first: `/embed` ends `/api/embed` too.

    Errors are worded as the codec's home does, where that is among `dialects`; otherwise as the first of them does.
    """
    by_path: dict[str, list[EmbeddingCodec]] = {}
    for codec in codecs:
        path = _VERSION.sub("", codec.path(EmbeddingRequest(model=_MODEL, inputs=())))
        by_path.setdefault(path, []).append(codec)
    homes = {dialect.name: dialect for dialect in dialects}
    return [
        Route(_ending(path), ("POST",), "embed", homes.get(found[0].home, dialects[0]), tuple(found))
        for path, found in sorted(by_path.items(), key=lambda item: -len(item[0]))
    ]


def codec_for(codecs: Sequence[EmbeddingCodec], wire: Mapping[str, Any]) -> EmbeddingCodec:
    """The first of `codecs` that knows every field of a body; else the first."""
    return next((codec for codec in codecs if wire.keys() <= codec.fields), codecs[0])


@cache
def paths_of_providers() -> Mapping[str, str]:
    """The paths at which providers speak a dialect elsewhere than it says, to its name: Writer's `/v1/chat`."""
    asked = Request(model=_MODEL)
    return {
        join_path(spec.prefix_for({}), path(asked).partition("?")[0]): dialect
        for spec in map(get_spec, built_in_names())
        for dialect, path in spec.paths.items()
        if dialect in dialect_names()
    }


def _path(dialect: Dialect, *, stream: bool) -> str:
    """The path of a dialect without version and query, a placeholder where it names the model."""
    path = dialect.path(Request(model=_MODEL, stream=stream)).partition("?")[0]
    return _VERSION.sub("", path)


def _ending(path: str) -> re.Pattern[str]:
    return re.compile(re.escape(path).replace(re.escape(_MODEL), "[^/]+") + "/?$")


def find_routes(routes: Sequence[Route], path: str, headers: Mapping[str, str] = _NO_HEADERS) -> list[Route]:
    """The routes that `path` fits, whatever the method; the first one counts.

    Where dialects share a path, the one that the path begins with or whose client is calling goes first.
    """
    found = [route for route in routes if route.pattern.search(path)]
    return sorted(found, key=lambda route: not _is_meant(route.dialect, path, headers)) if len(found) > 1 else found


def _is_meant(dialect: Dialect | None, path: str, headers: Mapping[str, str]) -> bool:
    if dialect is None:
        return False
    client = serving_of(dialect.name).client
    return path.startswith(f"/{dialect.name}/") or bool(client and client in headers.get("user-agent", ""))


def host_path(provider: str) -> str:
    """How the paths of a provider begin that is not the home of its dialect, at a strict emulator."""
    return f"{_ELSEWHERE}{provider}"


def is_elsewhere(path: str) -> bool:
    """Whether a call is for another host than the home of its dialect, of which we do not know what it refuses."""
    return path.startswith(_ELSEWHERE)


def dialect_of_caller(dialects: Sequence[Dialect], call: HttpCall) -> Dialect:
    """Whose client is calling: the dialect that the path begins with, or whose headers or parameters are there.

    Without a sign it is the first dialect.
    """
    return next((dialect for dialect in dialects if _is_told_by(dialect, call)), dialects[0])


def is_not_here(dialect: Dialect, path: str) -> bool:
    """Whether the dialect's provider has something at `path` and the emulator has nothing."""
    return path.endswith(customs_of(dialect.name).not_here)


def _is_told_by(dialect: Dialect, call: HttpCall) -> bool:
    headers, serving = call.headers, serving_of(dialect.name)
    if is_not_here(dialect, call.path) or _is_meant(dialect, call.path, headers):
        return True
    if serving.listing.parameter in call.query:
        return True
    telling = serving.telling_headers or dict.fromkeys(name for name, _ in dialect.headers())
    return bool(telling) and all(name in headers and value in (None, headers[name]) for name, value in telling.items())
