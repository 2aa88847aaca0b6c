"""Bets on one second: the natural logarithm of a factor whose expectation is at most 1 while the null holds.

Each function takes the counts of one second (or of a batch) and a grid of alternatives, and gives one logarithm per
alternative, in nats. A product of such factors over seconds that were each bet on before they were seen is a test
that may be looked at after every one of them: Ville's inequality, P(it ever reaches 1/alpha) <= alpha.
`g` is the slot that is judged, `b` the one it is compared with; `n` are requests, `e` and `k` the bad ones of them.
`NOTHING` is the logarithm of 0: that alternative has lost everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import log

__all__ = ["NOTHING", "drop", "exceedance", "guard", "ratio", "safe"]

NOTHING = -1e300
"""ln 0, as a number that any JSON can carry; a sum of any count of them that can be met stays finite."""


def ratio(
    eg: float, eb: float, ng: float, nb: float, r0: float, delta: float, effects: Iterable[float]
) -> list[float]:
    """Against p_g <= r0*p_b + delta, for each inflation R > 1 of `effects`. Rates are per request, in [0, 1].

    p_b may be another in every second, and so may the split. Without requests on both sides there is no control
    and no evidence: 0. After Turner & Grünwald 2023 (stratified counts), with a margin of ratio and difference.
    """
    if ng <= 0 or nb <= 0:
        return [0.0 for _ in effects]
    w = ng * r0 / nb
    bad, allowed, paid = eg + eb, ng * delta, log(1.0 + w)
    # The bet is r on a bad event of g and 1 on one of b; (1+w)/(1+wr) on either pays for it.
    return [
        eg * log(r) + bad * (paid - log(scale := 1.0 + w * r)) - allowed * (r - 1.0) / scale for r in effects
    ]


def exceedance(kg: float, kb: float, ng: float, nb: float, pb: float, odds: Iterable[float]) -> list[float]:
    """Against "g is bad no more often than b" where bad is not rare, for each odds ratio of `odds`.

    `pb`, in (0, 1), is the working rate of b: it may be any guess that was made before the second, the factor stays
    valid and only its strength suffers. The 2x2 e-variable of Turner, Ly & Grünwald 2024.
    """
    n, bad = ng + nb, kg + kb
    if ng <= 0 or nb <= 0:
        return [0.0 for _ in odds]
    fine, rest = 1.0 - pb, n - bad
    working = bad * log(pb) + rest * log(fine)
    # p_0, which both would fail with, is the mean of the working rate of b and what the odds make of it for g.
    return [
        working
        + kg * log(psi)
        - ng * log(scale := fine + psi * pb)
        - bad * log((ng * psi / scale + nb) * pb / n)
        - rest * log((ng / scale + nb) * fine / n)
        for psi in odds
    ]


def guard(k: float, n: float, x: float, effects: Sequence[float]) -> list[float]:
    """Against p <= x in this second, for each multiple of x in `effects`; x in (0, 0.999). No control is needed."""
    good = n - k
    return [k * win + good * lose for win, lose in stakes(x, tuple(effects))]


@lru_cache(maxsize=64)
def stakes(x: float, effects: tuple[float, ...]) -> tuple[tuple[float, float], ...]:
    """What a bad and a good request add, for each multiple: x is the same as long as live is."""
    assumed = [min(0.999, r * x) for r in effects]
    return tuple((log(p / x), log((1.0 - p) / (1.0 - x))) for p in assumed)


def safe(
    eg: float, eb: float, ng: float, nb: float, r1: float, d1: float, shares: Iterable[float]
) -> list[float]:
    """Against p_g >= r1*p_b + d1, the null reversed: what it gathers is proof of no harm.

    For each q of `shares`, in [0, 1): g is assumed to fail q times as often as the null would have it.
    """
    if ng <= 0 or nb <= 0:
        return [0.0 for _ in shares]
    found = []
    for q in shares:
        saved = ng * (1.0 - q)
        lost = 0.0 if not eg else eg * log(q) if q else NOTHING
        found.append(eb * log(1.0 + saved * r1 / nb) + lost + saved * d1)
    return found


def drop(n: float, seconds: float, rate: float, shares: Iterable[float]) -> list[float]:
    """Against "at least `rate` requests arrive a second", for each share a, in [0, 1), of it that is assumed."""
    expected = rate * seconds
    return [(n * log(a) if a else NOTHING if n else 0.0) + expected * (1.0 - a) for a in shares]
