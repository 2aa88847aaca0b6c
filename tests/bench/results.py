"""Figures of a benchmark: shown as one aligned table, and kept in build/bench.json for whoever compares runs.

A benchmark makes a `Figure` of each thing that it measured and hands them over together:

    show("CPU of a proxied request", [Figure("bare forward", 10.7, "µs", how="closed loop, 9 rounds"), ...])

`peer` is what the value stands beside, in the same unit and from the same run; the ratio is that of the two. Where
both took turns, `middle` finds the round to show: the median of the rounds' ratios is steadier than the ratio of two
medians, and so it is also the ratio of the numbers that stand there. `bar` is what we want to reach, in words, and
`how` how it was measured. Nothing is asserted of any figure.

build/bench.json is a list of objects with name, value, unit, peer, ratio, bar and how. A figure replaces an earlier
one of its name, the others stay: benchmarks can be run one at a time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["FILE", "Figure", "middle", "show"]

FILE = Path(__file__).parents[2] / "build" / "bench.json"
HEADS = ("", "value", "beside", "ratio", "more", "bar")


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured."""

    name: str
    value: float
    unit: str = ""
    peer: float | None = None
    bar: str = ""
    how: str = ""

    def kept(self) -> dict[str, str | float | None]:
        """As it stands in the file."""
        return asdict(self) | {"ratio": self.ratio}

    @property
    def ratio(self) -> float | None:
        return self.value / self.peer if self.peer else None

    @property
    def cells(self) -> tuple[str, ...]:
        """As it stands in the table."""
        beside, ratio, more = "", "", ""
        if self.peer is not None:
            beside = f"{self.peer:,.4g} {self.unit}"
            more = f"{self.value - self.peer:+,.2f} {self.unit}"
        if self.ratio is not None:
            ratio = f"{self.ratio:.2f} ×"
        return (self.name, f"{self.value:,.4g} {self.unit}", beside, ratio, more, self.bar)


def show(title: str, figures: Iterable[Figure], file: Path = FILE) -> None:
    """Print the table, and put the figures into the file."""
    rows = list(figures)
    print(f"\n{title}\n{table(rows)}")
    _keep(rows, file)


def middle(mine: Sequence[float], theirs: Sequence[float]) -> tuple[float, float]:
    """Of rounds in turns the one whose ratio is in the middle: two numbers that were measured one after the other."""
    rounds = sorted(zip(mine, theirs, strict=True), key=lambda pair: pair[0] / pair[1])
    return rounds[len(rounds) // 2]


def table(figures: list[Figure]) -> str:
    """Names to the left, numbers to the right. How it was measured stands below, once for all who share it."""
    rows = [HEADS, *(figure.cells for figure in figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(c.rjust(w) if n else c.ljust(w) for n, (c, w) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]
    hows = dict.fromkeys(figure.how for figure in figures if figure.how)
    return "\n".join(line.rstrip() for line in (*lines, *(f"({how})" for how in hows)))


def _keep(figures: list[Figure], file: Path) -> None:
    """Replaced as a whole: who reads it never finds half of it."""
    before = json.loads(file.read_text()) if file.exists() else []
    new = {figure.name: figure.kept() for figure in figures}
    rows = [row for row in before if row["name"] not in new] + list(new.values())
    file.parent.mkdir(exist_ok=True)
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    fresh.replace(file)
