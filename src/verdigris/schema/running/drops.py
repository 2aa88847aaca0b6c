"""Which tables and columns a statement of a contract drops, so that they can be tombstones first."""

from __future__ import annotations

from dataclasses import dataclass

from verdigris.core.errors import ConfigError
from verdigris.schema.running.words import Name, Sentence

__all__ = ["Drop", "drops_of"]

OTHERS = ("CONSTRAINT", "EXPRESSION", "NOT", "DEFAULT", "IDENTITY")
"""What else of a table an ALTER TABLE may drop."""


@dataclass(frozen=True, slots=True)
class Drop:
    """A table, or one column of it where `column` is not ""."""

    table: Name
    column: str = ""
    if_exists: bool = False

    def __str__(self) -> str:
        return f"{self.table}.{self.column}" if self.column else str(self.table)


def drops_of(statement: str) -> tuple[Drop, ...]:
    """Nothing where it drops neither tables nor columns. ConfigError for CASCADE, which drops what it does not name,
    and for a statement that drops a column and does something else too.
    """
    sentence = Sentence(statement)
    if sentence.take("DROP", "TABLE"):
        found = tables(sentence, statement)
    elif sentence.take("ALTER", "TABLE"):
        found = columns(sentence)
    else:
        return ()
    if found and sentence.has("CASCADE"):
        raise ConfigError(
            f"{found[0]}: CASCADE drops what it does not name: drop what depends on it by statements before"
        )
    return found


def tables(sentence: Sentence, statement: str) -> tuple[Drop, ...]:
    if_exists = sentence.take("IF", "EXISTS")
    found: list[Drop] = []
    while (name := sentence.name()) is not None:
        found.append(Drop(name, if_exists=if_exists))
        if not sentence.sign(","):
            break
    if not found:
        raise ConfigError(f"{' '.join(statement.split())[:80]}: it names no table: write DROP TABLE name")
    return tuple(found)


def columns(sentence: Sentence) -> tuple[Drop, ...]:
    there = sentence.take("IF", "EXISTS")
    sentence.take("ONLY")
    table = sentence.name()
    sentence.sign("*")
    if table is None:
        return ()
    found: list[Drop] = []
    others = False
    for action in actions(sentence):
        drop = column(action, table, there)
        found += [drop] if drop else []
        others = others or drop is None
    if found and others:
        raise ConfigError(f"{found[0]}: drop it by a statement of its own: then it can be a tombstone first")
    return tuple(found)


def actions(sentence: Sentence) -> list[Sentence]:
    """What stands between the commas."""
    rest = sentence.words[sentence.at :]
    commas = [n for n, word in enumerate(rest) if word.depth == 0 and word.text == ","]
    found = []
    for start, end in zip([0, *(n + 1 for n in commas)], [*commas, len(rest)], strict=True):
        piece = rest[start:end]
        if piece:
            found.append(Sentence(sentence.sql[piece[0].start : piece[-1].end]))
    return found


def column(action: Sentence, table: Name, if_exists: bool) -> Drop | None:
    if not action.take("DROP"):
        return None
    if not action.take("COLUMN") and action.comes(*OTHERS):
        return None
    missing = action.take("IF", "EXISTS")
    name = action.identifier()
    return Drop(table, name, if_exists or missing) if name else None
