"""The engines that are installed here, and models for them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from msgspec import Struct

from .tiny import save_folder, write_gguf


class Local(Struct, frozen=True):
    """An engine: its provider, the packages it takes, what to do where they are absent, and the form of its models."""

    provider: str
    packages: tuple[str, ...]
    absent: str
    is_gguf: bool = False


_MADE = "`make test-local` installs it"
ENGINES = {
    "mlx": Local("mlx", ("mlx", "mlx_lm"), _MADE),
    "transformers": Local("huggingface", ("torch", "transformers"), _MADE),
    "llama_cpp": Local(
        "huggingface",
        ("llama_cpp", "gguf"),
        "`.local/bin/pip install llama-cpp-python` builds it: a C++ compiler, and up to an hour on two cores",
        is_gguf=True,
    ),
}


def need(name: str) -> Local:
    """The engine called so; skips the test where it is not installed, or what the models are made with is not."""
    engine = ENGINES[name]
    absent = [package for package in (*engine.packages, "torch", "transformers") if find_spec(package) is None]
    if absent:
        pytest.skip(f"no {' and no '.join(absent)} here: {engine.absent}")
    return engine


@pytest.fixture(params=ENGINES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def engine(name: str) -> Local:
    return need(name)


Make = Callable[[Local], Path]


@pytest.fixture(scope="session")
def make_random(tmp_path_factory: pytest.TempPathFactory) -> Make:
    return _maker(tmp_path_factory.mktemp("random"), taught=False)


@pytest.fixture(scope="session")
def make_taught(tmp_path_factory: pytest.TempPathFactory) -> Make:
    return _maker(tmp_path_factory.mktemp("taught"), taught=True)


def _maker(folder: Path, *, taught: bool) -> Make:
    def make(engine: Local) -> Path:
        model, file = folder / "model", folder / "model.gguf"
        if not model.is_dir():
            save_folder(model, taught=taught)
        if not engine.is_gguf:
            return model
        return file if file.is_file() else write_gguf(model, file)

    return make


@pytest.fixture
def random_model(engine: Local, make_random: Make) -> str:
    """A model with random weights."""
    return str(make_random(engine))


@pytest.fixture
def taught_model(engine: Local, make_taught: Make) -> str:
    """A model that knows a few answers by heart."""
    return str(make_taught(engine))
