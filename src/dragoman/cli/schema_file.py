"""`--schema`: the type that a Python file or module holds."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any

from dragoman.errors import ConfigurationError


def type_at(place: str) -> Any:
    """The type at `path/to/file.py:Name` or `package.module:Name`; the name may be left out of a file with one class.

    The file is run. Raises `ConfigurationError` for what is not there, and for what the file itself raises.
    """
    where, _, name = place.rpartition(":") if ":" in Path(place).name else (place, "", "")
    module = _loaded(where)
    if not name:
        return _only_class(module, where)
    try:
        return attrgetter(name)(module)
    except AttributeError:
        raise ConfigurationError(f"--schema: there is no `{name}` in {where}; {_there(module)}") from None


def _loaded(where: str) -> ModuleType:
    is_file = where.endswith(".py") or "/" in where
    try:
        return _file(Path(where)) if is_file else import_module(where)
    except OSError:
        raise
    except ModuleNotFoundError as error:
        meant = f": a file is named with its ending, as {where}.py" if error.name == where else ""
        raise ConfigurationError(f"--schema: {error}{meant}") from error
    except Exception as error:  # whatever the file raises is told, in place of a trace through us
        raise ConfigurationError(f"--schema: {where} cannot be read: {type(error).__name__}: {error}") from error


def _file(path: Path) -> ModuleType:
    """The module that the file makes. It finds its neighbours, as if it were run."""
    if not path.is_file():
        raise FileNotFoundError(2, "there is no such file", str(path))
    spec = spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ConfigurationError("it is no Python file: its name ends otherwise than in `.py`")
    module = module_from_spec(spec)
    sys.path.insert(0, str(path.resolve().parent))
    sys.modules[path.stem] = module  # where annotations written as text are looked up
    spec.loader.exec_module(module)
    return module


def _classes(module: ModuleType) -> dict[str, type]:
    found = vars(module).items()
    return {name: each for name, each in found if isinstance(each, type) and each.__module__ == module.__name__}


def _only_class(module: ModuleType, where: str) -> type:
    classes = _classes(module)
    if len(classes) != 1:
        raise ConfigurationError(f"--schema: which type of {where}? Write {where}:NAME; {_there(module)}")
    return next(iter(classes.values()))


def _there(module: ModuleType) -> str:
    names = ", ".join(_classes(module))
    return f"its classes are {names}" if names else "it has no classes"
