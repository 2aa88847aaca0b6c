"""What a slot's role is owed: to be let in again, and to have its sessions ended.

Written down before the deed and struck out after it, and of the app, not of a release: whoever comes next makes good
what a job that was killed has left undone, and nobody has to remember which job it was.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

__all__ = ["Debt", "debt_of"]


@dataclass(frozen=True, slots=True)
class Debt:
    """Nothing, where all is as it is said here."""

    shut_out: bool = False
    """Whether it may be kept from logging in."""
    stale: bool = False
    """Whether sessions of it may have prepared what has other columns now."""
    since: str = ""
    """When the step that has changed them was over, by production's clock; "" while it may be at work."""


def debt_of(read: Any) -> Debt:
    """What was written down, or a ValueError or TypeError where that was no debt."""
    if not isinstance(read, dict) or set(read) != {field.name for field in fields(Debt)}:
        raise ValueError("it does not say what is owed")
    if not all(isinstance(read[flag], bool) for flag in ("shut_out", "stale")):
        raise TypeError("shut_out and stale are true or false")
    if read["since"]:
        datetime.fromisoformat(read["since"])
    return Debt(**read)
