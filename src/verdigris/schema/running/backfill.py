"""A backfill as a file holds it: one statement with `{batch}` in its WHERE, and what its comments declare.

    -- rows: 2000
    UPDATE orders SET cents = total * 100 WHERE cents IS NULL AND {batch};

`{batch}` becomes a range of keys. What is not declared is found: the table and its alias in the statement, the key in
the catalog, the rows that are left by the statement's own condition. Nothing here talks to a database.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from verdigris.core.errors import ConfigError
from verdigris.schema.running.words import Sentence, words_of

__all__ = ["BATCH", "Backfill", "backfill_of"]

BATCH = "{batch}"
NONE = "none"
"""Declared as `-- left: none`: one round, no question afterwards."""
LONGEST = 1024 * 1024
ROWS, ROWS_MOST = 1000, 100_000
DECLARED = re.compile(r"^[ \t]*--[ \t]*(table|alias|key|rows|left)[ \t]*:[ \t]*(.+?)[ \t]*$", re.MULTILINE)
LIMITING = ("FROM", "USING", "RETURNING")


@dataclass(frozen=True, slots=True)
class Backfill:
    """`before` and `after` stand around the range of keys. `table` is as SQL writes it, `alias` as the catalog would.

    `left` is the counter-example query: it has to count 0 in the end; None where nobody asks. `rows` is the most of
    them in one transaction.
    """

    name: str
    before: str
    after: str
    table: str
    alias: str
    key: tuple[str, ...] = ()
    rows: int = ROWS
    left: str | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """What makes it this backfill and no other. How many rows at once is no part of it."""
        return self.before, self.after, self.table, self.left or ""


@dataclass(frozen=True, slots=True)
class Target:
    """What a statement changes: the table as written, its alias, and the text from the table to before SET or WHERE."""

    table: str
    alias: str
    written: str


def backfill_of(name: str, text: str) -> Backfill:
    """Read a backfill file. ConfigError, with the name and what to write, for anything that is none."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if len(text) > LONGEST or "\0" in text:
        raise ConfigError(f"{name}: a backfill file is text of at most {LONGEST} characters without NUL")
    statement = one_statement(name, text)
    declared = dict(DECLARED.findall(text))
    target = target_of(statement)
    table = declared.get("table") or (target and target.table)
    if not table:
        raise ConfigError(f"{name}: say which table is walked through: `-- table: …`")
    before, _, after = statement.partition(BATCH)
    return Backfill(
        name, before, after, table, alias_of(declared, target, table),
        columns(name, declared.get("key", "")), rows_of(name, declared.get("rows", str(ROWS))),
        left_of(name, statement, target, declared.get("left", "")),
    )  # fmt: skip


def one_statement(name: str, text: str) -> str:
    words = words_of(text)
    ends = [word for word in words if word.text == ";" and word.depth == 0]
    code = [word for word in words if word.text != ";"]
    if any(word.kind == "other" and word.text in "'\"" for word in words):
        raise ConfigError(f"{name}: a quote is never closed: close it")
    if not code:
        raise ConfigError(f"{name}: there is no statement: write UPDATE … WHERE … AND {BATCH}")
    if ends and code[-1].start > ends[0].start:
        raise ConfigError(f"{name}: there is more than one statement: make a file of each")
    statement = text[code[0].start : code[-1].end]
    marks = [
        word
        for word in words_of(statement)
        if word.text == "batch" and statement[word.start - 1 : word.end + 1] == BATCH
    ]
    if len(marks) != 1 or statement.count(BATCH) != 1:
        raise ConfigError(
            f"{name}: {BATCH} has to stand in it once, where the range of keys goes: WHERE … AND {BATCH}"
        )
    return statement


def target_of(statement: str) -> Target | None:
    """Of UPDATE and DELETE; what anything else walks through has to be declared."""
    sentence = Sentence(statement)
    if not (sentence.take("UPDATE") or sentence.take("DELETE", "FROM")):
        return None
    start = sentence.at
    sentence.take("ONLY")
    first = sentence.at
    if sentence.name() is None:
        return None
    words = sentence.words
    table = statement[words[first].start : words[sentence.at - 1].end]
    sentence.sign("*")
    named = sentence.take("AS") or not sentence.comes("SET", "WHERE", "USING")
    alias = sentence.identifier() if named else None
    return Target(
        table, alias or last_name(table), statement[words[start].start : words[sentence.at - 1].end]
    )


def last_name(table: str) -> str:
    name = Sentence(table).name()
    return name.name if name else table


def alias_of(declared: dict[str, str], target: Target | None, table: str) -> str:
    if "alias" in declared:
        return Sentence(declared["alias"]).identifier() or declared["alias"]
    return target.alias if target else last_name(table)


def columns(name: str, declared: str) -> tuple[str, ...]:
    """`id, "Line"` as the catalog has them."""
    sentence, found, more = Sentence(declared), list[str](), bool(declared)
    while more:
        column = sentence.identifier()
        more = sentence.sign(",")
        if column is None or not (more or sentence.over):
            raise ConfigError(f"{name}: key: {declared}: write names of columns with commas between them")
        found.append(column)
    return tuple(found)


def rows_of(name: str, declared: str) -> int:
    if not declared.isdecimal() or not 0 < int(declared[:9]) <= ROWS_MOST:
        raise ConfigError(f"{name}: rows: {declared}: write a number from 1 to {ROWS_MOST}")
    return int(declared)


def left_of(name: str, statement: str, target: Target | None, declared: str) -> str | None:
    """As declared, or else: rows of the table that fulfil the statement's own condition."""
    if declared:
        return None if declared.lower() == NONE else declared.rstrip("; ")
    sentence = Sentence(statement)
    where = [word for word in sentence.words if word.depth == 0 and word.says("WHERE")]
    limited = any(
        sentence.has(word) for word in LIMITING if not (word == "FROM" and sentence.comes("DELETE"))
    )
    condition = statement[where[-1].end :] if where else ""
    if target is None or limited or len(where) != 1 or len(words_of(condition)) <= len(words_of(BATCH)):
        raise ConfigError(
            f"{name}: nobody can tell when it is done: write WHERE … AND {BATCH} with the condition for rows that are"
            f" still to do, or declare `-- left: SELECT count(*) …`, or `-- left: {NONE}` for once and no more"
        )
    return f"SELECT count(*) FROM {target.written} WHERE {condition.replace(BATCH, 'true')}"  # noqa: S608
