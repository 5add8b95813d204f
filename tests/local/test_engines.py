"""What an engine promises: `Engine` and `LoadedModel`, held by each library with a real model."""

from __future__ import annotations

import gc
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
import pytest

from dragoman import create_llm
from dragoman.engines.answer import Answer
from dragoman.engines.base import LoadedModel, Prompt, Sampling, get_engine
from dragoman.engines.memory import memory_errors
from dragoman.errors import NotEnoughMemory, UnsupportedFeature
from dragoman.messages import Message, Request, Role

from .conftest import Local, Make, need
from .tiny import save_folder, write_gguf

pytestmark = [pytest.mark.local, pytest.mark.timeout(600)]

PROMPT = Prompt(messages=[{"role": "user", "content": "Hello"}])
GREEDY = Sampling(temperature=0)
MIB = 2**20


@pytest.fixture
def model(engine: Local, random_model: str) -> Iterator[LoadedModel]:
    found = get_engine(engine.provider)
    loaded = found.load(found.find(random_model))
    yield loaded
    loaded.close()


def written(model: LoadedModel, sampling: Sampling, count: int = 60) -> list[int]:
    tokens = model.tokens(model.encode(PROMPT), sampling, None)
    return list(islice(tokens, count))


@pytest.mark.parametrize(
    "penalty",
    [
        Sampling(temperature=0, frequency_penalty=2.0),
        Sampling(temperature=0, presence_penalty=2.0),
        Sampling(temperature=0, repetition_penalty=2.0),
    ],
    ids=("frequency", "presence", "repetition"),
)
def test_a_penalty_makes_repetition_rarer(model: LoadedModel, penalty: Sampling) -> None:
    plain, varied = Counter(written(model, GREEDY)), Counter(written(model, penalty))
    assert len(varied) > len(plain)


def test_a_seed_is_the_answers_own(model: LoadedModel) -> None:
    """The generators of random numbers that are common to the process go on as if nothing had been."""
    before = common_random()
    assert written(model, Sampling(temperature=1.0, seed=5)) == written(model, Sampling(temperature=1.0, seed=5))
    assert common_random() == before


def common_random() -> list[Any]:
    import mlx.core as mx
    import numpy as np
    import torch

    return [
        torch.get_rng_state().tolist(),
        [each.tolist() for each in mx.random.state],
        np.random.get_state()[1].tolist(),  # noqa: NPY002  # the one that is common
    ]


def test_a_prompt_is_decoded_as_it_was_rendered(model: LoadedModel) -> None:
    assert model.decode(model.encode(PROMPT)) == "<s><|user|>Hello<|end|><|assistant|>"


def test_marks_are_hidden_and_ends_are_known(model: LoadedModel) -> None:
    assert {model.decode([token]) for token in model.end_tokens} == {"</s>", "<|end|>"}
    assert {"<|user|>", "<|assistant|>"} < {model.decode([token]) for token in model.hidden_tokens}


def test_nothing_is_computed_before_the_first_token_is_asked_for(model: LoadedModel) -> None:
    passes = count_passes(model)
    tokens = model.tokens(model.encode(PROMPT), GREEDY, None)
    assert passes == []
    next(tokens)
    tokens.close()
    assert passes


def test_a_cancelled_answer_stops_within_one_token(model: LoadedModel) -> None:
    passes, cancelled = count_passes(model), False
    request = Request(model="tiny", messages=(Message(Role.USER, "Hello"),), max_tokens=400, temperature=0.0)
    answer = Answer(model, request, cancelled=lambda: cancelled)
    for number, _ in enumerate(answer.events()):
        if number == 6:
            cancelled = True
            before = len(passes)
    assert len(passes) - before <= 1


def count_passes(model: Any) -> list[None]:
    """Grows by one each time the model computes."""
    passes: list[None] = []
    for name in ("_compute", "_model"):
        if hasattr(model, name):
            setattr(model, name, _Counted(getattr(model, name), passes))
            return passes
    raise AssertionError(model)


class _Counted:
    def __init__(self, counted: Any, passes: list[None]) -> None:
        self._counted = counted
        self._passes = passes

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        self._passes.append(None)
        return self._counted(*arguments, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._counted, name)


# ---------------------------------------------------------------------- memory


