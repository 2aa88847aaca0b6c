"""Statements that somebody declares: sqlx's `.sqlx`, query files of sqlc and aiosql, SQL files, and our JSON lines.

They are complete for what is written down, and say nothing of SQL that is put together while the program runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from verdigris.core.errors import ConfigError
from verdigris.core.words import shown
from verdigris.schema.sources import lines
from verdigris.schema.sources.placeholders import Style, numbered
from verdigris.schema.sources.recording import Recording
from verdigris.schema.sources.sqlx import queries_of
from verdigris.schema.sources.tokens import of_session, pieces
from verdigris.schema.statement import Statement

__all__ = ["read"]

FILE_MOST = 16 * 2**20
"""Bytes of a file."""
FILES_MOST = 20_000
"""Files of a directory."""
SQLX = re.compile(r"query-.*\.json|sqlx-data\.json")
BOM = "\ufeff"

SQLC = re.compile(r"^--\s*name:\s*(\w+)\s+:(?:one|many|exec\w*|copyfrom|batch\w+)\b.*$", re.MULTILINE)
AIOSQL = re.compile(r"^--\s*name:\s*([\w-]+)\s*(?:\([^)\n]*\))?\s*(?:[\^$!*#]|<!|\*!)?\s*$", re.MULTILINE)
"""What begins a query there: `-- name: GetUser :one`, and `-- name: get_user^`."""


def read(path: Path, style: Style | None = None) -> Recording:
    """What a file or a directory declares. `style` is how SQL files spell parameters, where that cannot be seen.

    A directory is one of sqlx if it has `query-*.json`; otherwise its SQL files are read, those in it as well. A file
    that is neither SQL nor sqlx's is one of JSON lines. ConfigError with the file that cannot be understood.
    """
    if not (path.is_dir() or is_sql(path) or SQLX.fullmatch(path.name)):
        return lines.read(path)
    found: dict[tuple[str, tuple[str, ...]], Statement] = {}
    notes: list[str] = []
    for file in files(path):
        for sql, types, name in statements_of(file, style, notes):
            statement = Statement(
                sql, types=types, source=f"{shown(file.name)}: {name}" if name else shown(file.name)
            )
            found.setdefault((sql, types), statement)
    if not found:
        notes.append(f"{shown(str(path))} declares no statement")
    return Recording(tuple(found.values()), notes=tuple(dict.fromkeys(notes)))


def is_sql(path: Path) -> bool:
    """By its name, if it does not begin as a JSON object, as no SQL does."""
    return path.suffix == ".sql" and not text_of(path).lstrip().startswith("{")


def files(path: Path) -> list[Path]:
    """Those of a directory in the order of their names, or the file itself."""
    if not path.is_dir():
        return [path]
    found = sorted(path.glob("query-*.json")) or sorted(path.rglob("*.sql"))
    if len(found) > FILES_MOST:
        raise ConfigError(
            f"{shown(str(path))}: has more than {FILES_MOST} files: name one directory below it"
        )
    return found


def statements_of(
    file: Path, style: Style | None, notes: list[str]
) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """The SQL, the types and the name of each."""
    text = text_of(file)
    if file.suffix == ".json":
        yield from of_sqlx(file, text, notes)
        return
    for name, sql, own in blocks(text):
        for piece in pieces(sql):
            if not of_session(piece):
                yield numbered(piece, style or own)[0], (), name


def of_sqlx(file: Path, text: str, notes: list[str]) -> Iterator[tuple[str, tuple[str, ...], str]]:
    try:
        for query in queries_of(text):
            if query.database == "PostgreSQL":
                yield query.sql, query.types, ""
            else:
                notes.append(f"{shown(file.name)} is for {shown(query.database)}, and is not read")
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{shown(str(file))}: is no query of sqlx: {shown(said(error))}") from None


def said(error: Exception) -> str:
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def blocks(text: str) -> Iterator[tuple[str, str, Style]]:
    """The named queries of a file, or all of it without a name; and how such files spell parameters."""
    for pattern, style in ((SQLC, Style.AT), (AIOSQL, Style.COLON)):
        starts: list[re.Match[str]] = list(pattern.finditer(text))
        if starts:
            ends = [*(start.start() for start in starts[1:]), len(text)]
            for start, end in zip(starts, ends, strict=True):
                yield start.group(1), text[start.end() : end], style
            return
    yield "", text, Style.DOLLAR


def text_of(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            data = stream.read(FILE_MOST + 1)
    except OSError as error:
        raise ConfigError(f"{shown(str(file))}: cannot be read: {error.strerror}") from None
    wrong = broken(data)
    if wrong:
        raise ConfigError(f"{shown(str(file))}: {wrong}")
    return data.decode().removeprefix(BOM).replace("\r\n", "\n")


def broken(data: bytes) -> str:
    """Why it is no text that can be SQL; "" when it is."""
    if len(data) > FILE_MOST:
        return f"is longer than {FILE_MOST} bytes"
    if b"\0" in data:
        return "has a NUL byte; it has to be text in UTF-8, not UTF-16"
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return f"is no UTF-8 (byte {error.start + 1})"
    return ""
