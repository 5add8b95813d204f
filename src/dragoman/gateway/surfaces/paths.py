"""Where requests come to: the paths of every dialect, as the clients that are pointed here write them.

The table is made by a loop over the dialects; nothing but S3.10's own paths is written down. A client's base URL may or
may not have a version or end in one already (`/v1/v1/…`), may begin with the name of a dialect or provider
(`/openai/v1/…`), and Azure's clients name a deployment there, which is a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from dragoman.dialects import dialect_names, get_dialect
from dragoman.dialects.embeddings import EmbeddingCodec, embedding_codec_names, get_embedding_codec
from dragoman.gateway.surfaces.embed_content import EMBED_CONTENT
from dragoman.gateway.surfaces.plain_chat import PLAIN_CHAT, PLAIN_CHAT_IN_JSON
from dragoman.gateway.surfaces.surface import Surface, as_array, surface_of
from dragoman.messages import EmbeddingRequest, Request
from dragoman.providers import built_in_names

Action: TypeAlias = Literal["generate", "embed", "count", "models", "model", "show"]

_MODEL: Final = "MODEL-NAME"
_FIRST: Final = "openai_chat"
"""Of dialects that share a path, the one that counts unless the caller says another."""
_VERSION: Final = re.compile(r"^/v\d+\w*(?=/)")
_DEPLOYMENT: Final = "/openai/deployments/(?P<deployment>[^/]+)"
"""Azure's, before the paths of OpenAI."""

_SHARED: Final = ("", "/v1")
"""How the paths of many dialects begin."""

READ: Final = ("GET", "HEAD")
WRITE: Final = ("POST",)


class Endpoint(Struct, frozen=True, kw_only=True, eq=False):
    """What is done with requests to a path. `codecs` are those that a request for embeddings may be of.

    `names_model`: the path says which model is asked. `variant`: who is meant where the query says otherwise.
    """

    action: Action
    surface: Surface
    methods: tuple[str, ...] = WRITE
    codecs: tuple[EmbeddingCodec, ...] = ()
    names_model: bool = False
    variant: Variant | None = None

    @property
    def name(self) -> str:
        """For metrics and logs: a word of a closed set."""
        return self.codecs[0].name if self.codecs else self.surface.name


class Variant(Struct, frozen=True, eq=False):
    """Another endpoint of the same path, for queries in which `mark` stands, or (not `marked`) does not."""

    mark: bytes
    marked: bool
    endpoint: Endpoint


class Choice(Struct, frozen=True, eq=False):
    """Who answers requests of one method to a path: of `signed` the first whose client says so, else `usual`."""

    usual: Endpoint
    signed: tuple[Endpoint, ...]


class Place(Struct, frozen=True, kw_only=True, eq=False):
    """What is at a path, for each method; and a model that the path names."""

    endpoint: Endpoint
    choices: Mapping[str, Choice]
    model: str | None = None


class _Pattern(Struct, frozen=True):
    path: re.Pattern[str]
    endpoint: Endpoint


_CACHED: Final = 1024


@lru_cache(maxsize=_CACHED)
def place_of(path: str) -> Place | None:
    """What is at `path`, without query and any prefix it is mounted under."""
    found = [(each.endpoint, match) for each in _PATTERNS if (match := each.path.fullmatch(path))]
    if not found:
        return None
    match = found[0][1]
    begins = match["begins"] or ""
    endpoints = sorted((endpoint for endpoint, _ in found), key=lambda endpoint: endpoint.surface.name != begins)
    said = match.groupdict()
    model = said.get("deployment") or said.get("model")
    return Place(endpoint=endpoints[0], choices=_choices(endpoints, path, begins), model=model)


def _choices(endpoints: list[Endpoint], path: str, begins: str) -> dict[str, Choice]:
    methods = dict.fromkeys(method for each in endpoints for method in each.methods)
    return {method: _choice([each for each in endpoints if method in each.methods], path, begins) for method in methods}


def _choice(fitting: list[Endpoint], path: str, begins: str) -> Choice:
    """Whom the path itself means ends the choice; before it come those that callers' signs may mean."""
    meant = next((number for number, each in enumerate(fitting) if _is_meant(each.surface, path, begins)), None)
    before = [] if len(fitting) == 1 else fitting[:meant]
    signed = tuple(each for each in before if each.surface.client or each.methods == READ)
    return Choice(fitting[meant or 0], signed)


