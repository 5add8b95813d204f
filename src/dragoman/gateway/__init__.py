"""The gateway: one local address that the clients of every dialect speak to unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dragoman.errors import MissingPackage

if TYPE_CHECKING:
    from dragoman.gateway.app import Gateway, create_app

__all__ = ["Gateway", "create_app"]


def __getattr__(name: str) -> Any:
    """What needs FastAPI, loaded when it is asked for: who reads a configuration needs none."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from dragoman.gateway import app
    except ModuleNotFoundError as error:
        raise MissingPackage(f"the gateway needs `{error.name}`: pip install 'dragoman[gateway]'") from error
    return getattr(app, name)
