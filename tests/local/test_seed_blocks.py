"""The blocks of the provider guide (seed 002) that run models in this process, as printed but for their import lines.

A model's name is a path, too: where the blocks run, a folder of that name holds a tiny model. Servers are the emulator.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from dragoman.engines import residency
from dragoman.testing import Emulator
from tests.markdown import run
from tests.seeds.guide import ABSENT, ported, python_blocks, seed

from .tiny import save_folder

GUIDE = seed("002")
BLOCKS = python_blocks(GUIDE)
PAGE_IMPORTS = "from abstractllm import create_llm"
"""What the guide's first block imports, and blocks further down rely on."""

pytestmark = [pytest.mark.local, pytest.mark.skipif(GUIDE is None, reason=ABSENT)]

MODELS = (
    "mlx-community/Qwen2.5-Coder-7B-Instruct-4bit",
    "mlx-community/Qwen3-30B-4bit",
    "microsoft/DialoGPT-medium",
    "small-model",
    "...",
)
"""Names in the blocks under which there is a model here."""


class Entities(BaseModel):
    """What one block names and does not say."""

    found: bool


def printed_the_answer(names: dict[str, Any], printed: str) -> None:
    assert printed == f"{names['response'].content}\n"
    assert names["response"].usage.output_tokens > 0


def made_a_client(names: dict[str, Any], printed: str) -> None:
    assert names["llm"].provider in ("mlx", "huggingface")


def answered(names: dict[str, Any], printed: str) -> None:
    assert names["llm"].generate("Hello", max_tokens=5).usage.output_tokens <= 5


def freed(names: dict[str, Any], printed: str) -> None:
    assert "llm" not in names
    assert names["response2"].usage.output_tokens > 0
    assert residency.models() == []


def unloaded_in_turn(names: dict[str, Any], printed: str) -> None:
    names["test_multiple_providers"]()


def extracted_and_analysed(names: dict[str, Any], printed: str) -> None:
    analysis = names["process_data"]("Is there anyone?")
    assert "Analyze: found=" in analysis.content
    assert residency.models() == []


RUN: dict[str, tuple[str, str, Callable[[dict[str, Any], str], None]]] = {
    "MLX (Best for Apple Silicon) 1": ("S2.1 S2.10", "mlx_lm", printed_the_answer),
    "MLX (Best for Apple Silicon) 2": ("S2.10", "mlx_lm", made_a_client),
    "HuggingFace (Most Models Available) 1": ("S2.1 S2.12", "torch", printed_the_answer),
    "HuggingFace (Most Models Available) 2": ("S2.12", "torch", made_a_client),
    "For Privacy-Sensitive Applications 1": ("S2.1", "mlx_lm", answered),
    "For Specific Use Cases 4": ("S2.1", "mlx_lm", answered),
    "MLX Issues 1": ("S2.23", "mlx_lm", answered),
    "The `unload()` Method 1": ("S2.24 S2.26", "mlx_lm", freed),
    "When to Use `unload()` 1": ("S2.24 S2.31", "mlx_lm torch", unloaded_in_turn),
    "When to Use `unload()` 2": ("S2.31", "mlx_lm", extracted_and_analysed),
}
"""Block → the promises it makes, the packages it needs, and how it is seen that they hold."""


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_folder(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model: Path) -> Iterator[Emulator]:
    """The emulator in the place of every server, in a folder where the models lie."""
    for name in MODELS:
        place = tmp_path / name
        place.parent.mkdir(exist_ok=True)
        place.symlink_to(model)
    monkeypatch.chdir(tmp_path)
    with Emulator() as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running
    gc.collect()
    residency.sweep()


@pytest.mark.parametrize("name", RUN, ids=[f"{ids} {name}" for name, (ids, _, _) in RUN.items()])
def test_block(emulator: Emulator, name: str) -> None:
    """S2.32, S2.35: the blocks say what they would of any provider."""
    _, packages, check = RUN[name]
    absent = [package for package in packages.split() if find_spec(package) is None]
    if absent:
        pytest.skip(f"{', '.join(absent)} not installed in this environment")
    names: dict[str, Any] = {"__name__": "__main__", "Entities": Entities}
    source = BLOCKS[name].source
    if PAGE_IMPORTS not in source:
        run(compile(ported(PAGE_IMPORTS), str(GUIDE), "exec"), names)
    printed = run(BLOCKS[name].compiled(ported(source)), names)
    check(names, printed)
    names.clear()
