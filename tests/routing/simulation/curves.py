"""Lines over time, as SVG: panels in two columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor, log10
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, PANEL_WIDTH, PANEL_HEIGHT, HEAD = 1000, 500, 250, 60
LEFT, RIGHT, TOP, BOTTOM = 56, 480, 64, 206
FONT = "font-family='system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif'"
COLOURS = ("#0f766e", "#b45309", "#94a3b8")

Points = Sequence[tuple[float, float]]


class Line(NamedTuple):
    label: str
    points: Points


class Panel(NamedTuple):
    """`across` and `up` say what the axes are. `names` are what stands at 0, 1, 2 … across, where it is no number."""

    title: str
    across: str
    up: str
    lines: Sequence[Line]
    names: Sequence[str] = ()


class Axis(NamedTuple):
    """Numbers from `low` to `high`, onto pixels."""

    low: float
    high: float
    begin: float
    end: float

    def at(self, value: float) -> float:
        return self.begin + (value - self.low) / (self.high - self.low) * (self.end - self.begin)

    def ticks(self) -> Iterator[float]:
        """Round numbers, about five of them."""
        rough = (self.high - self.low) / 5
        power = 10 ** floor(log10(rough))
        step = next(power * each for each in (1, 2, 5, 10) if power * each >= rough)
        number = ceil(self.low / step - 1e-9)
        while number * step <= self.high * (1 + 1e-9):
            yield number * step
            number += 1


def curves(panels: Sequence[Panel], title: str, note: str) -> str:
    total = HEAD + ceil(len(panels) / 2) * PANEL_HEIGHT
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {total}' {FONT} font-size='12' fill='#1c1917'>",
        f"<title>{escape(title)}</title>",
        f"<rect width='{WIDTH}' height='{total}' fill='#ffffff'/>",
        f"<text x='16' y='28' font-size='17' font-weight='600'>{escape(title)}</text>",
        f"<text x='16' y='48' fill='#57534e'>{escape(note)}</text>",
    ]
    for number, panel in enumerate(panels):
        row, column = divmod(number, WIDTH // PANEL_WIDTH)
        parts.append(f"<g transform='translate({column * PANEL_WIDTH} {HEAD + row * PANEL_HEIGHT})'>")
        parts += [*_panel(panel), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel: Panel) -> Iterator[str]:
    points = [point for line in panel.lines for point in line.points]
    across = Axis(min(x for x, _ in points), max(x for x, _ in points), LEFT, RIGHT)
    up = Axis(0, max(y for _, y in points) * 1.05, BOTTOM, TOP)
    yield f"<text x='16' y='22' font-size='14' font-weight='600'>{escape(panel.title)}</text>"
    yield f"<text x='{LEFT}' y='{TOP - 8}' font-size='10' fill='#78716c'>{escape(panel.up)}</text>"
    yield f"<text x='{RIGHT}' y='{BOTTOM + 28}' text-anchor='end' font-size='10' fill='#78716c'>{escape(panel.across)}</text>"
    for tick in up.ticks():
        y = f"{up.at(tick):.1f}"
        yield f"<line x1='{LEFT}' x2='{RIGHT}' y1='{y}' y2='{y}' stroke='#e7e5e4'/>"
        yield f"<text x='{LEFT - 6}' y='{float(y) + 4:.1f}' text-anchor='end' font-size='10' fill='#78716c'>{tick:g}</text>"
    for tick, name in enumerate(panel.names) if panel.names else ((tick, f"{tick:g}") for tick in across.ticks()):
        x = f"{across.at(tick):.1f}"
        yield f"<text x='{x}' y='{BOTTOM + 14}' text-anchor='middle' font-size='10' fill='#78716c'>{escape(name)}</text>"
    x = float(LEFT)
    for line, colour in zip(panel.lines, COLOURS, strict=False):
        path = " ".join(f"{across.at(at):.1f},{up.at(value):.1f}" for at, value in line.points)
        yield f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='1.5'/>"
        yield f"<rect x='{x}' y='34' width='10' height='10' fill='{colour}'/>"
        yield f"<text x='{x + 14}' y='43'>{escape(line.label)}</text>"
        x += 30 + 6.4 * len(line.label)
