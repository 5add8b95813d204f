"""How the next token is chosen: the caller's settings, else the model's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dragoman.engines.base import Sampling
from dragoman.engines.memory import memory_errors
from dragoman.engines.sampling import own_sampling, settle
from dragoman.errors import ConfigurationError, NotEnoughMemory


@pytest.mark.parametrize(
    ("wanted", "own", "temperature", "top_p"),
    [
        ({}, {}, 0.0, 1.0),
        ({"seed": 1}, {}, 1.0, 1.0),
        ({"top_p": 0.5}, {}, 1.0, 0.5),
        ({}, {"temperature": 0.7, "top_p": 0.9}, 0.7, 0.9),
        ({"temperature": 0}, {"temperature": 0.7, "top_p": 0.9}, 0, 0.9),
        ({"temperature": 0.2, "top_p": 0.4}, {"temperature": 0.7, "top_p": 0.9}, 0.2, 0.4),
    ],
)
def test_settings(wanted: dict[str, Any], own: dict[str, Any], temperature: float, top_p: float) -> None:
    settled = settle(Sampling(**wanted), Sampling(**own))
    assert (settled.temperature, settled.top_p) == (temperature, top_p)


@pytest.mark.parametrize(("seed", "settled"), [(7, 7), (0, 0), (-1, 2**32 - 2), (2**40, 256)])
def test_any_number_is_a_seed(seed: int, settled: int) -> None:
    assert settle(Sampling(seed=seed), Sampling()).seed == settled


def test_without_a_seed_each_answer_has_its_own() -> None:
    assert len({settle(Sampling(), Sampling()).seed for _ in range(20)}) > 1


@pytest.mark.parametrize(
    "wrong", [{"temperature": -1}, {"top_p": 0}, {"top_p": 1.1}, {"top_k": -1}, {"min_p": 1}, {"repetition_penalty": 0}]
)
def test_what_is_out_of_range(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=f"{next(iter(wrong))} must be"):
        settle(Sampling(**wrong), Sampling())


@pytest.mark.parametrize(
    ("said", "own"),
    [
        (None, Sampling()),
        ({"temperature": 0.6, "top_p": 0.9}, Sampling()),
        ({"do_sample": True, "temperature": 0.6, "top_k": 20}, Sampling(temperature=0.6, top_k=20)),
        ({"do_sample": True}, Sampling(temperature=1.0)),
    ],
)
def test_a_models_own(tmp_path: Path, said: dict[str, Any] | None, own: Sampling) -> None:
    if said is not None:
        (tmp_path / "generation_config.json").write_text(json.dumps(said))
    assert own_sampling(tmp_path) == own


@pytest.mark.parametrize(
    ("error", "becomes"),
    [
        (MemoryError(), NotEnoughMemory),
        (RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"), NotEnoughMemory),
        (RuntimeError("[metal::malloc] Attempting to allocate 9 bytes"), NotEnoughMemory),
        (RuntimeError("shapes do not match"), RuntimeError),
    ],
)
def test_a_library_out_of_memory(error: Exception, becomes: type[Exception]) -> None:
    with pytest.raises(becomes), memory_errors("a"):
        raise error
