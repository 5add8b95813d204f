"""The OpenAPI document of the paths that are answered before FastAPI routes them.

Bodies are described by the shapes in each dialect's `wire.py`, which name the reference of the API; what is not in them
is passed on, so nothing more is refused than the dialect demands.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final

from msgspec.json import schema_components

from dragoman.dialects import Wire, dialect_names, get_dialect
from dragoman.gateway.surfaces import Surface, surface_of
from dragoman.gateway.surfaces.paths import served_codecs
from dragoman.gateway.surfaces.plain_chat import DEFAULT_MODEL, DEFAULT_TEMPERATURE
from dragoman.messages import EmbeddingRequest, Request

_MODEL: Final = "{model}"
_NAMED_IN_PATH: Final[Wire] = {"name": "model", "in": "path", "required": True, "schema": {"type": "string"}}
_FIRST: Final = "openai_chat"
"""Of dialects that share a path, the one that describes it."""
_SHAPES: Final = ("Request", "ChatRequest", "ResponsesRequest", "RequestBody")
"""What the shape of a request is called in a dialect's `wire.py`."""

_WITH_PREFIX: Final = ("/api/", "/v2/")
"""How paths begin that say their prefix themselves."""
_ANYTHING: Final[Wire] = {"type": "object", "additionalProperties": True}
_REFUSALS: Final[Wire] = {
    "400": "The request is none, or cannot be expressed for the model that answers.",
    "401": "No key, or one that is not known here.",
    "402": "The key's budget is spent.",
    "404": "There is no such model; the message names those that there are.",
    "413": "The body is too long.",
    "429": "Too many requests or tokens for now; `retry-after` says when to come again.",
    "502": "The provider failed, or refused the gateway's own account.",
    "503": "Nobody can answer just now.",
    "504": "No answer came in time.",
}


def document(made: Wire) -> Wire:
    """FastAPI's document with the paths of every dialect."""
    paths: Wire = made.setdefault("paths", {})
    schemas: Wire = made.setdefault("components", {}).setdefault("schemas", {})
    paths["/v1/chat"] = {"post": _operation("plain_chat", "chat", _plain_chat())}
    for name in sorted(dialect_names(), key=lambda name: (name != _FIRST, name)):
        for path, kind, operation in _of_dialect(surface_of(name), schemas):
            paths.setdefault(path, {}).setdefault(kind, operation)
    for path, operation in _of_embeddings():
        paths.setdefault(path, {}).setdefault("post", operation)
    for path in paths:
        if _MODEL in path:
            paths[path]["parameters"] = [_NAMED_IN_PATH]
    return made


def _of_embeddings() -> Iterator[tuple[str, Wire]]:
    for codec in served_codecs():
        path = codec.path(EmbeddingRequest(model="MODEL-NAME", inputs=()))
        prefix = "" if path.startswith(_WITH_PREFIX) else surface_of(codec.home).serving.prefix
        yield _at(prefix, path), _operation(codec.name, "embed", _ANYTHING)


def _of_dialect(surface: Surface, schemas: Wire) -> Iterator[tuple[str, str, Wire]]:
    serving, name = surface.serving, surface.name
    body = _shape_of(name, schemas)
    dialect = get_dialect(name)
    for stream in (False, True):
        path = dialect.path(Request(model="MODEL-NAME", stream=stream)).partition("?")[0]
        yield _at(serving.prefix, path), "post", _operation(name, "stream" if stream else "generate", body)
    if serving.counting is not None:
        version = "/v1" if not serving.prefix and name in _VERSIONED else serving.prefix
        yield _at(version, serving.counting.path), "post", _operation(name, "count_tokens", _ANYTHING)
    if serving.listing.show is not None:
        yield serving.listing.show_path, "post", _operation(name, "show", _ANYTHING)
    listing = serving.listing.path or "/models"
    yield (
        _at(serving.prefix or ("" if serving.listing.path else "/v1"), listing),
        "get",
        _operation(name, "models", None),
    )


_VERSIONED: Final = frozenset({"anthropic_messages", "cohere_v2"})
"""Dialects whose own paths have a version, and whose paths beside them are said without."""


def _at(prefix: str, path: str) -> str:
    return f"{prefix}{path}".replace("MODEL-NAME", _MODEL)


def _operation(tag: str, name: str, body: Wire | None) -> Wire:
    operation: Wire = {
        "tags": [tag],
        "operationId": f"{tag}_{name}",
        "summary": name.replace("_", " ").capitalize(),
        "responses": {
            "200": {
                "description": "The answer, in the dialect's form",
                "content": {"application/json": {"schema": {}}},
            },
            **{status: {"description": why} for status, why in _REFUSALS.items()},
        },
    }
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return operation


def _shape_of(dialect: str, schemas: Wire) -> Wire:
    """A reference to the shape of a dialect's requests, which is put into `schemas`."""
    module: Any = import_module(f"dragoman.dialects.{dialect}.wire")
    shape = next((getattr(module, name) for name in _SHAPES if hasattr(module, name)), None)
    if shape is None:
        return _ANYTHING
    (schema,), inner = schema_components((shape,), ref_template=f"#/components/schemas/{dialect}.{{name}}")
    schemas.update({f"{dialect}.{name}": definition for name, definition in inner.items()})
    return schema


def _plain_chat() -> Wire:
    message: Wire = {
        "type": "object",
        "properties": {"role": {"type": "string"}, "content": {"type": "string"}},
        "required": ["role", "content"],
    }
    return {
        "type": "object",
        "properties": {
            "messages": {"type": "array", "items": message},
            "model": {"type": "string", "default": DEFAULT_MODEL},
            "stream": {"type": "boolean", "default": False},
            "temperature": {"type": "number", "default": DEFAULT_TEMPERATURE},
        },
        "required": ["messages"],
    }
