"""How often live fails at this time: what a limit that was taken from an earlier time is to be bent by.

A database that both share and that gets slower breaks the limit for both. Every number here is known before the second
that it is used for, so the test stays valid; and it only ever raises a limit, so that it rolls back less, never more.
"""

from __future__ import annotations

from math import exp, sqrt

__all__ = ["NEVER", "Lately", "at_least", "later"]

Lately = tuple[tuple[float, float], ...]
"""Errors and requests of live for each span, what is long ago counting less: to 1/e in so many seconds."""

SPANS = (5.0, 60.0)
"""Seconds: a step is seen soon, and a slow drift also where few requests are left on live."""
KEPT = tuple(exp(-1.0 / span) for span in SPANS)
SURELY = 2.0
"""Standard deviations: one error among few requests is no sign of anything, and would blunt the limit."""
NEVER: Lately = ((0.0, 0.0),) * len(SPANS)


def later(lately: Lately, errors: int, requests: int) -> Lately:
    """With a second more."""
    return tuple([
        (e * kept + errors, n * kept + requests) for (e, n), kept in zip(lately, KEPT, strict=True)
    ])  # fmt: skip


def at_least(lately: Lately) -> float:
    """The rate, in [0, 1], that live surely fails with; 0 where that cannot be said.

    The square root of a Poisson number has a standard deviation of about 1/2, whatever its mean (Bartlett 1936).
    """
    return max([max(sqrt(e) - SURELY / 2.0, 0.0) ** 2 / n if n else 0.0 for e, n in lately])
