"""What a store's own errors are to a cache: a miss, counted, and a reason to leave a store alone for a moment.

A Redis that is down must not cost every request its timeout, so after an error nobody reads for `REST` seconds.
"""

import logging
from typing import Callable

from verdigris_kit import counts

__all__ = ["REST", "Trouble"]

log = logging.getLogger(__name__)

REST = 1.0
"""Seconds without reading, from the last error on. Invalidation is tried all the same."""

# What a store raises for an entry that it cannot make sense of: wrong text, a pickle of a class that is gone.
_ENTRY_ERRORS = (ValueError, LookupError, TypeError, AttributeError, ImportError, EOFError)


class Trouble:
    """The errors of one store."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` is monotonic, in seconds."""
        self._clock = clock
        self._rests_until = 0.0

    def resting(self) -> bool:
        """Whether the store had an error just now, so that reading it is a miss at once."""
        return self._rests_until > 0 and self._clock() < self._rests_until

    def note(self, error: Exception) -> None:
        """Count an error, and rest if it was the store's and not an entry's."""
        names = {kind.__name__ for kind in type(error).__mro__}
        if "ResponseError" in names:  # the store answered: another type of value lies there, or it is full
            counts.add("cache.refused")
        elif isinstance(error, _ENTRY_ERRORS) or "PickleError" in names:
            counts.add("cache.corrupt")
        else:
            counts.add("cache.backend")
            if not self.resting():
                log.warning("the cache does not answer: %s: %s", type(error).__name__, error)
            self._rests_until = self._clock() + REST
