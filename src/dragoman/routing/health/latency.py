"""How fast a target answers, as far as anybody has seen."""

from __future__ import annotations

from collections import deque
from math import ceil, exp
from typing import Final

_MEMORY_SECONDS: Final = 10.0
_LEAST_WEIGHT: Final = 0.1
_FADES_AFTER: Final = 30.0
_HALF_LIFE: Final = 60.0
_SAMPLES: Final = 100


class Latency:
    """A moving average of seconds, and the latest 100 samples for what most of them stay below.

    A sample weighs the more the longer ago the last one was, and a tenth at least. What was measured more than 30 s ago
    fades in the average, to half in each minute, so that a target which was slow once is tried again some time.
    """

    __slots__ = ("_measured", "_samples")

    def __init__(self) -> None:
        # The average and when it was taken, in one tuple, so that they are read together without a lock
        self._measured: tuple[float, float] | None = None
        self._samples: deque[float] = deque(maxlen=_SAMPLES)

    def add(self, seconds: float, now: float) -> None:
        self._samples.append(seconds)
        if self._measured is None:
            self._measured = (seconds, now)
            return
        average, at = self._measured
        since = now - at
        if since < 0.0:
            since, now = 0.0, at
        kept = (1 - _LEAST_WEIGHT) * exp(-since / _MEMORY_SECONDS)
        self._measured = (seconds + (average - seconds) * kept, now)

    def seen_at(self, now: float) -> float | None:
        """The average as it counts at `now`; `None`: nothing was measured."""
        if self._measured is None:
            return None
        average, at = self._measured
        faded = now - at - _FADES_AFTER
        return average if faded <= 0 else average * 2.0 ** (-faded / _HALF_LIFE)

    @property
    def least(self) -> float:
        """The smallest sample; 0 when there is none."""
        return min(self._samples, default=0.0)

    def quantile(self, share: float, *, at_least: int) -> float | None:
        """The smallest sample that `share` of them do not exceed; `None` when there are fewer than `at_least`."""
        samples = sorted(self._samples)
        if len(samples) < max(at_least, 1):
            return None
        return samples[max(ceil(share * len(samples) - 1e-9), 1) - 1]  # 0.07 of 100 is 7.000000000000001
