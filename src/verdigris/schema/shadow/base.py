"""The schema that production has now, loaded into a shadow from what `pg_dump --schema-only` wrote.

What makes a shadow less than production is noted and gone on with: a role, an extension, a setting that it has not.
What makes it another schema is an error with line and statement. Nothing in the text may reach beyond its database.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from verdigris.core.errors import ConfigError
from verdigris.schema.shadow.database import Database, client, first_line, unwell
from verdigris.schema.shadow.psql import Piece, pieces
from verdigris.schema.shadow.roles import exists, make
from verdigris.schema.shadow.standing import standing_for

__all__ = ["MOST", "load", "read"]

MOST = 64 * 1024 * 1024
"""Bytes of a schema. The largest ones known have a tenth of it; what is larger has rows in it."""
TOGETHER = 50
"""Statements that are sent at once."""
NOTES_MOST = 20
ROLES_MOST = 1000
SHOWN = 80
"""Characters of a statement that an error shows."""
CUSTOM = b"PGDMP"
BEYOND = re.compile(
    r"(CREATE|ALTER|DROP)\s+(DATABASE|TABLESPACE|SUBSCRIPTION)\b|ALTER\s+SYSTEM\b|DROP\s+OWNED\b|REASSIGN\s+OWNED\b",
    re.IGNORECASE,
)
ROLES = re.compile(r"(CREATE|ALTER|DROP)\s+(ROLE|USER|GROUP)\b(?!\s+MAPPING)", re.IGNORECASE)
TRANSACTION = re.compile(r"(BEGIN|START\s+TRANSACTION|COMMIT|END)\b", re.IGNORECASE)
"""Left out: with these a note on one statement would lose the others."""
ELSEWHERE = re.compile(r"(CREATE|ALTER)\s+USER\s+MAPPING\b", re.IGNORECASE)
EXTENSION = re.compile(
    r'CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?("(?:[^"]|"")+"|[\w$-]+)', re.IGNORECASE
)
OF_AN_EXTENSION = re.compile(r"(COMMENT\s+ON|ALTER)\s+EXTENSION\b", re.IGNORECASE)
SETTING = re.compile(r"SET\s+(?!ROLE|SESSION\s+AUTHORIZATION|CONSTRAINTS)", re.IGNORECASE)
NO_ROLE = re.compile(r'role "(.+)" does not exist', re.DOTALL)
OF_A_ROLE = re.compile(
    r"\bOWNER\s+TO\b|^\s*(GRANT|REVOKE|ALTER\s+DEFAULT\s+PRIVILEGES|CREATE\s+POLICY)\b", re.IGNORECASE
)
PUBLIC = re.compile(r'CREATE\s+SCHEMA\s+"?public"?\s*$', re.IGNORECASE)
UNDEFINED_OBJECT, DUPLICATE_SCHEMA, NOT_ALLOWED = "42704", "42P06", "42501"


def read(path: Path) -> str:
    """The text of a file with SQL. A ConfigError when it is too large, no text, or a dump that is no SQL."""
    try:
        with path.open("rb") as file:
            found = file.read(MOST + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    return text_of(found, str(path))


def text_of(found: bytes, name: str) -> str:
    """Bytes as SQL, under the same conditions."""
    if found.startswith(CUSTOM):
        raise ConfigError(
            f"{name}: is a dump in pg_dump's own format: write it with --schema-only --format=plain"
        )
    if len(found) > MOST:
        raise ConfigError(
            f"{name}: is larger than {MOST // 1024 // 1024} MiB, as no schema is: write it with pg_dump --schema-only"
        )
    try:
        text = found.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = found.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{name}: line {line}: is not UTF-8: write it with pg_dump --encoding=UTF8"
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ConfigError(f"{name}: line {line}: has a NUL in it, so it is no SQL")
    return text


def load(database: Database, text: str, name: str) -> tuple[str, ...]:
    """Make the schema of that text there; the notes say, as sentences, what of it the shadow does not have.

    A ConfigError names the file, the line and the statement that the server does not accept.
    """
    found = list(pieces(text, name))
    for piece in found:
        _within_bounds(piece, name, database)
    loading = _Loading(name, database.own)
    with database.connected() as connection:
        # On a server of somebody's, a commit for each statement waits for its disk.
        connection.execute("SET synchronous_commit = off; SET client_min_messages = error")
        for begin in range(0, len(found), TOGETHER):
            loading.take(connection, found[begin : begin + TOGETHER])
    return tuple(_few(loading.notes))


@dataclass
class _Loading:
    """What has been noted so far."""

    name: str
    own: bool
    notes: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    """Extensions that are not there."""

    def take(self, connection: Any, pieces: Iterable[Piece]) -> None:
        """Execute some statements as one, and where one of them fails each by itself, noting what may be missing."""
        wanted = [piece for piece in pieces if self._wanted(piece)]
        try:
            # On a line of its own: a semicolon behind a comment would belong to it.
            connection.execute("\n;\n".join(piece.sql for piece in wanted))
        except client().Error as error:
            if unwell(error):
                raise
            for piece in wanted:
                self._execute(connection, piece)

    def _wanted(self, piece: Piece) -> bool:
        if piece.rows:
            self._note(f"{self.name}: rows are left out, since only the schema is proven on")
        elif ELSEWHERE.match(piece.sql):
            self._note(f"{self.name}: user mappings are left out, so that no foreign server is reached")
        return not (piece.rows or ELSEWHERE.match(piece.sql) or TRANSACTION.match(piece.sql))

    def _execute(self, connection: Any, piece: Piece) -> None:
        for _ in range(ROLES_MOST):
            try:
                connection.execute(piece.sql)
            except client().Error as error:
                if unwell(error):
                    raise
                if not self._made_role(connection, error):
                    self._excuse(connection, piece, error)
                    return
            else:
                return

    def _made_role(self, connection: Any, error: Any) -> bool:
        """Whether the statement wants a role that was made now, so that it is to be tried again."""
        wanted = (
            NO_ROLE.search(error.diag.message_primary or "") if error.sqlstate == UNDEFINED_OBJECT else None
        )
        if not wanted or not self.own or exists(connection, wanted[1]):
            return False
        make(connection, wanted[1])
        self._note(f"the role {wanted[1]} is made in the shadow, where it cannot log in")
        return True

    def _do_without(self, connection: Any, extension: str, statement: str, said: str) -> None:
        self.missing.append(extension)
        if instead := standing_for(extension, statement):
            connection.execute(instead)
            self._note(
                f"the shadow has no extension {extension}: functions stand for it that return other values"
            )
        else:
            self._note(f"the shadow has no extension {extension}: what needs it is not proven ({said})")

    def _excuse(self, connection: Any, piece: Piece, error: Any) -> None:
        """Note what may be missing; raise what may not."""
        said = first_line(error)
        if extension := EXTENSION.match(piece.sql):
            self._do_without(connection, extension[1].strip('"'), piece.sql, said)
        elif PUBLIC.match(piece.sql) and error.sqlstate == DUPLICATE_SCHEMA:
            return
        elif SETTING.match(piece.sql):
            self._note(f"{self.name}: line {piece.line}: {shown(piece.sql)} is left out: {said}")
        elif (
            OF_A_ROLE.search(piece.sql) and error.sqlstate in (UNDEFINED_OBJECT, NOT_ALLOWED) and not self.own
        ):
            self._note(
                f"owners and grants are not all as in production, so permissions are not proven: {said}"
            )
        elif self.missing:
            if not OF_AN_EXTENSION.match(piece.sql):
                without = ", ".join(self.missing)
                self._note(
                    f"{self.name}: line {piece.line}: {shown(piece.sql)} is left out without {without}: {said}"
                )
        else:
            raise ConfigError(
                f"{self.name}: line {piece.line}: {shown(piece.sql)}: {said} ({error.sqlstate})"
            ) from error

    def _note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)


def shown(sql: str) -> str:
    """The beginning of a statement, in one line."""
    line = " ".join(sql[: SHOWN * 4].split())
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


def _within_bounds(piece: Piece, name: str, database: Database) -> None:
    if BEYOND.match(piece.sql) or (not database.own and ROLES.match(piece.sql)):
        raise ConfigError(
            f"{name}: line {piece.line}: {shown(piece.sql)} reaches beyond its database, so it is not run: "
            "write the schema with pg_dump --schema-only --no-subscriptions of one database, without --create"
        )


def _few(notes: list[str]) -> Iterable[str]:
    yield from notes[:NOTES_MOST]
    if len(notes) > NOTES_MOST:
        yield f"and {len(notes) - NOTES_MOST} more of this kind"
