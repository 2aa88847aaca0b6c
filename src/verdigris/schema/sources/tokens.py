"""SQL cut into what must not be confused: texts, names, comments, and the rest. It never fails, whatever it is given.

Only as much of PostgreSQL's lexer as it takes to know where a `;` or a placeholder is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["LEXICAL", "Token", "first_word", "of_session", "pieces", "tokens"]

LEXICAL = r"""
  (?P<comment>--[^\r\n]*+|/\*)
| (?P<text>[eE]'(?:[^'\\]++|\\.|'')*+'?|'(?:[^']++|'')*+'?)
| (?P<name>"(?:[^"]++|"")*+"?)
| (?P<dollar>\$(?:[^\W\d]\w*+)?\$)
| (?P<parameter>\$\d++)
| (?P<word>[^\W\d][\w$]*+)
| (?P<number>\d[\w.]*+)
| (?P<space>\s++)
| (?P<other>.)
"""
"""Alternatives of which one always fits. What is open at the end is open up to the end."""
LEXER = re.compile(LEXICAL, re.VERBOSE | re.DOTALL)
EDGE = re.compile(r"/\*|\*/")

TALK = """
abort begin checkpoint close commit deallocate discard end listen notify release reset rollback savepoint set show start
unlisten
"""
SESSION = frozenset(TALK.split())
"""What begins with one of these touches no table: it is the driver's talk about transactions and settings."""


class Token(NamedTuple):
    """A piece of the text; all pieces together are the text."""

    kind: str
    text: str


def tokens(sql: str, lexer: re.Pattern[str] = LEXER) -> Iterator[Token]:
    """The pieces in their order. `lexer` may know more kinds than `LEXICAL`, if it ends with it."""
    at = 0
    while at < len(sql):
        found = lexer.match(sql, at)
        assert found is not None and found.lastgroup is not None, "one alternative always fits"
        end = end_of(sql, found)
        kind = "text" if found.lastgroup == "dollar" else found.lastgroup
        yield Token(kind, sql[at:end])
        at = end


def end_of(sql: str, found: re.Match[str]) -> int:
    """Where a piece ends that a regular expression cannot know: comments nest, a dollar quote ends as it began."""
    if found.group() == "/*":
        return comment_end(sql, found.start())
    if found.lastgroup == "dollar":
        closing = sql.find(found.group(), found.end())
        return len(sql) if closing < 0 else closing + len(found.group())
    return found.end()


def comment_end(sql: str, at: int) -> int:
    depth = 0
    for edge in EDGE.finditer(sql, at):
        depth += 1 if edge.group() == "/*" else -1
        if not depth:
            return edge.end()
    return len(sql)


def pieces(sql: str) -> list[str]:
    """The statements of a text, without the semicolons between them and without empty ones.

    A semicolon in parentheses ends none (rules). The body of a function in SQL's own syntax (BEGIN ATOMIC) is cut.
    """
    if ";" not in sql:
        return [sql.strip()] if worth(sql) else []
    found, depth = [""], 0
    for kind, text in tokens(sql):
        depth = max(depth + (text == "(") - (text == ")"), 0)
        if kind == "other" and text == ";" and not depth:
            found.append("")
        else:
            found[-1] += text
    return [piece.strip() for piece in found if worth(piece)]


def worth(sql: str) -> bool:
    """Whether there is more in it than comments and space."""
    return any(kind not in ("space", "comment") for kind, _ in tokens(sql))


def of_session(sql: str) -> bool:
    """Whether it only speaks of transactions and settings, as `COMMIT` does."""
    return first_word(sql) in SESSION


def first_word(sql: str) -> str:
    """What the statement begins with, in small letters; "" where there is nothing."""
    return next((text for kind, text in tokens(sql) if kind not in ("space", "comment")), "").lower()
