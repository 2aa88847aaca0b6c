"""Migration files: one of them as a script, and a directory of them in the order in which its tool runs them.

Nothing is run here, and nothing is guessed: a file that only its own program could run is refused with its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from verdigris.core.errors import ConfigError
from verdigris.schema import parsing
from verdigris.schema.running.backfill import BATCH
from verdigris.schema.script import Kind, Script
from verdigris.schema.tools.conventions import Convention, ordered, recognised
from verdigris.schema.tools.markers import alone, declared, upward
from verdigris.schema.tools.pieces import Piece, bare, pieces

__all__ = ["directory", "read"]

FILE_MAX = 16 * 1024 * 1024
"""Bytes of one file. More is data, and data is loaded by other means than a migration."""
FOLDERS = {"up.sql", "migration.sql"}
"""Files that say nothing: diesel and Prisma name the directory instead."""
PLACEHOLDER = re.compile(r"\$\{[^}\s]{1,100}\}")
FLYWAY_NAME = re.compile(r"(?:V\d[\d._]*|R)__.+\.sql", re.DOTALL)
META = re.compile(r"\\\S*")
"""Outside of strings and comments a backslash is never SQL."""
OPENS = re.compile(r"(?:begin|start transaction)(?: work| transaction)?", re.IGNORECASE)
CLOSES = re.compile(r"(?:commit|end)(?: work| transaction)?", re.IGNORECASE)
CONTROLS = re.compile(
    r"(?:begin|start transaction|commit|end|abort|rollback(?! (?:(?:work|transaction) )?to\b)|prepare transaction)\b",
    re.IGNORECASE,
)
Splitter = Callable[[str], tuple[str, ...]]


def read(path: Path, split: Splitter = parsing.split) -> Script:
    """One file. `BEGIN` and `COMMIT` around all of it are taken away: whoever runs it makes the transaction.

    Only the part that goes up is read where goose or dbmate mark it. A file whose only statement cannot be in a
    transaction is `alone` without saying so. With another `split` it is for another database, and taken as it is.
    ConfigError if the file cannot be read as SQL for the server.
    """
    text = text_of(path)
    name = path.parent.name if path.name in FOLDERS else path.name
    ours = split is parsing.split
    if ours:
        refuse_others(text, path)
    if declared(name, text, path) is Kind.BACKFILL:
        text = text.replace(BATCH, "true")  # the range of keys, which only the runner knows
    try:
        statements = split(upward(text, path))
    except ConfigError as error:
        raise ConfigError(str(error) if str(path) in str(error) else f"{path}: {error}") from error
    inner = unwrapped(statements, path) if ours else statements
    asked = alone(text, path) and inner == statements
    return Script(name, inner, declared(name, text, path), asked or (ours and solitary(inner)))


def directory(
    path: Path, convention: Convention | None = None, split: Splitter = parsing.split
) -> tuple[Script, ...]:
    """All migrations below it that go up, in the order of their tool, which is recognised by how they are named."""
    if not path.is_dir():
        raise ConfigError(f"{path}: is no directory; give the one that holds the migrations")
    return tuple(read(file, split) for file in ordered(path, convention or recognised(path)))


def solitary(statements: tuple[str, ...]) -> bool:
    """Whether there is but one statement, and no transaction can hold it: then there is nothing to ask."""
    with suppress(ConfigError):  # the server may know more than the grammar does
        return len(statements) == 1 and bool(parsing.alone(statements[0]))
    return False


def text_of(path: Path) -> str:
    """UTF-8, with or without a mark at its beginning."""
    try:
        if path.stat().st_size > FILE_MAX:
            raise ConfigError(f"{path}: is larger than {FILE_MAX} bytes; a migration holds no data")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 at byte {error.start}; save it as UTF-8") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise ConfigError(f"{path}:{line}: holds a NUL byte, which no SQL text may; remove it")
    return text


def refuse_others(text: str, path: Path) -> None:
    """What is for psql or for Flyway, the server would not understand, or would understand differently."""
    flyway, line = FLYWAY_NAME.fullmatch(path.name), 1
    for kind, part in pieces(text):
        if kind is Piece.CODE and (meta := META.search(part)):
            raise ConfigError(f"{path}:{line + part.count(chr(10), 0, meta.start())}: {said(meta[0])}")
        if flyway and kind is not Piece.COMMENT and (found := PLACEHOLDER.search(part)):
            where = line + part.count("\n", 0, found.start())
            raise ConfigError(f"{path}:{where}: {found[0]} is filled in by Flyway; give its `command`")
        line += part.count("\n")


def said(meta: str) -> str:
    if meta == "\\.":
        return "data after COPY is for psql; write INSERT, or load it by other means than a migration"
    return f"`{meta[:40]}` is a command of psql and not SQL; remove it"


def unwrapped(statements: tuple[str, ...], path: Path) -> tuple[str, ...]:
    """Without its own BEGIN and COMMIT. Several transactions in one file could be left half done: refused."""
    heads = [bare(statement)[:200] for statement in statements]
    if len(heads) > 1 and OPENS.fullmatch(heads[0]) and CLOSES.fullmatch(heads[-1]):
        statements, heads = statements[1:-1], heads[1:-1]
    if strange := next((head for head in heads if CONTROLS.match(head)), None):
        raise ConfigError(
            f"{path}: has its own `{strange[:60]}`; one file is one transaction, so make a file of each part"
        )
    return statements
