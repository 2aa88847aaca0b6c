"""The sums that a source shows of one slot, and what came from one reading to the next.

Sums only grow; one that became smaller began anew with its process, and what it had missed nobody knows. So a
reading in which any went back says nothing of the slot, and the next one is held against it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from verdigris.core.errors import ObservationError
from verdigris.core.outcomes import Came

__all__ = ["MOST", "SERIES_MOST", "Account", "Sums", "json_of", "sums_of"]

MOST = 1 << 53
"""No sum of ours comes to it; beyond it a reader of JSON can no longer tell two numbers apart."""
SERIES_MOST = 1000
"""Series of one query that are followed: one for each instance, and those of instances that have gone."""
WHOLE = ""


@dataclass(frozen=True, slots=True)
class Sums:
    """Cumulative counts by series; what counts for a whole slot has one series, named ""."""

    good: Mapping[str, int]
    bad: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Account:
    """The last value of every series that was seen, also of those that are missing for a moment."""

    good: Mapping[str, int] = field(default_factory=dict)
    bad: Mapping[str, int] = field(default_factory=dict)

    def after(self, now: Sums) -> tuple[Account, Came | None]:
        """The account with this reading in it, and what came since the one before; None where nobody can say.

        A series that is new begins with this reading: nobody knows since when it counts.
        """
        went_back = fell(self.good, now.good) or fell(self.bad, now.bad)
        first = not (self.good or self.bad)
        account = Account(kept(self.good, now.good), kept(self.bad, now.bad))
        if first or went_back:
            return account, None
        return account, Came(grown(self.good, now.good), grown(self.bad, now.bad))


def fell(before: Mapping[str, int], now: Mapping[str, int]) -> bool:
    return any(value < before.get(series, 0) for series, value in now.items())


def grown(before: Mapping[str, int], now: Mapping[str, int]) -> int:
    return sum(value - before[series] for series, value in now.items() if series in before)


def kept(before: Mapping[str, int], now: Mapping[str, int]) -> dict[str, int]:
    """Everything that is there, and of what is not there the newest, as many as are followed."""
    gone = [(series, value) for series, value in before.items() if series not in now]
    room = max(SERIES_MOST - len(now), 0)
    return dict([*gone[len(gone) - min(room, len(gone)) :], *now.items()])


# --- as JSON --------------------------------------------------------------------------------------------------


def json_of(text: bytes) -> Any:
    """A JSON document without doubt in it: no NaN, no key twice. `ObservationError` says what is wrong with it."""
    try:
        return json.loads(text.decode(), parse_constant=no_number, object_pairs_hook=once)
    except RecursionError:
        raise ObservationError("it is nested too deeply") from None
    except ValueError as error:  # not UTF-8 and not JSON are both
        said = str(error) if str(error).startswith("it ") else "it is no JSON"
        raise ObservationError(said) from None


def no_number(text: str) -> None:
    raise ValueError(f"it has {text}, which is no count")


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("it has a key twice")
    return found


def sums_of(document: object) -> Sums:
    """Of `{"good": n, "bad": n}`; other keys are nobody's business. `ObservationError` names what is missing."""
    if not isinstance(document, dict):
        raise ObservationError('it has to be an object like {"good": 90, "bad": 1}')
    return Sums({WHOLE: count(document, "good")}, {WHOLE: count(document, "bad")})


def count(document: dict[str, Any], name: str) -> int:
    found = document.get(name)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found < MOST:
        wrong = "is missing" if name not in document else "is no whole number from 0 on"
        raise ObservationError(f'"{name}" {wrong}: it counts since the process began')
    return found
