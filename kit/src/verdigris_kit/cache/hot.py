"""Which keys are asked for most, in a table of fixed size: what a new version should warm before it gets traffic.

Space-Saving of Metwally, Agrawal and El Abbadi, "Efficient Computation of Frequent and Top-k Elements in Data
Streams", ICDT 2005: a key that is new takes the place of the one with the least count, and inherits that count as its
possible error. Whoever was asked for more often than 1/size of all times is in the table.
"""

import heapq
import os
import threading
import weakref
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["AGES_AFTER", "KEY_MAX", "SIZE", "Hot", "Hottest", "hottest"]

SIZE = 256
KEY_MAX = 512
"""Keys longer than this are not remembered: they would make the table unbounded in bytes."""

AGES_AFTER = 1_000_000
"""After so many touches all counts are halved, so that what was hot last week gives way."""


@dataclass(frozen=True)
class Hot:
    """A key without its version, at most so often asked for, of which `error` times may have been another's."""

    key: str
    count: int
    error: int


class Hottest:
    """The table of one cache. Safe between threads; a touch costs well below a microsecond for a key that is in it."""

    def __init__(self, name: str, size: int = SIZE) -> None:
        """Be known to `hottest` under this name for as long as somebody holds the table."""
        if size < 1:
            raise ValueError(f"hot keys: a table of {size} remembers nothing. Give it at least 1.")
        self.name = name
        self._size = size
        self._counts: dict[str, int] = {}
        self._errors: dict[str, int] = {}
        self._heap: list[tuple[int, str]] = []
        self._until_older = AGES_AFTER
        self._lock = threading.Lock()
        _tables.add(self)

    def touch(self, key: str) -> None:
        """Count that a key was asked for."""
        with self._lock:
            self._until_older -= 1
            if key in self._counts:
                self._counts[key] += 1
            elif len(key) <= KEY_MAX:
                self._take_in(key)
            if self._until_older <= 0:
                self._age()

    def top(self, n: int) -> "list[Hot]":
        """The `n` hottest, the hottest first."""
        with self._lock:
            found = heapq.nlargest(n, self._counts.items(), key=lambda item: item[1])
            return [Hot(key, count, self._errors.get(key, 0)) for key, count in found]

    def _take_in(self, key: str) -> None:
        if len(self._counts) < self._size:
            self._counts[key] = 1
            heapq.heappush(self._heap, (1, key))
            return
        least, leaving = self._least()
        del self._counts[leaving]
        self._errors.pop(leaving, None)
        self._counts[key], self._errors[key] = least + 1, least
        heapq.heapreplace(self._heap, (least + 1, key))

    def _least(self) -> "tuple[int, str]":
        # The heap holds every key once, with a count that may have grown since: what comes up old is put right.
        while True:
            noted, key = self._heap[0]
            count = self._counts[key]
            if noted == count:
                return count, key
            heapq.heapreplace(self._heap, (count, key))

    def _age(self) -> None:
        self._until_older = AGES_AFTER
        self._counts = {key: count // 2 for key, count in self._counts.items()}
        self._errors = {key: error // 2 for key, error in self._errors.items()}
        self._heap = [(count, key) for key, count in self._counts.items()]
        heapq.heapify(self._heap)


_tables: "weakref.WeakSet[Hottest]" = weakref.WeakSet()


def _in_child() -> None:
    # The thread that had a lock may have been left behind in the parent.
    for table in list(_tables):
        table._lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)


def hottest(n: int = 100) -> "dict[str, Any]":
    """The hottest keys of every cache of this process, as the control endpoint answers them in JSON.

    `{"version": 1, "caches": {"users": [{"key": "user:123", "count": 17, "error": 0}]}}`
    """
    caches: dict[str, dict[str, Hot]] = {}
    for table in list(_tables):
        known = caches.setdefault(table.name, {})
        for hot in table.top(n):
            had = known.get(hot.key, Hot(hot.key, 0, 0))
            known[hot.key] = Hot(hot.key, had.count + hot.count, had.error + hot.error)
    return {"version": 1, "caches": {name: _listed(known, n) for name, known in sorted(caches.items())}}


def _listed(known: "dict[str, Hot]", n: int) -> "list[dict[str, Any]]":
    return [asdict(hot) for hot in heapq.nlargest(n, known.values(), key=lambda hot: hot.count)]
