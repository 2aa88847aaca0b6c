"""Reads the beginnings of statements: enough to know an index by its name, never enough to judge one.

The server parses; this only finds words outside of strings, comments and parentheses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

__all__ = ["Name", "Sentence", "Word", "words_of"]

WORD = re.compile(
    r"""(?P<gap>\s+|--[^\n]*)
      | (?P<block>/\*)
      | (?P<dollar>\$(?:[^\W\d]\w*)?\$)
      | (?P<string>[eE]'(?:[^'\\]|\\.|'')*'|(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")+")
      | (?P<word>[^\W\d][\w$]*)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
OPENING, CLOSING = "([", ")]"


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a statement: `text` as written, where it is, and in how many parentheses it stands."""

    text: str
    start: int
    end: int
    depth: int
    kind: str

    def says(self, word: str) -> bool:
        return self.kind == "word" and self.text.upper() == word


@dataclass(frozen=True, slots=True)
class Name:
    """A name as the catalogs hold it; `schema` is "" where the statement leaves it to the search path."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


def words_of(sql: str) -> list[Word]:
    """What is neither space nor comment."""
    found: list[Word] = []
    at = depth = 0
    while at < len(sql):
        match = WORD.match(sql, at)
        if match is None:  # never: `other` takes whatever is there
            break
        kind, end = str(match.lastgroup), match.end()
        if kind == "block":
            end = after_comment(sql, at)
        elif kind == "dollar":
            closing = sql.find(match[0], end)
            end = len(sql) if closing < 0 else closing + len(match[0])
        depth -= match[0] in CLOSING
        if kind not in ("gap", "block"):
            found.append(Word(sql[at:end], at, end, depth, kind))
        depth += match[0] in OPENING
        at = end
    return found


def after_comment(sql: str, at: int) -> int:
    """Comments of PostgreSQL nest."""
    depth = 0
    for match in re.compile(r"/\*|\*/").finditer(sql, at):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    return len(sql)


@dataclass(slots=True)
class Sentence:
    """A statement that is read from its beginning, word by word."""

    sql: str
    words: list[Word] = field(init=False)
    at: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.words = words_of(self.sql)
        while self.words and self.words[-1].text == ";":
            self.words.pop()

    @property
    def over(self) -> bool:
        return self.at >= len(self.words)

    def take(self, *wanted: str) -> bool:
        """Whether these words, in capitals, come next; they are passed if they do."""
        ahead = self.words[self.at : self.at + len(wanted)]
        if len(ahead) < len(wanted) or not all(map(Word.says, ahead, wanted)):
            return False
        self.at += len(wanted)
        return True

    def comes(self, *wanted: str) -> bool:
        """Whether one of these comes next."""
        return not self.over and any(self.words[self.at].says(word) for word in wanted)

    def sign(self, sign: str) -> bool:
        if self.over or self.words[self.at].text != sign:
            return False
        self.at += 1
        return True

    def identifier(self) -> str | None:
        """A name as the catalogs hold it: folded, or without its quotes."""
        if self.over or self.words[self.at].kind not in ("word", "quoted"):
            return None
        word = self.words[self.at]
        self.at += 1
        return word.text[1:-1].replace('""', '"') if word.kind == "quoted" else word.text.lower()

    def name(self) -> Name | None:
        """A name with or without its schema; None where there is none, or one with a database too."""
        first = self.identifier()
        if first is None:
            return None
        if not self.sign("."):
            return Name("", first)
        second = self.identifier()
        return Name(first, second) if second else None

    def has(self, word: str) -> bool:
        """Whether the word stands anywhere outside of parentheses and strings."""
        return any(each.depth == 0 and each.says(word) for each in self.words)
