"""What a set of judge vectors is checked against: single numbers, and processes tick by tick."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import inf, isclose, log
from typing import Any

from verdigris.core.judging.factors import NOTHING
from verdigris.core.judging.mixture import AT_ONCE, Mixture, Starts

__all__ = ["TOLERANCE", "Check", "Set", "anything", "both", "four", "number", "process"]

TOLERANCE = 1e-6
"""Absolute, or relative where the value is above 1."""

Set = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Check:
    """One number of ours beside the one of the file."""

    what: str
    found: Any
    expected: Any

    @property
    def holds(self) -> bool:
        if isinstance(self.expected, float) and isinstance(self.found, float):
            if self.found <= NOTHING:
                return self.expected == -inf
            return isclose(self.expected, self.found, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
        return bool(self.found == self.expected)


def number(value: Any) -> float:
    """null stands for ln 0."""
    return -inf if value is None else float(value)


Row = Any
"""A list of numbers, as long as the kind has it."""
Bets = Callable[[Set, Row], list[float]]


def process(rows: str, bets: Bets, sizes: Callable[[Row], float]) -> Callable[[Set], Iterator[Check]]:
    """A set with `ln_e` per tick and the tick of the decision. `sizes` is what `min_n` is the least of."""

    def checks(one: Set) -> Iterator[Check]:
        ln_es = list(path(one, rows, bets, sizes))
        for tick, (found, expected) in enumerate(zip(ln_es, one["ln_e"], strict=True), start=1):
            yield Check(f"ln E at tick {tick}", found, number(expected))
        limit = log(1.0 / one["alpha"])
        decided = next((tick for tick, ln_e in enumerate(ln_es, start=1) if ln_e >= limit), None)
        yield Check("decision tick", decided, one["decision_tick"])

    return checks


def path(one: Set, rows: str, bets: Bets, sizes: Callable[[Row], float]) -> Iterator[float]:
    mixture = Mixture(tuple(one["pi"]), starts(one.get("start_weights")), cap(one.get("cap")))
    state, batch = mixture.fresh(), None
    for tick, row in enumerate(one[rows]):
        second = row if isinstance(row, list) else [row]
        batch = second if batch is None else added(batch, second)
        if sizes(batch) >= one.get("min_n", 1):
            state, batch = mixture.step(state, bets(one, batch), phi(one.get("phi"), tick)), None
        else:
            state = mixture.step(state)
        yield mixture.ln_e(state)


def added(batch: Row, row: Row) -> list[float]:
    return [a + b for a, b in zip(batch, row, strict=True)]


def starts(given: Any) -> Starts:
    if given is None:
        return AT_ONCE
    return Starts.spread(given["w0"], given["T"]) if isinstance(given, dict) else Starts(tuple(given))


def cap(given: Any) -> float:
    return inf if given is None else log(given)


def phi(given: Any, tick: int) -> float:
    """One for all ticks, one per tick, or none."""
    if isinstance(given, list):
        return float(given[tick])
    return 1.0 if given is None else float(given)


def four(row: Row) -> tuple[float, float, float, float]:
    return row[0], row[1], row[2], row[3]


def both(row: Row) -> float:
    return float(min(row[2], row[3]))


def anything(row: Row) -> float:
    return inf
