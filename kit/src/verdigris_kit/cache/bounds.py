"""The bounds of a cache, each with its name and unit."""

import math

__all__ = ["ACROSS_STEP", "ACROSS_WITHIN", "ENTRY_MAX", "FLIGHT_WITHIN", "TTL", "TTL_MAX", "positive"]

TTL = 300.0
"""Seconds that an entry lives, where nothing else is said."""

TTL_MAX = 10 * 366 * 86400.0
"""Seconds, ten years. What is to be kept for ever does not belong into a cache."""

ENTRY_MAX = 1 << 20
"""Bytes of one entry. A larger one is neither written nor decoded."""

FLIGHT_WITHIN = 10.0
"""Seconds that somebody waits for what another one makes, before making it as well."""

ACROSS_WITHIN = 2.0
"""Seconds that a process waits for another one's lock, before making the value as well."""

ACROSS_STEP = 0.02
"""Seconds between two looks meanwhile, more or less."""


def positive(name: str, seconds: float, most: float = math.inf) -> float:
    """The same; raise `ValueError` for what is no span of time, or one that is longer than `most`."""
    if not 0 < seconds <= most:
        limit = "" if most == math.inf else f", at most {most:.0f}"
        raise ValueError(
            f"cache: {name} is {seconds!r:.40}: give seconds above 0{limit}, or do not cache it."
        )
    return float(seconds)
