"""Whether live fails more often at this time than it did: a limit taken from an earlier time says nothing then.

A database that both share and that gets slower breaks such a limit for both. All that live has shown is known before
the candidate's errors are bet on, so the test stays valid: who is silent about a second rolls back less, never more.
"""

from __future__ import annotations

from math import exp, sqrt

__all__ = ["NEVER", "Lately", "fails_more", "later"]

Lately = tuple[tuple[float, float], ...]
"""Errors and requests of live for each span, what is long ago counting less: to 1/e in so many seconds."""

SPANS = (5.0, 60.0)
"""Seconds: a step is seen soon, and a slow drift also where few requests are left on live."""
KEPT = tuple(exp(-1.0 / span) for span in SPANS)
SURELY = 2.0
"""Standard deviations: one error among few requests is no sign of anything, and would silence the limit."""
NEVER: Lately = ((0.0, 0.0),) * len(SPANS)


def later(lately: Lately, errors: int, requests: int) -> Lately:
    """With a second more."""
    return tuple([
        (e * kept + errors, n * kept + requests) for (e, n), kept in zip(lately, KEPT, strict=True)
    ])  # fmt: skip


def fails_more(lately: Lately, rate: float, phi: float) -> bool:
    """Whether live fails more often than `rate`, in [0, 1], with errors as clumped as `phi` says.

    The square root of a Poisson number has a standard deviation of about 1/2, whatever its mean (Bartlett 1936).
    """
    most = SURELY / 2.0 * sqrt(phi)
    return any(sqrt(e) - sqrt(rate * n) > most for e, n in lately)
