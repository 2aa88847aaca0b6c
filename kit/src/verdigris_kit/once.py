"""What is said once in a process and not with every request: the counters say how often it was so."""

__all__ = ["TOLD_MAX", "first"]

TOLD_MAX = 1000
"""So many different things are told. A log that grows with what strangers send helps nobody."""

_told: "set[tuple[object, ...]]" = set()


def first(*what: object) -> bool:
    """Whether this is to be said: it was not before, and there is room to remember that it was."""
    if what in _told or len(_told) >= TOLD_MAX:
        return False
    _told.add(what)
    return True
