"""What the author of a migration says about it in its name, its comments, and in files beside it.

Every tool has its own words for the same two things: which part of the file goes up, and whether it may be in a
transaction. Only words that a tool really honours count; a wish that nobody would fulfil is no marker.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from verdigris.core.errors import ConfigError
from verdigris.schema.script import Kind
from verdigris.schema.tools.pieces import Piece, pieces

__all__ = ["alone", "declared", "kind_said", "upward"]

OURS = re.compile(r"--\s*verdigris:\s*(.+?)\s*", re.IGNORECASE)
NO_TRANSACTION = "no-transaction"
BY_NAME = re.compile(r"\.(expand|contract|backfill)(?:\.up)?(?:\.sql)?$", re.IGNORECASE)
SECTION = re.compile(r"--\s*(?:\+goose\s+(up|down)|migrate:(up|down))\b([^\n]*)", re.IGNORECASE)
GOOSE_ALONE = re.compile(r"--\s*\+goose\s+no\s+transaction\s*", re.IGNORECASE)
GOOSE_VARIABLES = re.compile(r"^\s*--\s*\+goose\s+envsub\s+on\b", re.IGNORECASE | re.MULTILINE)
DBMATE_ALONE = re.compile(
    r"^\s*--\s*migrate:up\b[^\n]*\btransaction:\s*false\b", re.IGNORECASE | re.MULTILINE
)
FLYWAY_ALONE = re.compile(r"^\s*executeInTransaction\s*=\s*false\s*$", re.IGNORECASE | re.MULTILINE)
DIESEL, FLYWAY = "metadata.toml", ".conf"


def declared(name: str, text: str, path: Path) -> Kind | None:
    """What the name says (`003_title.contract.sql`), or else a comment before the first statement.

    That comment is `-- verdigris: contract`. If both are there and differ, nobody can know what was meant.
    """
    ending = BY_NAME.search(name)
    by_name = Kind(ending[1].lower()) if ending else None
    said = next((Kind(word) for word in words(text, path) if word != NO_TRANSACTION), None)
    if by_name and said and by_name is not said:
        raise ConfigError(f"{path}: the name says {by_name}, the comment says {said}; change one of them")
    return by_name or said


def kind_said(value: object, where: object) -> Kind | None:
    """What the attribute `verdigris = "expand"` of a migration in Python says."""
    if value is None:
        return None
    if value not in (Kind.EXPAND, Kind.BACKFILL, Kind.CONTRACT):
        raise ConfigError(
            f"{where}: verdigris = {value!r}: is none of expand, backfill, contract; correct it"
        )
    return Kind(str(value))


def alone(text: str, path: Path) -> bool:
    """Whether it asks to be run outside a transaction, in the words of any of the tools."""
    return (
        NO_TRANSACTION in words(text, path)
        or text.lstrip().startswith("-- no-transaction")  # sqlx looks at nothing but the beginning
        or any(GOOSE_ALONE.fullmatch(line.strip()) for line in comments(text))
        or DBMATE_ALONE.search(text) is not None
        or beside(path)
    )


def upward(text: str, path: Path) -> str:
    """The part that goes up: all of it, unless goose or dbmate marks where that ends. Lines keep their numbers."""
    if GOOSE_VARIABLES.search(text):
        raise ConfigError(
            f"{path}: goose puts variables into it, so only goose can run it; give its `command`"
        )
    marks = sections(text)
    if not marks:
        return text
    if not any(up for up, _ in marks):
        raise ConfigError(f"{path}: has a part that goes down and none that goes up; mark where it begins")
    return "".join(part if up else "\n" * part.count("\n") for up, part in cut(text, marks))


def sections(text: str) -> list[tuple[bool, int]]:
    """Whether up, and at which character, in order. Comments only: a string may hold anything."""
    found, at = [], 0
    for kind, part in pieces(text):
        if kind is Piece.COMMENT and (mark := SECTION.match(part)):
            found.append(((mark[1] or mark[2]).lower() == "up", at))
        at += len(part)
    return found


def cut(text: str, marks: list[tuple[bool, int]]) -> Iterator[tuple[bool, str]]:
    yield False, text[: marks[0][1]]
    ends = [at for _, at in marks[1:]] + [len(text)]
    yield from ((up, text[at:end]) for (up, at), end in zip(marks, ends, strict=True))


def words(text: str, path: Path) -> tuple[str, ...]:
    """What our own comments before the first statement say, one word each."""
    found = tuple(match[1].lower() for line in heading(text) if (match := OURS.fullmatch(line.strip())))
    known = {Kind.EXPAND, Kind.CONTRACT, Kind.BACKFILL, NO_TRANSACTION}
    if strange := [word for word in found if word not in known]:
        raise ConfigError(
            f"{path}: `-- verdigris: {strange[0]}` means nothing; one of {', '.join(sorted(known))} does"
        )
    return found


def heading(text: str) -> Iterator[str]:
    """The comments before the first statement."""
    for kind, part in pieces(text):
        if kind is Piece.COMMENT:
            yield part
        elif part.strip():
            return


def comments(text: str) -> Iterator[str]:
    return (part for kind, part in pieces(text) if kind is Piece.COMMENT)


def beside(path: Path) -> bool:
    """What Flyway's and diesel's files beside the migration say."""
    flyway, diesel = path.with_name(path.name + FLYWAY), path.with_name(DIESEL)
    if flyway.is_file() and FLYWAY_ALONE.search(flyway.read_text(encoding="utf-8", errors="replace")):
        return True
    if path.name != "up.sql" or not diesel.is_file():
        return False
    try:
        return tomllib.loads(diesel.read_text(encoding="utf-8")).get("run_in_transaction") is False
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{diesel}: is not TOML: {error}; correct it or remove it") from error
