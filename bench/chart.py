"""Bars on a logarithmic scale, as SVG: one panel a measurement, the cheapest at the top."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, PANEL_WIDTH = 1000, 500
LABELS, BARS = 178, 200
TOP, ROW, BOTTOM = 44, 21, 36
FONT = "font-family='system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif'"
COLOURS = {"ours": "#0f766e", "peer": "#94a3b8", "floor": "#d6d3d1"}


class Bar(NamedTuple):
    """A row: its value with the lowest and highest, what to write beside it, and how to paint it."""

    label: str
    value: float
    low: float
    high: float
    note: str
    kind: str


class Panel(NamedTuple):
    title: str
    bars: Sequence[Bar]


class Scale(NamedTuple):
    """Powers of ten, as exponents, onto the width of the bars."""

    first: int
    last: int

    def at(self, value: float) -> float:
        return LABELS + BARS * (log10(value) - self.first) / (self.last - self.first)

    def ticks(self) -> list[int]:
        return [10**power for power in range(max(self.first, 0), self.last + 1)]


def scale_of(bars: Sequence[Bar]) -> Scale:
    first = floor(log10(min(bar.low for bar in bars) * 0.7))  # so that the shortest bar can be seen
    return Scale(first, max(first + 1, ceil(log10(max(bar.high for bar in bars)))))


def chart(panels: Sequence[Panel], title: str, notes: Sequence[str]) -> str:
    height = TOP + ROW * max(len(panel.bars) for panel in panels) + BOTTOM
    rows = ceil(len(panels) * PANEL_WIDTH / WIDTH)
    head = 44 + 17 * len(notes)
    total = head + rows * height + 20
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {total}' {FONT} font-size='12' fill='#1c1917'>",
        f"<title>{escape(title)}</title>",
        f"<rect width='{WIDTH}' height='{total}' fill='#ffffff'/>",
        f"<text x='16' y='28' font-size='17' font-weight='600'>{escape(title)}</text>",
    ]
    parts += [
        f"<text x='16' y='{48 + 17 * line}' fill='#57534e'>{escape(note)}</text>" for line, note in enumerate(notes)
    ]
    for number, panel in enumerate(panels):
        row, column = divmod(number, WIDTH // PANEL_WIDTH)
        parts.append(f"<g transform='translate({column * PANEL_WIDTH} {head + row * height})'>")
        parts += [*panel_parts(panel), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def panel_parts(panel: Panel) -> list[str]:
    bars = sorted(panel.bars, key=lambda bar: bar.value)
    scale = scale_of(bars)
    end = TOP + ROW * len(bars)
    parts = [f"<text x='16' y='30' font-size='14' font-weight='600'>{escape(panel.title)}</text>"]
    for tick in scale.ticks():
        x = f"{scale.at(tick):.1f}"
        parts.append(f"<line x1='{x}' x2='{x}' y1='{TOP - 4}' y2='{end}' stroke='#e7e5e4'/>")
        parts.append(f"<text x='{x}' y='{end + 14}' text-anchor='middle' font-size='10' fill='#78716c'>{tick:,}</text>")
    for number, bar in enumerate(bars):
        parts += bar_parts(bar, TOP + ROW * number, scale)
    return parts


def bar_parts(bar: Bar, top: int, scale: Scale) -> list[str]:
    weight = " font-weight='600'" if bar.kind == "ours" else ""
    low, high, end = scale.at(bar.low), scale.at(bar.high), scale.at(bar.value)
    middle, baseline = top + 8, top + 12
    return [
        f"<text x='{LABELS - 6}' y='{baseline}' text-anchor='end'{weight}>{escape(bar.label)}</text>",
        f"<rect x='{LABELS}' y='{top}' width='{end - LABELS:.1f}' height='16' rx='2' fill='{COLOURS[bar.kind]}'/>",
        f"<line x1='{low:.1f}' x2='{high:.1f}' y1='{middle}' y2='{middle}' stroke='#1c1917'/>",
        f"<text x='{max(end, high) + 6:.1f}' y='{baseline}'{weight}>{escape(bar.note)}</text>",
    ]
