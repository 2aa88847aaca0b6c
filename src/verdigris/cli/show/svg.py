"""One panel of a picture: axes, lines, bands and words as plain SVG. It knows no meaning, and nothing in it moves.

Numbers are rounded so that the same counts make the same bytes. All text is escaped here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from math import log

from verdigris.cli.show.ink import clean

__all__ = ["HEIGHT", "STYLE", "WIDTH", "Panel", "text"]

WIDTH, HEIGHT = 780, 250
LEFT, RIGHT, TOP, BOTTOM = 62, 148, 22, 34
WORDS = 36
"""What the share of a stage takes at most."""

STYLE = """\
svg text { font: 12px system-ui, "DejaVu Sans", sans-serif; fill: #1f2933 }
svg .small { font-size: 11px; fill: #52606d } svg .mark { font-weight: 600 }
.paper { fill: #ffffff; stroke: #d5dbe1 } .grid { stroke: #e4e9ee; stroke-width: 1 }
.axis { fill: none; stroke: #9fb0c0; stroke-width: 1 }
.stage { stroke: #9fb0c0; stroke-width: 1; stroke-dasharray: 2 4 }
.limit { stroke: #b3261e; stroke-width: 1.6; stroke-dasharray: 8 4 } .dot { fill: #b3261e }
.curve { fill: none; stroke-width: 2.4; stroke-linejoin: round } .thin { stroke-width: 1.6; stroke-dasharray: 5 3 }
.fine { stroke-dasharray: 1.5 3 }
.evidence { stroke: #1f2933 } .blue { stroke: #2f6fbf } .green { stroke: #2c8a55 } .other { stroke: #6b4fa0 }
.band { fill: #d8a53a; fill-opacity: .22; stroke: none }
@media (prefers-color-scheme: dark) {
svg text { fill: #e4e7eb } svg .small { fill: #a9b4bf }
.paper { fill: #161b22; stroke: #30363d } .grid { stroke: #262c33 } .axis { stroke: #57646f }
.stage { stroke: #57646f }
.limit { stroke: #ff8a80 } .dot { fill: #ff8a80 } .evidence { stroke: #e4e7eb }
.blue { stroke: #79b0f2 } .green { stroke: #6fce98 } .other { stroke: #b9a3e3 }
.band { fill: #d8a53a; fill-opacity: .25 }
}"""

Point = tuple[float, float | None]


def text(words: str) -> str:
    """Words of anybody, in a page: they act on nothing."""
    return escape(clean(words))


@dataclass(frozen=True, slots=True)
class Panel:
    """The part of a picture in which `x` and `y` are drawn; `logarithmic` is the scale of y."""

    x: tuple[float, float]
    y: tuple[float, float]
    logarithmic: bool = False

    def across(self, x: float) -> float:
        low, high = self.x
        return LEFT + (min(max(x, low), high) - low) / ((high - low) or 1.0) * (WIDTH - LEFT - RIGHT)

    def down(self, y: float) -> float:
        low, high = self.y
        y = min(max(y, low), high)
        low, high, y = (log(low), log(high), log(y)) if self.logarithmic else (low, high, y)
        return HEIGHT - BOTTOM - (y - low) / ((high - low) or 1.0) * (HEIGHT - TOP - BOTTOM)

    def frame(
        self, ticks: Sequence[tuple[float, str]], moments: Sequence[tuple[float, str]]
    ) -> Iterator[str]:
        """Paper, grid and axes with their words."""
        right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
        yield f'<rect class="paper" x="0.5" y="0.5" width="{WIDTH - 1}" height="{HEIGHT - 1}" rx="8"/>'
        for value, words in ticks:
            y = near(self.down(value))
            yield f'<path class="grid" d="M{LEFT} {y}H{right}"/>'
            yield word(LEFT - 7, self.down(value) + 4, words, "end")
        for moment, words in moments:
            x = near(self.across(moment))
            yield f'<path class="axis" d="M{x} {bottom}v4"/>'
            yield word(self.across(moment), bottom + 18, words, "middle")
        yield f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{right}"/>'

    def across_at(self, y: float, kind: str) -> str:
        return f'<path class="{kind}" d="M{LEFT} {near(self.down(y))}H{WIDTH - RIGHT}"/>'

    def down_at(self, x: float, kind: str, words: str) -> str:
        """An upright with its words on top, on its left where the panel ends."""
        x = self.across(x)
        at, anchor = (x - 3, "end") if x > WIDTH - RIGHT - WORDS else (x + 3, "start")
        said = word(at, TOP - 7, words, anchor)
        return f'<path class="{kind}" d="M{near(x)} {TOP}V{HEIGHT - BOTTOM}"/>{said}'

    def curve(self, points: Sequence[Point], kind: str) -> str:
        """A line through the points; where one is unknown it is broken."""
        parts = []
        for known, group in groupby(points, key=lambda point: point[1] is not None):
            run = [(self.across(x), self.down(y)) for x, y in group if y is not None]
            parts += [path(run if len(run) > 1 else [*run, *run])] if known else []
        return f'<path class="curve {kind}" d="{" ".join(parts)}"/>' if parts else ""

    def band(self, low: Sequence[Point], high: Sequence[Point]) -> str:
        """The area between two lines, where both are known."""
        pairs = [(x, a, b) for (x, a), (_, b) in zip(low, high, strict=True)]
        parts = []
        for known, group in groupby(pairs, key=lambda pair: pair[1] is not None and pair[2] is not None):
            run = [(x, a, b) for x, a, b in group if a is not None and b is not None]
            if known and len(run) > 1:
                over = [(self.across(x), self.down(b)) for x, _, b in run]
                under = [(self.across(x), self.down(a)) for x, a, _ in reversed(run)]
                parts.append(f"{path([*over, *under])}Z")
        return f'<path class="band" d="{" ".join(parts)}"/>' if parts else ""

    def dot(self, x: float, y: float) -> str:
        return f'<circle class="dot" cx="{near(self.across(x))}" cy="{near(self.down(y))}" r="4.5"/>'

    def beside(self, rows: Sequence[tuple[float, str, str]]) -> Iterator[str]:
        """Words at the right edge, each beside its height with a sample of its line; none upon another."""
        at = TOP - 14.0
        placed = sorted(rows, key=lambda row: self.down(row[0]))
        for place, (y, words, kind) in enumerate(placed):
            lowest = HEIGHT - BOTTOM - 15.0 * (len(placed) - 1 - place)
            at = max(min(self.down(y), lowest), at + 15.0)
            x = WIDTH - RIGHT + 6
            if kind:
                yield f'<path class="{kind}" d="M{x} {near(at)}h18"/>'
            yield word(x + 24 * bool(kind), at + 4, words)


def word(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text class="small" x="{near(x)}" y="{near(y)}" text-anchor="{anchor}">{text(words)}</text>'


def path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{near(x)} {near(y)}" for x, y in points)


def near(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
