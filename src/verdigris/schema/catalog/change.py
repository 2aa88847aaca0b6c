"""One thing that a migration changes, in words, and what that makes the migration."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from verdigris.schema.script import Kind

__all__ = ["Change", "kind_of"]


@dataclass(frozen=True, slots=True)
class Change:
    """`relation` and `column` are what observed statements would call it, "" where it is not of a table or column.

    `weak` changes go with a step of any kind: they loosen, or change meaning and no shape. `note` is what a person has
    to think of because no proof can. `advice` is how to do without a change that is both by itself.
    `demands` is whether some values that were accepted are so no longer, `fresh` whether its subject is new.
    """

    subject: str
    words: str
    kind: Kind
    relation: str = ""
    column: str = ""
    weak: bool = False
    note: str = ""
    advice: str = ""
    demands: bool = False
    fresh: bool = False

    def __str__(self) -> str:
        return f"{self.subject}: {self.words}"


def kind_of(changes: Iterable[Change]) -> Kind:
    """What a migration is that makes these changes; one without any expands.

    Rows that are changed beside something else do not decide: they may be written in either step.
    """
    every = tuple(changes)
    strong = {change.kind for change in every if not change.weak}
    if Kind.BOTH in strong or {Kind.EXPAND, Kind.CONTRACT} <= strong:
        return Kind.BOTH
    for kind in (Kind.CONTRACT, Kind.EXPAND, Kind.BACKFILL):
        if kind in strong:
            return kind
    return kind_of(weakless(every)) if every else Kind.EXPAND


def weakless(changes: tuple[Change, ...]) -> list[Change]:
    """The same as if each counted: for a migration that only makes weak ones."""
    return [Change(one.subject, one.words, one.kind) for one in changes]
