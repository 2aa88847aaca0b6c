"""The line above the counts of a report: by what they were judged. As strict as the lines below it."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from verdigris.cli.strictly import boolean, known, listed, named, number, numbers, whole, wholes
from verdigris.core.judging.dispersion import Bin, Dispersion
from verdigris.core.judging.lines import Heading
from verdigris.core.judging.settings import Metric, Settings
from verdigris.core.judging.state import Baseline

__all__ = ["heading_of"]

KEYS = {"settings", "edges", "candidate", "live", "baseline", "goes_on"}
EDGES_MOST = 256
SECONDS_MOST = 1000
ROUTES_MOST = 1000


def heading_of(row: dict[str, Any]) -> Heading:
    """`ValueError` with a sentence for what is none."""
    known(row, KEYS, "the heading")
    edges = numbers(row.get("edges", []), "edges", EDGES_MOST)
    return Heading(
        settings_of(row["settings"]),
        edges,
        named(row.get("candidate", "candidate"), "candidate"),
        named(row.get("live", "live"), "live"),
        baseline(row["baseline"], edges) if "baseline" in row else None,
        boolean(row.get("goes_on", False), "goes_on"),
    )


def settings_of(row: Any) -> Settings:
    """The settings of a trial: those that are not said are the defaults of `verdigris judge`."""
    known(row, set(DEFAULTS), "settings")
    return Settings(**{key: setting(key, value) for key, value in row.items()})


def setting(key: str, value: Any) -> Any:
    """Of the kind that its default has."""
    default, said = DEFAULTS[key], f"settings.{key}"
    if key == "weights":
        known(value, {str(metric) for metric in Metric}, said)
        return tuple((Metric(one), number(weight, f"{said}.{one}")) for one, weight in value.items())
    if isinstance(default, bool):
        return boolean(value, said)
    if isinstance(default, int):
        return whole({said: value}, said, said)
    return None if value is None and default is None else number(value, said)


DEFAULTS = {field.name: field.default for field in fields(Settings)}


def baseline(row: Any, edges: tuple[float, ...]) -> Baseline:
    """What live had shown before, as sums."""
    known(row, set(Baseline._fields) - {"edges"}, "baseline")
    slow = wholes(row.get("slow", []), "baseline.slow", len(edges))
    if len(slow) not in (0, len(edges)):
        raise ValueError(f"baseline.slow needs {len(edges)} counts, got {len(slow)}")
    requests, errors, timed, lasted = (
        whole(row, key, f"baseline.{key}", 0) for key in ("requests", "errors", "timed", "seconds")
    )
    base = Baseline(
        dispersion(row.get("dispersion")), requests, errors, edges if slow else (), slow, timed, lasted
    )
    routes = pairs(row.get("routes", []))
    return base._replace(routes=routes, outcomes=boolean(row.get("outcomes", False), "baseline.outcomes"))


def dispersion(row: Any) -> Dispersion:
    known(row, set(Dispersion._fields), "baseline.dispersion")
    phi = number(row.get("phi"), "baseline.dispersion.phi")
    squares, variance = (
        numbers(row.get(key), f"baseline.dispersion.{key}", 3) for key in ("squares", "variance")
    )
    if phi < 1.0 or len(squares) != 3 or len(variance) != 3:
        raise ValueError("baseline.dispersion has a phi of 1 or more, and a number for each of three scales")
    rows = listed(row.get("seconds", []), "baseline.dispersion.seconds", SECONDS_MOST)
    return Dispersion(phi, squares, variance, tuple(map(a_bin, rows)))


def a_bin(row: Any) -> Bin:
    found = numbers(row, "baseline.dispersion.seconds", 4)
    if len(found) != 4:
        raise ValueError(f"baseline.dispersion.seconds has four counts each, got {len(found)}")
    a, b, c, d = found
    return a, b, c, d


def pairs(rows: Any) -> tuple[tuple[str, int], ...]:
    found: list[tuple[str, int]] = []
    for row in listed(rows, "baseline.routes", ROUTES_MOST):
        if not isinstance(row, list) or len(row) != 2:
            raise ValueError("baseline.routes are pairs of a name and a count")
        found.append((named(row[0], "baseline.routes"), whole({"n": row[1]}, "n", "baseline.routes")))
    return tuple(found)
