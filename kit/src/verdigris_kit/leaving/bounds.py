"""The bounds of the times in which a process leaves."""

import logging
import os
from collections.abc import Mapping
from typing import Optional

from verdigris_kit.contract import GRACE_VARIABLE

__all__ = ["LONGEST", "OF_GRACE", "in_bounds", "within_grace"]

log = logging.getLogger("verdigris_kit.leaving")

LONGEST = 86400.0
"""Seconds: a day."""

OF_GRACE = 0.75
"""The part of the grace in which we are done; the rest is the server's, for requests in flight and its own end."""


def in_bounds(name: str, seconds: object) -> float:
    """Return `seconds` as a number. Raise `ValueError` for what is none between 0 and a day."""
    number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    # What is not a number lies between no two numbers; and a whole one may be too large to be made a float.
    if not number or not 0 <= seconds <= LONGEST:  # type: ignore[operator]
        raise ValueError(f"{name}: has to be a number of seconds from 0 to {LONGEST:g}, is {seconds!r:.40}.")
    return float(seconds)  # type: ignore[arg-type]


def within_grace(environ: Optional[Mapping[str, str]] = None) -> float:
    """Return how many seconds from SIGTERM on are ours before SIGKILL comes: a day where nobody says when it does."""
    said = (os.environ if environ is None else environ).get(GRACE_VARIABLE, "")
    try:
        return OF_GRACE * in_bounds(GRACE_VARIABLE, float(said)) if said else LONGEST
    except ValueError:
        log.warning("%s is no number of seconds: %.40r. SIGKILL may come early.", GRACE_VARIABLE, said)
        return LONGEST
