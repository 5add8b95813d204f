"""How a peer's name is made to mean us: a finder that stands before all others while a name is installed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Final

from msgspec import Struct

from dragoman.errors import ConfigurationError


class Peer(Struct, frozen=True, kw_only=True):
    """A package whose place we can take.

    Attributes:
        version: The version whose surface this is.
        paths: Each public module, `""` for the package itself, and the modules of ours where its names are found; the
            names of `dragoman` itself are found everywhere.
        names: What `from package import *` gives.
    """

    version: str
    paths: dict[str, tuple[str, ...]]
    names: tuple[str, ...]


class Alias(ModuleType):
    """A module of a peer: each of its names is one of ours, looked for when it is asked for."""

    def __init__(self, name: str, peer: Peer, path: str) -> None:
        super().__init__(name, f"What `{name}` has, from dragoman.")
        self.__path__ = []
        self.__version__ = peer.version
        self.__all__ = list(peer.names) if not path else []
        self._homes = (*peer.paths[path], "dragoman")
        self._beneath = {other for other in peer.paths if _parent(other) == path and other != path}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        for home in self.__dict__["_homes"]:
            module = import_module(home)
            if hasattr(module, name):
                return getattr(module, name)
        if any(path.rpartition(".")[2] == name for path in self.__dict__["_beneath"]):
            return import_module(f"{self.__name__}.{name}")
        raise AttributeError(f"`{self.__name__}` has no `{name}` here: see docs/instructor.md for what differs")

    def __setattr__(self, name: str, value: Any) -> None:
        """Set it, but for a submodule whose name is also a function's: `instructor.patch` stays the function."""
        if not (isinstance(value, Alias) and name in self.__all__):
            super().__setattr__(name, value)


def _parent(path: str) -> str:
    return path.rpartition(".")[0]


class Finder:
    """Finds the modules of one peer, and makes them."""

    def __init__(self, name: str, peer: Peer) -> None:
        self.name = name
        self.peer = peer
        self.put_aside: dict[str, ModuleType] = {}

    def find_spec(self, fullname: str, path: Sequence[str] | None = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002  # the protocol's
        """What the import system asks. `None` for a module that is not the peer's, or that is not public there."""
        package, _, inner = fullname.partition(".")
        if package != self.name or inner not in self.peer.paths:
            return None
        return ModuleSpec(fullname, self, is_package=True)  # pyright: ignore[reportArgumentType]  # it has the two methods of a loader

    def create_module(self, spec: ModuleSpec) -> Alias:
        """The module, empty."""
        return Alias(spec.name, self.peer, spec.name.partition(".")[2])

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is run: names are looked for when they are asked for."""

    def modules(self) -> list[str]:
        """The names of the peer's modules that are loaded now, real or ours."""
        return [name for name in sys.modules if name == self.name or name.startswith(f"{self.name}.")]


_PEERS: Final = {"instructor": "dragoman.compat.instructor"}
_installed: Final[dict[str, Finder]] = {}


def install(name: str, *, replace: bool = False) -> None:
    """Let `import {name}` give us, in this process. A second time changes nothing.

    Args:
        name: The peer's package: `"instructor"`.
        replace: Also when the real one has been imported. What other modules hold of it stays the real one's.

    Raises:
        ConfigurationError: The peer is not known here, or has been imported.
    """
    if name in _installed:
        return
    if name not in _PEERS:
        raise ConfigurationError(f"there are no aliases for `{name}`; there are for {', '.join(_PEERS)}")
    finder = Finder(name, import_module(_PEERS[name]).PEER)
    if finder.modules() and not replace:
        raise ConfigurationError(
            f"`{name}` has been imported already: install the aliases before, or pass replace=True"
        )
    finder.put_aside = {module: sys.modules.pop(module) for module in finder.modules()}
    _installed[name] = finder
    sys.meta_path.insert(0, finder)


def uninstall(name: str) -> None:
    """Undo `install`: what was imported before is there again. Nothing happens when it was not installed."""
    finder = _installed.pop(name, None)
    if finder is None:
        return
    sys.meta_path.remove(finder)
    for module in finder.modules():
        del sys.modules[module]
    sys.modules.update(finder.put_aside)


def installed() -> tuple[str, ...]:
    """The names that mean us now."""
    return tuple(_installed)
