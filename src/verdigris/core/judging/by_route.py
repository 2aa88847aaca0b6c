"""Errors by route: a regression in 2 % of the requests is found, and named, though the whole hardly moves.

Each route is compared with itself, as the whole is. Which routes those are is fixed before the first comparison, by
how many requests they had and never by how these ended, and so is what is staked on each: evenly. A failing route is
found after about as many failed requests whether it has many a second or few, so that no size deserves a greater stake.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log
from typing import Any, NamedTuple

from verdigris.core.judging.batch import Batch, gather
from verdigris.core.judging.counts import Route
from verdigris.core.judging.dispersion import EMPTY, Bin, Dispersions, add
from verdigris.core.judging.factors import ratio
from verdigris.core.judging.merge import e_bh, mean
from verdigris.core.judging.mixture import Process
from verdigris.core.judging.settings import PLACES, Settings

__all__ = ["OTHER", "Known", "Place", "by_route", "fixed", "known", "step", "worst"]

MOST = 50
"""Routes that are judged by themselves; all others are one."""
KEPT = 100
"""Routes that are counted while it is not yet fixed which are judged."""
NAMED = 3
SUSPECT = log(10.0)
OTHER = "other"

Known = tuple[tuple[str, int], ...]
"""Routes and how many requests of live they had."""


class Place(NamedTuple):
    """One route, or all others: what waits, its evidence with `ln_e` in nats, and what was counted."""

    name: str
    batch: Batch
    process: Process
    ln_e: float = 0.0
    seen: Bin = EMPTY

    @staticmethod
    def of(row: Sequence[Any]) -> Place:
        name, batch, (logs, tick), ln_e, seen = row
        return Place(name, Batch.of(batch), Process(tuple(logs), tick), ln_e, tuple(seen))


# --- which ----------------------------------------------------------------------------------------------------


def known(before: Known, routes: Iterable[Route]) -> Known:
    """The routes with a second more. Where they are too many, who comes takes the place, and the count, of the
    least: so those that have many requests stay (Metwally, Agrawal & El Abbadi 2005)."""
    found = dict(before)
    for route in routes:
        if route.live and route.name != OTHER:
            if route.name not in found and len(found) == KEPT:
                least = min(found, key=found.__getitem__)
                found[route.name] = found.pop(least)
            found[route.name] = found.get(route.name, 0) + route.live
    return tuple(found.items())


def fixed(routes: Known, rule: Dispersions, s: Settings) -> tuple[Place, ...]:
    """Those that are judged, and one for all others; none where there is but one route: that is the whole."""
    if len(routes) < 2:
        return ()
    largest = sorted(routes, key=lambda one: (-one[1], one[0]))[:MOST]
    names = [*sorted(name for name, _ in largest), OTHER]
    fresh = Place("", Batch(rule.fresh()), s.routes.fresh())
    return tuple(fresh._replace(name=name) for name in names)


# --- second by second -----------------------------------------------------------------------------------------


def step(
    places: tuple[Place, ...], routes: Iterable[Route], tick: int, rule: Dispersions, phi: float, s: Settings
) -> tuple[Place, ...]:
    """One second later, the `tick`th that is compared. `phi` is that of all errors so far: no route's is below it."""
    seconds = told(places, routes)
    return tuple([
        place if (second := seconds.get(place.name)) is None else one(place, second, tick, rule, phi, s)
        for place in places
    ])  # fmt: skip


def told(places: Sequence[Place], routes: Iterable[Route]) -> dict[str, Bin]:
    """What each place is told of this second; who has none had no requests."""
    names, found = {place.name for place in places}, dict[str, Bin]()
    for name, eg, eb, ng, nb in routes:
        if ng or nb:
            place = name if name in names else OTHER
            found[place] = add(found[place], (eg, eb, ng, nb)) if place in found else (eg, eb, ng, nb)
    return found


def one(place: Place, second: Bin, tick: int, rule: Dispersions, phi: float, s: Settings) -> Place:
    """A second in which nothing is settled is no work: what begins without a bet is worth its stake then and later."""
    batch, settled = gather(place.batch, second, rule, s.min_batch, phi)
    if settled is None:
        return place._replace(batch=batch)
    bets = ratio(*settled, s.error_ratio, s.error_margin, PLACES)
    process = s.routes.step(s.routes.passed(place.process, tick - 1), bets, batch.phi)
    return Place(place.name, batch, process, s.routes.ln_e(process), add(place.seen, settled))


# --- what it comes to -----------------------------------------------------------------------------------------


def by_route(places: Sequence[Place]) -> float:
    """ln E that the candidate fails more often in some route, in nats; 0 without routes."""
    return mean([place.ln_e for place in places], [1.0 / len(places)] * len(places)) if places else 0.0


def worst(places: Sequence[Place], alpha: float) -> tuple[Place, ...]:
    """Those that are worse, at a false discovery rate of `alpha`: the three with most evidence, that first.

    A whole that is much worse is found before any of its routes is for sure: then the one that most of it came from.
    """
    ranked = sorted(places, key=lambda place: -place.ln_e)
    surely = len(e_bh([place.ln_e for place in places], alpha))
    return tuple(ranked[: min(surely, NAMED)]) or tuple(
        [one for one in ranked[:1] if most_of_it(one, places)]
    )


def most_of_it(place: Place, places: Sequence[Place]) -> bool:
    """Whether at least half of what failed more than in live failed there, and that was hardly chance."""
    return place.ln_e >= SUSPECT and excess(place) >= sum(map(excess, places)) / 2.0


def excess(place: Place) -> float:
    eg, eb, ng, nb = place.seen
    return eg - ng * eb / nb if nb else 0.0
