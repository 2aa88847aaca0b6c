"""The keys that sign sessions: several at a time, so that neither a rotation nor a switch logs anybody out.

A key is known to every slot before its time comes, signs from `since` on until a newer one does, and is accepted
until `until`. Nothing here signs or verifies: that is PyJWT's.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Callable, Optional

__all__ = ["SIZES", "Key", "KeySet"]

SIZES = {"HS256": 32, "HS384": 48, "HS512": 64}
"""The algorithms, and the bytes that a secret needs for each."""


FAR = 1e11
"""Seconds since 1970, in the year 5138. What is later was meant in milliseconds."""


@dataclass(frozen=True)
class Key:
    """One secret with its name. `since` and `until` are seconds since 1970; without `until` it does not end."""

    kid: str
    secret: str = field(repr=False)
    since: float = 0.0
    until: Optional[float] = None


class KeySet:
    """Which key signs now, and which are accepted. The algorithm is fixed: a token's own word for it is not asked."""

    def __init__(
        self,
        keys: Iterable[Key],
        *,
        algorithm: str = "HS256",
        skew: float = 60.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`skew`: seconds that the clocks of two machines may differ. Raise `ValueError` for keys that cannot work."""
        listed = tuple(keys)
        self._keys = {key.kid: key for key in listed}
        self._skew = skew
        self._clock = clock
        self.algorithm = algorithm
        if algorithm not in SIZES:
            raise ValueError(f"keys: algorithm is {algorithm!r}: give one of {', '.join(SIZES)}.")
        if len(self._keys) < len(listed):
            raise ValueError("keys: two of them have one kid. A new secret needs a new name.")
        for key in listed:
            _check(key, SIZES[algorithm])
        self.signing()

    @classmethod
    def parse(cls, text: str, **more: Any) -> "KeySet":
        """Read `[{"kid": "2026-11", "secret": "…", "since": 1794000000, "until": 1799000000}]`.

        Raise `ValueError` for anything else, without repeating it.
        """
        try:
            keys = [Key(**row) for row in json.loads(text)]
        except (ValueError, TypeError, RecursionError):
            raise ValueError("keys: not a JSON list of objects with kid, secret, since and until.") from None
        return cls(keys, **more)

    def signing(self) -> Key:
        """The newest whose time has come. Raise `ValueError` when there is none."""
        now = self._clock()
        able = [key for key in self._keys.values() if key.since <= now and not _ended(key, now)]
        if not able:
            raise ValueError(
                "keys: none may sign now. Add one whose `since` is over and whose `until` is not."
            )
        return max(able, key=lambda key: key.since)

    def accepted(self, kid: Any) -> "tuple[Optional[Key], str]":
        """The key of a token; or None and why not: `unknown_key`, `future_key` or `ended_key`."""
        key, now = self._keys.get(kid) if isinstance(kid, str) else None, self._clock()
        if key is None:
            return None, "unknown_key"
        if key.since > now + self._skew:
            return None, "future_key"
        return (None, "ended_key") if _ended(key, now) else (key, "")


def _ended(key: Key, now: float) -> bool:
    return key.until is not None and key.until <= now


def _check(key: Key, size: int) -> None:
    name, secret, times = _of_any_type(key)
    if not (isinstance(name, str) and name and isinstance(secret, str)):
        raise ValueError("keys: kid and secret are texts, and kid is not empty.")
    if len(secret.encode()) < size:
        raise ValueError(
            f"keys: the secret of {name!r} has less than {size} bytes. Take secrets.token_hex({size})."
        )
    if not all(_is_time(when) for when in times):
        raise ValueError(f"keys: since and until of {name!r} are seconds since 1970, not milliseconds.")
    if key.until is not None and key.until <= key.since:
        raise ValueError(f"keys: {name!r} ends before it begins. Mend `until`.")


def _is_time(when: Any) -> bool:
    # What is not a number, as JSON in Python has one, would never be over; it lies between no two numbers.
    return isinstance(when, (int, float)) and not isinstance(when, bool) and 0 <= when <= FAR


def _of_any_type(key: Key) -> "tuple[Any, Any, tuple[Any, Any]]":
    """What came from a file is what it is, whatever the class says."""
    return key.kid, key.secret, (key.since, key.since if key.until is None else key.until)
