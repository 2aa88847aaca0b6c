"""What the proof needs of a database that is no PostgreSQL: a scratch copy of it in which statements are tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from verdigris.schema.statement import Parameter

__all__ = ["Dialect", "Fault", "Place"]

STOPPED = {"SQLITE_INTERRUPT", "SQLITE_NOMEM", "1969", "3024"}


@dataclass(frozen=True, slots=True)
class Fault:
    """The database's name for the error, and its words."""

    code: str
    message: str

    @property
    def stopped(self) -> bool:
        """Whether it was stopped for taking too long, which says nothing about the schema."""
        return self.code in STOPPED


class Place(Protocol):
    """A scratch database with one schema. What is tried in it is undone."""

    def apply(self, sql: str) -> Fault | None:
        """One statement of a schema or a migration; it stays."""
        ...

    def form(self, sql: str) -> str:
        """A statement as this database takes it."""
        ...

    def parsed(self, sql: str) -> Fault | None:
        """Whether every name in it is known and every number of values right."""
        ...

    def executed(self, sql: str, run: Sequence[Parameter]) -> Fault | None:
        """What comes of it. It stays until the surrounding `undone` ends."""
        ...

    def undone(self) -> AbstractContextManager[None]:
        """Whatever is done within is undone at its end."""
        ...

    def columns(self, sql: str) -> tuple[str, ...] | None:
        """The names of its result's columns; None where that cannot be known without its parameters."""
        ...

    def required(self, table: str) -> frozenset[str]:
        """Columns, in lower case, that every INSERT has to give a value."""
        ...

    def keys(self, sent: Sequence[str], replayed: bool) -> None:
        """Whether foreign keys are kept from here on: for what is replayed, as that application has them."""
        ...

    def close(self) -> None:
        """It is gone then."""
        ...


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a scratch database is made, and a text of several statements taken apart."""

    scratch: Callable[[], Place]
    split: Callable[[str], tuple[str, ...]]
