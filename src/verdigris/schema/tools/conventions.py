"""How a directory of migrations is named: by whose rules, which files of it go up, and in which order.

The orders are those of the tools themselves. Where they would complain, this does: two files with one number have no
order, and a file that no rule covers would silently not be run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from itertools import islice, pairwise
from pathlib import Path

from verdigris.core.errors import ConfigError
from verdigris.schema.script import Kind

__all__ = ["Convention", "ordered", "recognised", "version_of"]

FILES_MAX = 20_000
"""Files and directories that are looked at below one directory."""
GLANCE = 64 * 1024
"""Bytes at the beginning of a file in which goose and dbmate have their first mark."""


class Convention(StrEnum):
    """Whose rules. `PLAIN` is ours: `003_title.expand.sql`, with `.backfill` and `.contract` beside it."""

    PLAIN = "plain"
    FLYWAY = "flyway"
    GOLANG_MIGRATE = "golang-migrate"
    SQLX = "sqlx"
    DIESEL = "diesel"
    PRISMA = "prisma"
    GOOSE = "goose"
    DBMATE = "dbmate"


Order = tuple[object, ...]
VERSIONED = re.compile(r"V(\d+(?:[._]\d+)*)__.+\.sql", re.DOTALL)
REPEATABLE = re.compile(r"R__(.+)\.sql", re.DOTALL)
UP = re.compile(r"(\d+)_.*\.up\.sql", re.DOTALL)
NUMBERED = re.compile(r"(\d+)[_.-].*\.sql", re.DOTALL)
FOLDER = re.compile(r"(\d[\d-]*)_.*", re.DOTALL)
KIND = re.compile(r"\.(expand|backfill|contract)\.(?:up\.)?sql$", re.IGNORECASE)
DOWN = re.compile(r"\.down\.sql$", re.IGNORECASE)
PHASES = ("", Kind.EXPAND, Kind.BACKFILL, Kind.CONTRACT)


def recognised(path: Path) -> Convention:
    """By names alone where they tell, by goose's and dbmate's marks where they do not.

    sqlx and golang-migrate name and order their files alike; sqlx is taken for plain or for golang-migrate.
    """
    files = below(path)
    if any(file.name == "migration.sql" for file in files):
        return Convention.PRISMA
    if any(file.name == "up.sql" for file in files):
        return Convention.DIESEL
    if any(VERSIONED.fullmatch(file.name) for file in files):
        return Convention.FLYWAY
    return marked(file for file in files if file.parent == path and NUMBERED.fullmatch(file.name))


def marked(files: Iterable[Path]) -> Convention:
    numbered = list(files)
    for file in numbered:
        with file.open("rb") as opened:
            start = opened.read(GLANCE).lower()
        if re.search(rb"^\s*--\s*\+goose\s+up\b", start, re.MULTILINE):
            return Convention.GOOSE
        if re.search(rb"^\s*--\s*migrate:up\b", start, re.MULTILINE):
            return Convention.DBMATE
    up = any(UP.fullmatch(file.name) for file in numbered)
    return Convention.GOLANG_MIGRATE if up else Convention.PLAIN


def ordered(path: Path, convention: Convention) -> tuple[Path, ...]:
    """The files that go up. ConfigError where two have the same place, or one has none."""
    places = sorted(
        ((place, file) for file in below(path) if (place := placed(file, path, convention))), key=first
    )
    for (one, here), (other, there) in pairwise(places):
        if one == other:
            raise ConfigError(
                f"{path}: {here.name} and {there.name} have one number; give one of them another"
            )
    return tuple(file for _, file in places)


def placed(file: Path, path: Path, convention: Convention) -> Order | None:
    """Where in the order it stands, or None if its tool passes it over."""
    if convention in {Convention.DIESEL, Convention.PRISMA}:
        wanted = "up.sql" if convention is Convention.DIESEL else "migration.sql"
        name = file.parent.name
        # Both tools sort the directories by their names.
        return (name,) if file.name == wanted and file.parent.parent == path else None
    if convention is Convention.FLYWAY:
        return flyway(file.name)
    return numbered(file, convention) if file.parent == path else None


def flyway(name: str) -> Order | None:
    """Versions by number, part by part, where 1.0 is 1; then the repeatable ones by their description."""
    if found := VERSIONED.fullmatch(name):
        return (0, parts(found[1]))
    return (1, found[1]) if (found := REPEATABLE.fullmatch(name)) else None


def parts(version: str) -> tuple[int, ...]:
    numbers = [number(part) for part in re.split(r"[._]", version)]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def numbered(file: Path, convention: Convention) -> Order | None:
    if DOWN.search(file.name) or file.suffix.lower() not in {".sql", ".go"}:
        return None
    if file.suffix == ".go":
        if convention is Convention.GOOSE:
            refuse_go(file)
        return None
    found = NUMBERED.fullmatch(file.name)
    if convention is Convention.GOLANG_MIGRATE and not UP.fullmatch(file.name):
        return None
    if not found and convention is Convention.PLAIN:
        raise ConfigError(
            f"{file}: has no number in front, so it has no place in the order; rename or move it"
        )
    if not found:
        return None
    kind = KIND.search(file.name) if convention is Convention.PLAIN else None
    return (number(found[1]), PHASES.index(Kind(kind[1].lower())) if kind else 0)


def refuse_go(file: Path) -> None:
    if re.match(r"\d+_", file.name) and not file.stem.endswith("_test"):
        raise ConfigError(f"{file}: is written in Go, so only goose can run it; give its `command`")


def number(digits: str) -> int:
    if len(digits) > 30:
        raise ConfigError(f"{digits[:30]}…: a version has at most 30 digits; rename the migration")
    return int(digits)


def below(path: Path) -> list[Path]:
    """All files below it, a bounded number of them; what a link leads to is not followed."""
    found = list(islice(path.rglob("*"), FILES_MAX + 1))
    if len(found) > FILES_MAX:
        raise ConfigError(f"{path}: holds more than {FILES_MAX} files; give the directory of the migrations")
    return sorted(file for file in found if file.is_file())


def first(pair: tuple[Order, Path]) -> Order:
    return pair[0]


def version_of(name: str, convention: Convention) -> str:
    """What a tool writes into its table for the migration of that name."""
    match convention:
        case Convention.PLAIN | Convention.FLYWAY | Convention.PRISMA:
            return name
        case Convention.DIESEL:
            return leading(FOLDER, name).replace("-", "")
        case Convention.DBMATE:
            return leading(NUMBERED, name)
        case _:
            return str(number(leading(NUMBERED, name)))


def leading(pattern: re.Pattern[str], name: str) -> str:
    found = pattern.fullmatch(name)
    if not found:
        raise ConfigError(f"{name}: has no number in front, so it is in no tool's table; rename it")
    return found[1]
