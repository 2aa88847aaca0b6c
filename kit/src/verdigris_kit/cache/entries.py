"""What is read from a store and what is written to it: keys, versions, encoding, and the end of an entry.

Shared by `Cache` and `AsyncCache`, and pure but for the counting: the clock and the dice are handed in. Nothing that
lies in a store can make it raise.
"""

import json
import logging
import math
from dataclasses import dataclass
from typing import Any, Callable, Optional

from verdigris_kit import counts
from verdigris_kit.once import first
from verdigris_kit.versions import Versions

from .entry import Entry, Sealed, seal, unseal

__all__ = ["Change", "Entries", "Put", "dumps", "loads"]

log = logging.getLogger(__name__)


def dumps(value: Any) -> bytes:
    """JSON, and never pickle: what a stranger put into a cache must not become code."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def loads(body: bytes) -> Any:
    """The value of `dumps`. Tuples come back as lists, keys of objects as text."""
    return json.loads(body)


@dataclass(frozen=True)
class Put:
    """One key to be written, for so many seconds."""

    key: str
    raw: bytes
    seconds: float


@dataclass(frozen=True)
class Change:
    """What a store shall do in one round trip."""

    puts: "tuple[Put, ...]" = ()
    drops: "tuple[str, ...]" = ()


@dataclass(frozen=True)
class Entries:
    """The entries of one cache. `beta` above 1 refreshes earlier, 0 never early."""

    versions: Versions
    dumps: Callable[[Any], bytes]
    loads: Callable[[bytes], Any]
    entry_max: int
    beta: float
    clock: Callable[[], float]
    chance: Callable[[], float]

    def key(self, key: str, version: Optional[int] = None) -> str:
        """`v2:user:123`: where the entry of a version lies."""
        return f"v{version or self.versions.current}:{key}"

    def older(self, key: str) -> "list[str]":
        """Where entries lie that can be upgraded, the newest first."""
        return [self.key(key, version) for version in self.versions.readable]

    def opened(self, raw: Optional[bytes], version: int) -> Optional[Entry]:
        """The entry as a value of today. None, and counted, where it is of no use."""
        if raw is None:
            return None
        sealed, fault = self._sealed(raw, version)
        if sealed is None:
            if fault:
                counts.add(fault)
            return None
        return self._decoded(sealed)

    def early(self, entry: Entry) -> bool:
        """Whether this reader is the one who makes the value anew before it ends.

        XFetch of Vattani, Chierichetti and Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", PVLDB 8
        (2015): the nearer the end and the longer it takes, the likelier. So readers do not all come at the end.
        """
        head_start = -math.log(1.0 - self.chance()) * entry.took * self.beta
        return self.clock() + head_start >= entry.ends

    def change(
        self, key: str, value: Any, seconds: float, took: float, *, outdates: bool
    ) -> Optional[Change]:
        """What writing a value means. None where it could not be encoded, which is logged.

        Older versions get theirs by the declared downgrades. `outdates`: the value is a new one, so entries of
        versions that were not written are removed.
        """
        try:
            mine = self._put(key, self.versions.current, value, seconds, took)
        except Exception as error:
            self._unwritable(key, error)
            return self.removal(key) if outdates else None
        puts = self._fitting((mine, *self._doubles(key, value, seconds, took)))
        written = {put.key for put in puts}
        drops = tuple(name for name in self._every(key) if name not in written) if outdates else ()
        return Change(puts, drops)

    def upgraded(self, key: str, entry: Entry) -> Optional[Change]:
        """What keeping an upgraded entry means: until it would have ended anyway, beside the older one."""
        try:
            put = self._put(key, self.versions.current, entry.value, entry.ends - self.clock(), entry.took)
        except Exception as error:
            self._unwritable(key, error)
            return None
        return Change(self._fitting((put,)))

    def removal(self, key: str) -> Change:
        """What invalidating means: every version that is known, without searching the store."""
        return Change(drops=self._every(key))

    def _unwritable(self, key: str, error: Exception) -> None:
        counts.add("cache.unwritable")
        log.warning("cache key %r cannot be kept: %s: %s", key, type(error).__name__, error)

    def _every(self, key: str) -> "tuple[str, ...]":
        return tuple(self.key(key, version) for version in self.versions.known)

    def _put(self, key: str, version: int, value: Any, seconds: float, took: float) -> Put:
        raw = seal(self.dumps(value), version, self.clock() + seconds, took)
        return Put(self.key(key, version), raw, seconds)

    def _doubles(self, key: str, value: Any, seconds: float, took: float) -> "tuple[Put, ...]":
        try:
            older = self.versions.down(value)
            return tuple(self._put(key, version, old, seconds, took) for version, old in older.items())
        except Exception as error:
            counts.add("cache.downgrade_failed")
            log.warning("cache key %r has no older version: %s: %s", key, type(error).__name__, error)
            return ()

    def _fitting(self, puts: "tuple[Put, ...]") -> "tuple[Put, ...]":
        fitting = tuple(put for put in puts if len(put.raw) <= self.entry_max)
        if len(fitting) < len(puts):
            counts.add("cache.oversized", len(puts) - len(fitting))
        return fitting

    def _sealed(self, raw: Any, version: int) -> "tuple[Optional[Sealed], str]":
        if isinstance(raw, str):  # a client that decodes its answers
            raw = raw.encode("utf-8", "surrogatepass")
        if not isinstance(raw, bytes):
            return None, "cache.foreign"
        if len(raw) > self.entry_max:
            return None, "cache.oversized"
        sealed = unseal(raw)
        if sealed is None or sealed.version != version:
            return None, "cache.foreign"
        if not sealed.whole:
            return None, "cache.corrupt"
        return (sealed, "") if sealed.ends > self.clock() else (None, "")

    def _decoded(self, sealed: Sealed) -> Optional[Entry]:
        fault = "cache.corrupt"
        try:
            value = self.loads(sealed.body)
            fault = "cache.upgrade_failed"
            value = self.versions.up(value, sealed.version)
        except Exception as error:
            counts.add(fault)
            if first(fault, sealed.version, type(error)):
                log.warning("an entry of version %d is of no use: %s", sealed.version, type(error).__name__)
            return None
        return Entry(value, sealed.ends, sealed.took)