def _is_meant(surface: Surface, path: str, begins: str) -> bool:
    prefix = surface.serving.prefix
    return begins == surface.name or (prefix not in _SHARED and f"{prefix}/" in path)


def _patterns() -> list[_Pattern]:
    in_json = Endpoint(action="generate", surface=PLAIN_CHAT_IN_JSON)
    chat = Endpoint(action="generate", surface=PLAIN_CHAT, variant=Variant(b"events=json", True, in_json))
    own = [_Pattern(re.compile("(?P<begins>)/v1/chat/?"), chat)]
    return [*own, *(_Pattern(_pattern(path, endpoint), endpoint) for path, endpoint in _paths())]


def _paths() -> Iterator[tuple[str, Endpoint]]:
    """Every path below the version, the first dialect's first; those that lists of models share come last."""
    names = sorted(dialect_names(), key=lambda name: (name != _FIRST, name))
    for name in names:
        yield from _of_dialect(surface_of(name))
    yield from _of_embeddings()
    for name in names:
        yield from _lists_of(surface_of(name))


def _of_dialect(surface: Surface) -> Iterator[tuple[str, Endpoint]]:
    dialect, serving = get_dialect(surface.name), surface.serving
    paths = {dialect.path(Request(model=_MODEL, stream=stream)).partition("?")[0] for stream in (False, True)}
    for path in sorted(paths | set(serving.elsewhere)):
        yield path, _answering(surface, names_model=_MODEL in path)
    if serving.counting is not None:
        path = serving.counting.path
        yield path, Endpoint(action="count", surface=surface, names_model=_MODEL in path)


def _answering(surface: Surface, *, names_model: bool) -> Endpoint:
    """Answers of a dialect; as an array where it has streams so for those who do not ask for events."""
    mark = surface.serving.events_asked_by.encode()
    array = Endpoint(action="generate", surface=as_array(surface), names_model=names_model)
    variant = Variant(mark, False, array) if mark else None
    return Endpoint(action="generate", surface=surface, names_model=names_model, variant=variant)


def _of_embeddings() -> Iterator[tuple[str, Endpoint]]:
    codecs: dict[str, list[EmbeddingCodec]] = {}
    for codec in served_codecs():
        codecs.setdefault(codec.path(EmbeddingRequest(model=_MODEL, inputs=())), []).append(codec)
    for path, found in codecs.items():
        surface = surface_of(found[0].home)
        yield path, Endpoint(action="embed", surface=surface, codecs=tuple(found), names_model=_MODEL in path)


_FIRST_CODEC: Final = "openai_embeddings"


def served_codecs() -> list[EmbeddingCodec]:
    """The codecs that requests for embeddings may be of; of those on one path, the commonest first."""
    names = sorted(embedding_codec_names(), key=lambda name: name != _FIRST_CODEC)
    return [*map(get_embedding_codec, names), EMBED_CONTENT]


def _lists_of(surface: Surface) -> Iterator[tuple[str, Endpoint]]:
    listing = surface.serving.listing
    path = listing.path
    if listing.show is not None:
        yield listing.show_path, Endpoint(action="show", surface=surface)
    yield path or "/models", Endpoint(action="models", surface=surface, methods=READ)
    if path is None:
        yield f"/models/{_MODEL}", Endpoint(action="model", surface=surface, methods=READ, names_model=True)


def _pattern(path: str, endpoint: Endpoint) -> re.Pattern[str]:
    """`path` under a version, which is its own where it has one, once or twice, and under a prefix."""
    own = _VERSION.match(path)
    rest = path[own.end() :] if own else path
    version = f"(?:{re.escape(own[0])}){{1,2}}" if own else r"(?:/v\d+\w*){0,2}"
    if rest.startswith("/publishers/"):
        version += "(?:/projects/[^/]+/locations/[^/]+)?"
    before = "" if own or endpoint.names_model else f"|{_DEPLOYMENT}"
    ending = re.escape(rest).replace(re.escape(_MODEL), "(?P<model>.+)")
    return re.compile(f"(?:/(?P<begins>{_PREFIXES}){before})?{version}{ending}/?")


_PREFIXES: Final = "|".join(sorted({*dialect_names(), *built_in_names()}))
_PATTERNS: Final = _patterns()
