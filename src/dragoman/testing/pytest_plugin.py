"""For pytest, which loads it by itself: `dragoman_emulator` and `dragoman_tape`.

Both set the environment variables by which `dragoman` and the official SDKs find their providers, for one test. Nothing
of `dragoman` is loaded before a test asks for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Final, cast

import pytest

if TYPE_CHECKING:
    from dragoman.testing import Emulator
    from dragoman.testing.tape import Mode

_MODES: Final = ("replay", "auto", "record")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("dragoman")
    group.addoption(
        "--dragoman-tapes",
        choices=_MODES,
        default="replay",
        help="what `dragoman_tape` does: replay (never send), auto (record what is missing), record (all anew)",
    )
    group.addoption(
        "--dragoman-strict",
        action="store_true",
        help="let `dragoman_emulator` refuse what the providers themselves refuse",
    )


@pytest.fixture
def dragoman_emulator(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """A running `Emulator`; until the test ends every provider is looked for there."""
    from dragoman.testing import Emulator

    with Emulator(strict=bool(request.config.getoption("--dragoman-strict"))) as emulator:
        _point_at(emulator, monkeypatch)
        yield emulator


@pytest.fixture
def dragoman_tape(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """An `Emulator` that plays the test's own tape, `tapes/MODULE/TEST.json` beside the test.

    Run `pytest --dragoman-tapes=auto` once, with real keys in the environment, to record it.
    """
    from dragoman.testing import Emulator, Tape

    mode = cast("Mode", request.config.getoption("--dragoman-tapes"))
    module = request.path
    path = module.parent / "tapes" / module.stem / f"{_file_name(request.node.nodeid)}.json"
    with Emulator(tape=Tape(path, mode)) as emulator:
        _point_at(emulator, monkeypatch)
        yield emulator


def _point_at(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)


def _file_name(node_id: str) -> str:
    """A test's name, class and parameters included, as a file may be called; no two tests have the same."""
    test = node_id.partition("::")[2].replace("::", ".")
    name = re.sub(r"[^\w.-]+", "_", test).strip("_")
    return name if name == test else f"{name}-{sha256(test.encode()).hexdigest()[:8]}"