@pytest.fixture(scope="session")
def make_wide(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Of about 150 MiB, so that it shows in the process's memory."""
    folder = tmp_path_factory.mktemp("wide")

    def make(engine: Local) -> Path:
        if not (folder / "model").is_dir():
            save_folder(folder / "model", width=1024, layers=4)
        return write_gguf(folder / "model", folder / "model.gguf") if engine.is_gguf else folder / "model"

    return make


def test_unloading_gives_memory_back(engine: Local, random_model: str, make_wide: Make, record_property: Any) -> None:
    wide = str(make_wide(engine))
    size = get_engine(engine.provider).find(wide).size_bytes
    for path in (random_model, wide):  # what the library itself keeps is there afterwards
        _ask(engine, path)
    before = resident()
    llm = create_llm(engine.provider, model=wide, temperature=0, max_tokens=4)
    llm.generate("Hello")
    loaded = resident() - before
    llm.unload()
    kept = resident() - before
    record_property("weights_mib", round(size / MIB, 1))
    record_property("loaded_mib", round(loaded / MIB, 1))
    record_property("kept_mib", round(max(kept, 0) / MIB, 1))
    assert loaded > 0.5 * size  # some of it in memory that an allocator had kept
    assert kept < 0.1 * size


def test_a_hundred_loads_do_not_grow(engine: Local, random_model: str, record_property: Any) -> None:
    """But for some kilobytes that MLX keeps for each thread that there was."""
    for _ in range(20):
        _ask(engine, random_model)
    before = resident()
    for _ in range(100):
        _ask(engine, random_model)
    grown = resident() - before
    record_property("grown_mib", round(max(grown, 0) / MIB, 1))
    assert grown < 5 * get_engine(engine.provider).find(random_model).size_bytes


def _ask(engine: Local, model: str) -> None:
    with create_llm(engine.provider, model=model, temperature=0, max_tokens=4) as llm:
        llm.generate("Hello")
        llm.unload()


def resident() -> int:
    gc.collect()
    return psutil.Process().memory_info().rss


def test_pytorchs_own_error_is_not_enough_memory() -> None:
    need("transformers")
    import torch

    with pytest.raises(NotEnoughMemory, match="`tiny` got not enough memory"), memory_errors("tiny"):
        torch.empty((2**40, 2**10))


# ---------------------------------------------------------------------- threads, the end, what cannot be run


def test_a_model_works_in_whichever_thread_it_is_loaded(engine: Local, random_model: str) -> None:
    found = get_engine(engine.provider)

    def run() -> list[int]:
        model = found.load(found.find(random_model))
        tokens = written(model, Sampling(temperature=1.0, seed=3, top_p=0.9, top_k=20, min_p=0.01))
        model.close()
        return tokens

    results = []
    for _ in range(3):
        with ThreadPoolExecutor(1) as thread:
            results.append(thread.submit(run).result())
    assert results[0] == results[1] == results[2]


PROGRAM = """
import dragoman
llm = dragoman.create_llm({provider!r}, model={model!r}, max_tokens=4)
print(len(llm.generate("Hello", seed=1).content))
"""


def test_a_program_may_end_with_a_model_in_memory(engine: Local, random_model: str) -> None:
    program = PROGRAM.format(provider=engine.provider, model=random_model)
    for at_exit in ("", "", "import atexit; atexit.register(llm.unload)"):
        done = subprocess.run(
            [sys.executable, "-c", program + at_exit], capture_output=True, text=True, check=False, timeout=120
        )
        assert (done.returncode, int(done.stdout) > 0, done.stderr) == (0, True, "")


@pytest.mark.parametrize(("said", "is_drawn"), [({}, False), ({"HF_HUB_DISABLE_PROGRESS_BARS": "0"}, True)], ids=str)
def test_transformers_draws_a_bar_only_when_asked(make_random: Make, said: dict[str, str], is_drawn: bool) -> None:
    engine = need("transformers")
    program = PROGRAM.format(provider=engine.provider, model=str(make_random(engine)))
    unsaid = {name: value for name, value in os.environ.items() if name != "HF_HUB_DISABLE_PROGRESS_BARS"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=unsaid | said
    )
    assert ("Loading weights" in done.stderr) == is_drawn
    assert is_drawn or done.stderr == ""


FORKING = """
import os
import dragoman
llm = dragoman.create_llm({provider!r}, model={model!r}, max_tokens=4, temperature=0)
answer = llm.generate("Hello").content
child = os.fork()
if child == 0:
    try:
        print("the same" if llm.generate("Hello").content == answer else "another", flush=True)
    except dragoman.Error as error:
        print(type(error).__name__, error, flush=True)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
assert llm.generate("Hello").content == answer
"""
IN_A_CHILD = {
    "mlx": r"ConfigurationError .*MLX was used before this process was forked.*`spawn`",
    "transformers": "the same",
    "llama_cpp": "the same",
}
"""What comes of a call in a child whose parent has a model in memory."""


def test_a_forked_child_answers_or_says_why_not(name: str, engine: Local, random_model: str) -> None:
    program = FORKING.format(provider=engine.provider, model=random_model)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert re.match(IN_A_CHILD[name], done.stdout), done.stdout


def test_an_architecture_nobody_knows_is_said(name: str, make_random: Make, tmp_path: Path) -> None:
    engine = need(name)
    source = make_random(engine)
    if engine.is_gguf:
        target = tmp_path / "odd.gguf"
        target.write_bytes(source.read_bytes().replace(b"llama", b"odd-x"))
    else:
        target = Path(shutil.copytree(source, tmp_path / "odd"))
        config = target / "config.json"
        config.write_text(config.read_text().replace('"llama"', '"odd-x"').replace("LlamaFor", "OddFor"))
    with create_llm(engine.provider, model=str(target)) as llm, pytest.raises(UnsupportedFeature, match="cannot"):
        llm.generate("Hello")
