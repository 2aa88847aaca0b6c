"""What a trial was told, as lines of JSON: one for each second, and before them what it was told them by.

`verdigris judge` reads them and comes to the same verdict. Nothing is in them that the judge was not given.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from verdigris.core.judging.counts import Arm, Counts, Route
from verdigris.core.judging.settings import Settings
from verdigris.core.judging.state import Baseline

__all__ = ["Heading", "heading_line", "second_line"]


@dataclass(frozen=True, slots=True)
class Heading:
    """What the seconds below it are judged by: the settings, the edges of `slow` in ms, and how the slots are called.

    A trial begins here, with the `baseline` that live had shown before, if any; unless it `goes_on`: then it is the
    one from above, under other settings or another controller.
    """

    settings: Settings
    edges: tuple[float, ...] = ()
    candidate: str = "candidate"
    live: str = "live"
    baseline: Baseline | None = None
    goes_on: bool = False


def heading_line(h: Heading) -> str:
    """One line of JSON; what is not there is left out."""
    row: dict[str, Any] = {
        "settings": asdict(h.settings) | {"weights": dict(h.settings.weights)},
        "edges": [whole(edge) for edge in h.edges],
        "candidate": h.candidate,
        "live": h.live,
    }
    row |= {"goes_on": True} if h.goes_on else {}
    row |= {"baseline": baseline(h.baseline)} if h.baseline is not None else {}
    return dumped(row)


def baseline(base: Baseline) -> dict[str, Any]:
    """The baseline so far. Its latencies have the edges of the heading."""
    row = {**base._asdict(), "dispersion": base.dispersion._asdict()}
    del row["edges"]
    return row


def second_line(counts: Counts) -> str:
    """One line of JSON. `slow` is a list, up to its last request, over the edges of the heading."""
    row: dict[str, Any] = {
        "t": counts.at,
        "live": slot(counts.live),
        "candidate": slot(counts.candidate),
    }
    row |= {"share": counts.share} if counts.share is not None else {}
    row |= {"routes": {one.name: route(one) for one in counts.routes}} if counts.routes else {}
    if counts.control is not None:
        row["control"] = {"live": slot(counts.control.live), "candidate": slot(counts.control.candidate)}
    return dumped(row)


def slot(arm: Arm) -> dict[str, Any]:
    row: dict[str, Any] = {"requests": arm.requests, "errors": arm.errors}
    row |= {"slow": trimmed(arm.slow)} if arm.slow else {}
    row |= {"good": arm.good} if arm.good is not None else {}
    row |= {"bad": arm.bad} if arm.bad is not None else {}
    row |= {"again": arm.again} if arm.again else {}
    return row


def route(one: Route) -> dict[str, Any]:
    return {
        "live": {"requests": one.live, "errors": one.live_errors},
        "candidate": {"requests": one.candidate, "errors": one.candidate_errors},
    }


def trimmed(slow: tuple[int, ...]) -> list[int]:
    end = len(slow)
    while end and not slow[end - 1]:
        end -= 1
    return list(slow[:end])


def whole(edge: float) -> float:
    return int(edge) if edge == int(edge) else edge


def dumped(row: dict[str, Any]) -> str:
    return json.dumps(row, separators=(",", ":"))
