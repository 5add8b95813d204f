"""The public names: what the module gives is what editors are told."""

from __future__ import annotations

import ast
from inspect import getdoc, isclass
from pathlib import Path
from types import FunctionType

import pytest

import dragoman

STUB = Path(dragoman.__file__).with_suffix(".pyi")


def stubbed() -> set[tuple[str, str]]:
    imports = [node for node in ast.parse(STUB.read_text()).body if isinstance(node, ast.ImportFrom)]
    return {(str(node.module), alias.name) for node in imports for alias in node.names}


def test_editors_see_what_is_there() -> None:
    homes = {(room, name) for name, room in dragoman._HOMES.items()}
    assert stubbed() == homes | {("dragoman._version", "__version__")}


def test_every_name_can_be_had() -> None:
    assert [name for name in dragoman.__all__ if getattr(dragoman, name, None) is None] == []
    assert set(dragoman.__all__) <= set(dir(dragoman))


def test_no_name_is_listed_twice() -> None:
    assert dragoman.create_llm
    assert dir(dragoman).count("create_llm") == 1


def silent(kind: type) -> list[str]:
    """The public methods and properties of a class of ours, and of its bases, that have no docstring."""
    ours = [base for base in kind.__mro__ if base.__module__.startswith("dragoman.")]
    members = {name: member for base in reversed(ours) for name, member in vars(base).items() if name[0] != "_"}
    told = (property, FunctionType, classmethod, staticmethod)
    return [name for name, member in members.items() if isinstance(member, told) and not getdoc(getattr(kind, name))]


@pytest.mark.parametrize("name", [name for name in dragoman.__all__ if isclass(getattr(dragoman, name))])
def test_every_class_and_method_says_what_types_do_not(name: str) -> None:
    kind = getattr(dragoman, name)
    assert vars(kind).get("__doc__")
    assert silent(kind) == []


def test_a_wrong_name_is_an_attribute_error() -> None:
    assert not hasattr(dragoman, "create_lm")
