"""Models by MLX, on Apple silicon or on Linux. Reference: github.com/ml-explore/mlx-lm (read 2026-11-21)."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from importlib import import_module
from importlib.util import find_spec
from threading import local
from typing import Any, Final

from dragoman.engines.base import ModelFiles, Sampling
from dragoman.engines.files import SAFETENSORS, find, folder_of
from dragoman.engines.folder_model import FolderModel
from dragoman.engines.grammar import Grammar
from dragoman.engines.memory import memory_errors
from dragoman.engines.sampling import Penalties, Settled, settle
from dragoman.errors import ConfigurationError, MissingPackage, UnsupportedFeature
from dragoman.messages import JsonObject

_thread: Final = local()
_used_by: Final[set[int]] = set()
"""The processes, by number, that loaded a model: this one, and those it was forked from."""


class _Streams:
    """What MLX keeps for a thread; it goes with the thread.

    A thread that used MLX must give this back before it ends, or the process may abort when it exits
    (github.com/ml-explore/mlx/pull/3395 and /issues/4327, read 2026-11-21). Also where a model is in memory to the end.
    """

    def __init__(self, mx: Any) -> None:
        self._clear = mx.clear_streams

    def __del__(self) -> None:
        self._clear()


class MlxModel(FolderModel):
    """A model in MLX's memory."""

    def __init__(self, files: ModelFiles) -> None:
        """Raises `NotEnoughMemory`, and `UnsupportedFeature` for an architecture that mlx-lm does not know."""
        self._mx: Any = import_module("mlx.core")
        if not hasattr(_thread, "streams"):
            _thread.streams = _Streams(self._mx)
        super().__init__(files)
        with memory_errors(files.name):
            self._model = _load(files)
            # Random first weights were planned, then replaced, and the common generator still holds all their plans
            self._mx.eval(self._mx.random.state)

    def tokens(self, prompt: Sequence[int], sampling: Sampling, schema: JsonObject | None) -> Generator[int]:
        library: Any = import_module("mlx_lm.generate")
        settled = settle(sampling, self._own)
        processors = [_penalizer(self._mx, settled)] if settled.penalizes else []
        if schema is not None:
            processors.append(self._restrict(schema))
        steps = library.generate_step(
            self._mx.array(prompt),
            self._model,
            max_tokens=-1,
            sampler=_sampler(self._mx, settled),
            logits_processors=processors,
        )
        with memory_errors(self._name), library.wired_limit(self._model, [library.generation_stream]), closing(steps):
            for token, _ in steps:
                yield token

    def _restrict(self, schema: JsonObject) -> Callable[[Any, Any], Any]:
        """Leaves only tokens that keep to the schema."""
        grammar: Grammar | None = None

        def process(tokens: Any, logits: Any) -> Any:
            nonlocal grammar
            if grammar is None:  # what there is before the first token is the prompt
                grammar = self._grammar(schema, logits.shape[-1])
            else:
                grammar.accept(tokens[-1].item())
            return self._mx.where(self._mx.array(grammar.allowed(logits.shape[-1])), logits, -float("inf"))

        return process

    def close(self) -> None:
        super().close()
        del self._model
        self._mx.clear_cache()


def _refuse_forked() -> None:
    """MLX reads files by threads that it keeps, and computes by a GPU's handles: neither comes along in a fork.

    It would wait for them for ever (mlx 0.32.4, tried 2026-11-21).
    """
    here = os.getpid()
    if _used_by - {here}:
        raise ConfigurationError(
            "MLX was used before this process was forked, and does not work in the child: start processes by `spawn` "
            "(`multiprocessing.get_context('spawn')`), or load the first model after the fork"
        )
    _used_by.add(here)


def _load(files: ModelFiles) -> Any:
    library: Any = import_module("mlx_lm.utils")
    try:
        return library.load_model(files.path)[0]
    except ValueError as error:  # how it says that it has no class for a configuration, or that weights do not fit it
        raise UnsupportedFeature(f"MLX cannot run `{files.name}`: {error}") from error


def _penalizer(mx: Any, settled: Settled) -> Callable[[Any, Any], Any]:
    penalties: Penalties | None = None

    def process(tokens: Any, logits: Any) -> Any:
        nonlocal penalties
        if penalties is None:
            penalties = Penalties(mx, logits[0], tokens, settled)
        else:
            penalties.count(tokens[-1])
        return penalties.apply(logits[0])[None]

    return process


def _sampler(mx: Any, settled: Settled) -> Callable[[Any], Any]:
    """Takes tokens by log-probabilities, with a random key of its own: MLX's is common to the process."""
    library: Any = import_module("mlx_lm.sample_utils")
    if settled.temperature == 0:
        return library.greedy_sampler
    narrow = _filters(library, settled)
    key = mx.random.key(settled.seed)

    def sample(scores: Any) -> Any:
        nonlocal key
        key, here = mx.random.split(key)
        scores = scores / settled.temperature
        for each in narrow:
            scores = each(scores - mx.logsumexp(scores, axis=-1, keepdims=True))
        return mx.random.categorical(scores, key=here)

    return sample


def _filters(library: Any, settled: Settled) -> list[Callable[[Any], Any]]:
    """What narrows the choice, in the order of the other engines."""
    wanted: list[tuple[bool, Callable[[Any], Any]]] = [
        (settled.top_k > 0, lambda scores: _top_k(library, scores, settled.top_k)),
        (settled.top_p < 1, lambda scores: library.apply_top_p(scores, settled.top_p)),
        (settled.min_p > 0, lambda scores: library.apply_min_p(scores, settled.min_p)),
    ]
    return [each for is_wanted, each in wanted if is_wanted]


def _top_k(library: Any, scores: Any, count: int) -> Any:
    return library.apply_top_k(scores, count) if count < scores.shape[-1] else scores


class _Mlx:
    name = "mlx"

    def check(self) -> None:
        absent = [package for package in ("mlx", "mlx_lm") if find_spec(package) is None]
        if absent and (platform.system(), platform.machine()) == ("Darwin", "x86_64"):
            raise ConfigurationError(
                "MLX runs on Apple silicon, and this is an Intel Mac (or a Python for one): use the provider "
                "`huggingface` or `ollama` here"
            )
        if absent:
            raise MissingPackage(f"{' and '.join(absent)} not installed: `pip install 'dragoman[mlx]'`")

    def find(self, model: str) -> ModelFiles:
        return find(model, folder_of(*SAFETENSORS))

    def load(self, files: ModelFiles) -> MlxModel:
        _refuse_forked()
        return MlxModel(files)


ENGINE = _Mlx()
