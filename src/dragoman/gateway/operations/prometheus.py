"""Prometheus' text format, version 0.0.4.

Reference: prometheus.io/docs/instrumenting/exposition_formats (read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal, NamedTuple

CONTENT_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"

_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class Sample(NamedTuple):
    """One line. `suffix` is what follows the family's name: `_bucket`, `_sum` and `_count` of histograms."""

    suffix: str
    labels: Mapping[str, str]
    value: float | Decimal


class Family(NamedTuple):
    """A metric with all its lines."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    samples: Sequence[Sample]


def text_of(families: Iterable[Family]) -> bytes:
    """The families that have a line."""
    return "".join(_lines(family) for family in families if family.samples).encode(errors="backslashreplace")


def _lines(family: Family) -> str:
    head = f"# HELP {family.name} {family.help}\n# TYPE {family.name} {family.kind}\n"
    return head + "".join(f"{family.name}{_line(sample)}\n" for sample in family.samples)


def _line(sample: Sample) -> str:
    labels = ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in sample.labels.items())
    value = f"{sample.value:f}" if isinstance(sample.value, Decimal) else repr(sample.value)
    return f"{sample.suffix}{{{labels}}} {value}" if labels else f"{sample.suffix} {value}"
