"""How a value of one version becomes one of another: the steps that an application declares, one version at a time.

Shared by the cache and the sessions. Two versions serve the same users during a switch and after a way back, so
what one has written the other will meet. Pure: it calls the declared functions and nothing else.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Callable

__all__ = ["VERSIONS_MAX", "Step", "Versions"]

Step = Callable[[Any], Any]
"""Makes of a value of one version that of the next or the one before. It may change what it was given."""

VERSIONS_MAX = 8
"""How many versions can be known at a time: each is one more key to remove at every change."""


@dataclass(frozen=True)
class Versions:
    """The version that is written here, and what is known of those around it.

    `upgrades[1]` makes a value of version 2 from one of version 1; together they are a chain that ends at `current`.
    `downgrades[2]` makes a value of version 1 from one of version 2; the chain begins at `current`. `ahead` is how
    many later versions may serve beside this one: it cannot read what they wrote, and must remove what it outdates.
    """

    current: int = 1
    upgrades: Mapping[int, Step] = field(default_factory=dict)
    downgrades: Mapping[int, Step] = field(default_factory=dict)
    ahead: int = 1

    def __post_init__(self) -> None:
        """Raise `ValueError` where a step is missing, or where more is known than can be removed at once."""
        if self.current < 1 or self.ahead < 0:
            raise ValueError(
                f"version {self.current}, ahead {self.ahead}: versions count from 1, ahead from 0."
            )
        upward = range(self.current - len(self.upgrades), self.current)
        _chain("upgrades", self.upgrades, upward, self.current)
        downward = range(self.current - len(self.downgrades) + 1, self.current + 1)
        _chain("downgrades", self.downgrades, downward, self.current)
        if len(self.known) > VERSIONS_MAX:
            raise ValueError(
                f"versions {self.known[0]} to {self.known[-1]} are {len(self.known)}, at most {VERSIONS_MAX}"
                " can be known. Drop the upgrade of the oldest."
            )

    @property
    def readable(self) -> tuple[int, ...]:
        """Older versions that can be upgraded, the newest first."""
        return tuple(sorted(self.upgrades, reverse=True))

    @property
    def known(self) -> tuple[int, ...]:
        """Every version that may have written something that matters. The one before counts, upgrade or not."""
        oldest = min([*self.upgrades, *(n - 1 for n in self.downgrades), self.current - 1])
        return tuple(range(max(1, oldest), self.current + self.ahead + 1))

    @property
    def others(self) -> tuple[int, ...]:
        """`known` without our own."""
        return tuple(n for n in self.known if n != self.current)

    def up(self, value: Any, version: int) -> Any:
        """What a value of an older version is today. Raises what the steps raise."""
        for step in range(version, self.current):
            value = self.upgrades[step](value)
        return value

    def down(self, value: Any) -> dict[int, Any]:
        """What a value of today is in each older version that a downgrade leads to. `value` stays as it is."""
        older = {}
        for step in sorted(self.downgrades, reverse=True):
            value = self.downgrades[step](copy.deepcopy(value))
            older[step - 1] = value
        return older


def _chain(name: str, steps: Mapping[int, Step], wanted: range, current: int) -> None:
    missing = sorted(set(wanted) - set(steps))
    if missing or (wanted and wanted[0] < (1 if name == "upgrades" else 2)):
        toward = "lead to" if name == "upgrades" else "begin at"
        raise ValueError(
            f"{name} of {sorted(steps)}: they have to {toward} version {current} without a gap"
            f"{f', {missing[0]} is missing' if missing else ', and versions count from 1'}."
        )
