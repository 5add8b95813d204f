"""The public names: what the module gives is what editors are told."""

from __future__ import annotations

import ast
from pathlib import Path

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


def test_a_wrong_name_is_an_attribute_error() -> None:
    assert not hasattr(dragoman, "create_lm")
