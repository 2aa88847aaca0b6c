"""What every migration tool can do for us: say what is not applied yet, and apply one step of it.

A tool is run as its project runs it, by the project's own interpreter: nothing of the user's code is imported here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from verdigris.schema.running.twins import Twins
from verdigris.schema.script import Kind

__all__ = ["PATIENCE", "Patience", "Step", "Tool"]


@dataclass(frozen=True, slots=True)
class Step:
    """`name` as the tool takes it: a revision, `app.0002_name`, a file. `title` is for people.

    `alone` is whether parts of it run outside a transaction: then it cannot be tried again as a whole.
    `advice` are sentences on how the same could be had with less risk. `twins` are columns that are kept alike once it
    is applied; where the tool has it `applied` and was killed before that, they are all that is owed of it.
    `only_drops` is whether it is seen in its text that it takes away and does nothing else.
    """

    name: str
    declared: Kind | None = None
    title: str = ""
    alone: bool = False
    advice: tuple[str, ...] = ()
    twins: tuple[Twins, ...] = ()
    applied: bool = False
    only_drops: bool = False

    def __str__(self) -> str:
        return self.title or self.name


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: how long a statement waits for a lock before the step is taken back, how long that is tried again,
    and how long one try may take. 0 for `lock_timeout` leaves what the server has.
    """

    lock_timeout: float = 0.1
    retry_for: float = 600.0
    within: float = 3600.0


PATIENCE = Patience()
"""What a migration is given unless somebody knows better."""


class Tool(Protocol):
    """`url` is where: `postgresql://…`. It goes to the tool in its environment and is in no argument and no message."""

    def pending(self, url: str) -> tuple[Step, ...]:
        """What is not applied there, in the order in which it has to be.

        ConfigError if the project cannot say, ActionError if the database cannot be asked, Refused if the tool does
        not connect to the database that it is given.
        """
        ...

    def run(self, url: str, step: Step, patience: Patience = PATIENCE) -> None:
        """Apply that one. ActionError with the tool's own words if it failed; then it may be asked again."""
        ...
