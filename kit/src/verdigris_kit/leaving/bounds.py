"""The bounds of the times in which a process leaves."""

__all__ = ["LONGEST", "in_bounds"]

LONGEST = 86400.0
"""Seconds: a day."""


def in_bounds(name: str, seconds: object) -> float:
    """Return `seconds` as a number. Raise `ValueError` for what is none between 0 and a day."""
    number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    # What is not a number lies between no two numbers; and a whole one may be too large to be made a float.
    if not number or not 0 <= seconds <= LONGEST:  # type: ignore[operator]
        raise ValueError(f"{name}: has to be a number of seconds from 0 to {LONGEST:g}, is {seconds!r:.40}.")
    return float(seconds)  # type: ignore[arg-type]
