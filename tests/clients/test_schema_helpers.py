"""The official SDKs' helpers for schemas find nothing to do in those that we send: for every type of the zoo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dragoman.structured import Lowered, output_type
from dragoman.testing import Emulator
from tests.structured.zoo import ZOO

from .conftest import run_script

pytestmark = pytest.mark.clients

ROWS = {"openai": "openai_strict", "anthropic": "anthropic_json", "gemini": "gemini_json"}


def sent(client: str, name: str) -> Lowered:
    return output_type(ZOO[name][0], ROWS[client]).as_form


ENFORCED = {client: [name for name in ZOO if sent(client, name).enforced] for client in ROWS}
CELLS = [(client, name) for client, names in ENFORCED.items() for name in names]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory, emulator: Emulator) -> dict[str, dict[str, Any]]:
    found = dict[str, dict[str, Any]]()
    for client, names in ENFORCED.items():
        file: Path = tmp_path_factory.mktemp(client) / "schemas.json"
        file.write_text(json.dumps({name: sent(client, name).schema for name in names}))
        found[client] = run_script(client, "schema_helpers.py", emulator, SCHEMAS=str(file))
    return found


@pytest.mark.parametrize(("client", "name"), CELLS, ids=[f"{client}-{name}" for client, name in CELLS])
def test_a_helper_finds_nothing_to_do(client: str, name: str, reports: dict[str, dict[str, Any]]) -> None:
    assert reports[client][name] == "ok"
