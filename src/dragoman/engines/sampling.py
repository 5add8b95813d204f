"""How the next token is chosen, settled: the caller's settings, else the model's own, else none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from secrets import randbits
from typing import Any, Final

from msgspec import Struct, structs

from dragoman.engines.base import Sampling
from dragoman.engines.files import facts_in
from dragoman.errors import ConfigurationError

_SEEDS: Final = 2**32 - 1
"""llama.cpp takes its largest seed, 2**32 - 1, for a random one."""


class Settled(Struct, frozen=True, kw_only=True):
    """Every setting with a value. `temperature` 0 takes the likeliest token; `top_k` 0 leaves all in.

    `frequency_penalty` and `presence_penalty` count the tokens of the answer, as at OpenAI.
    """

    seed: int
    temperature: float
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0

    @property
    def penalizes(self) -> bool:
        return (self.repetition_penalty, self.frequency_penalty, self.presence_penalty) != (1.0, 0.0, 0.0)


def settle(wanted: Sampling, own: Sampling) -> Settled:
    """Raises `ConfigurationError` for what is out of range."""
    asked = _given(wanted)
    # Who narrows the choice wants one: without a temperature of its own a model would take the likeliest token
    usual = {"temperature": 1.0 if asked.keys() & {"top_p", "top_k", "min_p", "seed"} else 0.0}
    values: dict[str, Any] = {**usual, **_given(own), **asked}
    values["seed"] = values["seed"] % _SEEDS if "seed" in values else randbits(31)
    _check(values)
    return Settled(**values)


def _given(sampling: Sampling) -> dict[str, Any]:
    return {name: value for name, value in structs.asdict(sampling).items() if value is not None}


def _check(values: dict[str, Any]) -> None:
    for name, (fits, says) in _RANGES.items():
        if name in values and not fits(values[name]):
            raise ConfigurationError(f"{name} must be {says}, not {values[name]!r}")


_RANGES: Final[dict[str, tuple[Callable[[float], bool], str]]] = {
    "temperature": (lambda value: value >= 0, "0 or more"),
    "top_p": (lambda value: 0 < value <= 1, "more than 0, and 1 at most"),
    "top_k": (lambda value: value >= 0, "0 (all tokens) or more"),
    "min_p": (lambda value: 0 <= value < 1, "from 0 to less than 1"),
    "repetition_penalty": (lambda value: value > 0, "more than 0"),
}


def own_sampling(folder: Path) -> Sampling:
    """What a model in transformers' form says of itself, in `generation_config.json`."""
    facts = facts_in(folder, "generation_config.json")
    penalty = facts.get("repetition_penalty")
    if not facts.get("do_sample"):
        return Sampling(repetition_penalty=penalty)
    return Sampling(
        temperature=facts.get("temperature", 1.0),
        top_p=facts.get("top_p"),
        top_k=facts.get("top_k"),
        min_p=facts.get("min_p"),
        repetition_penalty=penalty,
    )


class Penalties:
    """Makes tokens that were there less likely, at a cost that does not grow with the text.

    `arrays` is PyTorch or MLX, whose arrays do the same under the same names. Repetition counts the prompt too.
    """

    __slots__ = ("_arrays", "_seen", "_settled", "_written")

    def __init__(self, arrays: Any, logits: Any, prompt: Any, settled: Settled) -> None:
        self._arrays = arrays
        self._settled = settled
        self._written = arrays.zeros_like(logits)
        self._seen = arrays.zeros_like(logits)
        self._seen[prompt] = 1

    def count(self, token: Any) -> None:
        self._written[token] += 1
        self._seen[token] = 1

    def apply(self, logits: Any) -> Any:
        """For repetition: arxiv.org/abs/1909.05858, section 4.1; the other two as OpenAI's reference describes them."""
        by = self._settled
        repeated = self._arrays.where(logits > 0, logits / by.repetition_penalty, logits * by.repetition_penalty)
        logits = self._arrays.where(self._seen > 0, repeated, logits)
        return logits - by.frequency_penalty * self._written - by.presence_penalty * (self._written > 0)
