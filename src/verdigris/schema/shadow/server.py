"""A server for shadows: databases are made on it, copied, and dropped again. Whatever it is, it is never production."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from verdigris.core.errors import ActionError
from verdigris.schema.shadow.database import Database, client, first_line
from verdigris.schema.shadow.production import Production

__all__ = ["PREFIX", "Server"]

PREFIX = "verdigris_shadow_"
NOT_ALONE = "55006"
"""The SQLSTATE of a template that somebody is connected to."""


@dataclass
class Server:
    """`where` is the server as libpq's keywords. `notes` say in what it is unlike production, as sentences.

    `like` is the production that databases made here are to resemble. `own` is whether nobody else uses the server.
    `prefix` begins the name of every database that is made; no other one is ever dropped.
    """

    where: tuple[tuple[str, str], ...] = field(repr=False)
    version: int
    """As `server_version_num`: 150018 is 15.18."""
    notes: tuple[str, ...] = ()
    maintenance: str = "postgres"
    like: Production | None = None
    own: bool = True
    prefix: str = PREFIX

    def __post_init__(self) -> None:
        self._numbers = count(1)
        self._made: list[str] = []

    @property
    def major(self) -> int:
        return self.version // 10_000

    def create(self, template: Database | None = None) -> Database:
        """A database of its own: empty and as production's is made, or a copy of one that nobody is connected to.

        An ActionError when it cannot be made: somebody is connected to the template, or there is no room.
        """
        name = f"{self.prefix}{next(self._numbers)}"
        with self._house().connected() as connection:
            try:
                self._create(connection, name, template)
            except client().Error as error:
                raise ActionError(_why_not(error, template)) from error
            self._made.append(name)
            self._resemble(connection, name)
        return replace(template, name=name) if template else Database(self.where, name, own=self.own)

    def drop(self, database: Database) -> None:
        """Whoever is still connected to it is cut off. Only what was made here is dropped."""
        if database.name not in self._made:
            return
        sql = client().sql
        with self._house().connected() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database.name))
            )
        self._made.remove(database.name)

    @contextmanager
    def copy(self, of: Database) -> Iterator[Database]:
        """A copy that is gone at the end."""
        made = self.create(of)
        try:
            yield made
        finally:
            self.drop(made)

    def clear(self) -> None:
        """Drop all that was made here."""
        for name in list(self._made):
            self.drop(Database(self.where, name))

    def _create(self, connection: Any, name: str, template: Database | None) -> None:
        sql = client().sql
        words = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        if template or not self.like:
            source = sql.Identifier(template.name if template else "template0")
            connection.execute(words.format(sql.Identifier(name), source))
            return
        words = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {} {}")
        for locale in (self.like.locale.clause(self.major), "LC_COLLATE 'C' LC_CTYPE 'C'"):
            try:
                connection.execute(
                    words.format(
                        sql.Identifier(name), sql.Literal(self.like.locale.encoding), sql.SQL(locale)
                    )
                )
                return
            except _unlike() as error:
                self._note(self.like.locale.note(first_line(error)))
        raise ActionError(
            f"the shadow has no encoding {self.like.locale.encoding}, which production has: no database was made"
        )

    def _resemble(self, connection: Any, name: str) -> None:
        """Settings of a database are not copied with it, so every copy gets them."""
        sql = client().sql
        # By way of the session: a list of names, as search_path is, would become one name between quotes.
        words = sql.SQL(
            "SELECT pg_catalog.set_config({1}, {2}, false); ALTER DATABASE {0} SET {3} FROM CURRENT"
        )
        for setting, value in self.like.settings if self.like else ():
            named = sql.Literal(setting), sql.Literal(value), sql.Identifier(setting)
            try:
                connection.execute(words.format(sql.Identifier(name), *named))
            except client().Error as error:
                self._note(
                    f"production has {setting} = {value}, and the shadow does not: {first_line(error)}"
                )

    def _note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes += (sentence,)

    def _house(self) -> Database:
        return Database(self.where, self.maintenance)


def _unlike() -> tuple[type[Exception], ...]:
    """How a server says that it does not order text in that way: not built for it, or not installed."""
    errors = client().errors
    return errors.WrongObjectType, errors.InvalidParameterValue, errors.FeatureNotSupported


def _why_not(error: Exception, template: Database | None) -> str:
    if template and getattr(error, "sqlstate", None) == NOT_ALONE:
        return (
            f"{template.name} cannot be copied while somebody is connected to it: close all connections first"
        )
    return f"no database could be made for the shadow: {first_line(error)}"
