"""How a statement is put to a server: its text as it can be prepared, and the declared types of its parameters.

A signature is found once, on the schema that the statement is known to work on, and holds for every other schema:
otherwise a type could be guessed that the application never sends, and a break would be guessed away with it.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Column", "Fault", "Signature"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a result: its name, and its type as PostgreSQL writes it, `character varying(20)`."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What a server says against a statement. `position` counts characters from 1; 0 where it names none."""

    sqlstate: str
    message: str
    position: int = 0


@dataclass(frozen=True, slots=True)
class Signature:
    """`sql` is what is prepared: the statement's own text, or its repair, or what stands in for it.

    `types` are the names of the declared types, "" where the server infers; those behind the last are inferred too.
    `parameters` and `columns` are what the server said of it where it was found. `plans` is whether it can be
    planned. `reason` says why it cannot be tried at all, and `fault` what it failed with there; a statement with
    neither works there. `idle` statements name nothing of a schema: `BEGIN`, `SET`.
    """

    sql: str
    types: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    plans: bool = True
    idle: bool = False
    reason: str = ""
    fault: Fault | None = None
    unplanned: bool = False
    """Whether the fault came of planning: it was parsed."""

    @property
    def tried(self) -> bool:
        """Whether it can be put to another schema: it worked where it was found, and names something."""
        return not self.idle and not self.reason and self.fault is None
