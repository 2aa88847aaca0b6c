"""The libraries that hold PostgreSQL's own grammar: postgast, or pgparse where that is missing or does not load.

Nothing else may import either, and here they have no types: the stubs of the one cannot be read, the other has none.
They are C: they are asked by `grammar` alone, which refuses what could crash them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

from verdigris.core.errors import ConfigError

__all__ = ["Grammar", "Refusal", "TooDeep", "Tree", "available"]

Tree = dict[str, Any]
"""A node as libpg_query's JSON spells it: `{"InsertStmt": {"relation": {…}}}`; what has its default is absent."""


class Refusal(ConfigError):
    """The grammar does not know it. `at` is the character where it stopped, from 0."""

    def __init__(self, text: str, message: str, at: int) -> None:
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        super().__init__(f"line {line}, column {column}: {message}")
        self.line, self.column = line, column


class TooDeep(ConfigError):
    """The library's answer cannot be read: it nests deeper than whoever decodes it allows."""

    def __init__(self) -> None:
        super().__init__(
            "a statement nests too deeply to be looked at: write it with fewer levels or operators in a row"
        )


@dataclass(frozen=True, slots=True)
class Grammar:
    """A library: `split` gives start and end of each statement in bytes of UTF-8, `parse` the trees of a text."""

    name: str
    split: Callable[[str], list[tuple[int, int]]]
    parse: Callable[[str], list[Tree]]


@lru_cache(maxsize=1)
def available() -> tuple[Grammar, ...]:
    """All that load, the better first; a library for another machine fails with whatever it likes."""
    found = []
    for load in (postgast, pgparse):
        try:
            found.append(load())
        except (ImportError, OSError, AttributeError):
            continue
    if not found:
        raise ConfigError(
            "reading SQL needs PostgreSQL's grammar, postgast (or pgparse), and neither can be loaded here: "
            "install verdigris[postgres]"
        )
    return tuple(found)


def postgast() -> Grammar:
    """libpg_query of PostgreSQL 18, BSD-2."""
    library = import_module("postgast")
    plain = import_module("google.protobuf.json_format").MessageToDict
    undecodable = import_module("google.protobuf.message").DecodeError

    def split(text: str) -> list[tuple[int, int]]:
        at, found, whole = 0, [], text.encode()
        for piece in told(text, lambda: library.split(text), library.PgQueryError, "cursorpos"):
            at = whole.index(piece.encode(), at)
            found.append((at, at + len(piece.encode())))
            at = found[-1][1]
        return found

    def parse(text: str) -> list[Tree]:
        try:
            answer = told(text, lambda: library.parse(text), library.PgQueryError, "cursorpos")
        except undecodable as error:
            raise TooDeep from error
        return [plain(one.stmt) for one in answer.stmts]

    return Grammar("postgast", split, parse)


def pgparse() -> Grammar:
    """libpg_query of PostgreSQL 17, BSD-3."""
    library = import_module("pgparse")

    def raw(text: str) -> list[Tree]:
        try:
            answer = told(text, lambda: library.parse(text), library.PGQueryError, "position")
        except RecursionError as error:
            raise TooDeep from error
        found: list[Tree] = json.loads(answer) if isinstance(answer, str) else answer
        return found

    def split(text: str) -> list[tuple[int, int]]:
        whole, found = text.encode(), []
        for one in raw(text):
            start = one.get("stmt_location", 0)
            found.append((start, start + one["stmt_len"] if one.get("stmt_len") else len(whole)))
        return found

    return Grammar("pgparse", split, lambda text: [one["stmt"] for one in raw(text) if "stmt" in one])


def told(text: str, ask: Callable[[], Any], error: type[Exception], position: str) -> Any:
    """Its answer, or its error as ours. Both libraries count characters from 1 there, whatever their documents say."""
    try:
        return ask()
    except error as refused:
        at = min(max(getattr(refused, position, 0) or 0, 1) - 1, len(text))
        message = getattr(refused, "message", str(refused))
        raise Refusal(text, hint(text, message, at) or message, at) from None


def hint(text: str, message: str, at: int) -> str:
    """For what is no SQL of any kind and yet stands in many files, and for what C says of a full stack."""
    if message.startswith("memory exhausted"):
        return str(TooDeep())
    if text[at : at + 1] == "\\":
        return "a command of psql is not SQL: take the line out, or load the file with psql"
    if re.search(
        r"^\s*COPY\b[^;]*\bFROM\s+STDIN\b[^;]*;[^\S\n]*\n[^\n]*\Z", text[:at], re.IGNORECASE | re.MULTILINE
    ):
        return "rows of COPY … FROM STDIN are not SQL: take them out, or write them as INSERT"
    return ""
