"""An SQL text cut into code, comments, strings and quoted names, without understanding any of it.

It serves where no parser can: to find what a comment says, and a line that is for another program than the server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

__all__ = ["Piece", "bare", "pieces"]


class Piece(StrEnum):
    """What a part of the text is."""

    CODE = "code"
    COMMENT = "comment"
    STRING = "string"
    NAME = "name"


OPENING = re.compile(
    r"""(?P<comment>--[^\n]*|/\*)
    |(?P<dollar>(?<![\w$])\$(?:[^\W\d]\w*)?\$)
    |(?P<string>(?<!\w)[eE]'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'?|'[^']*(?:''[^']*)*'?)
    |(?P<name>"[^"]*(?:""[^"]*)*"?|`[^`]*(?:``[^`]*)*`?)""",
    re.VERBOSE | re.DOTALL,
)
FENCE = re.compile(r"/\*|\*/")


def pieces(text: str) -> Iterator[tuple[Piece, str]]:
    """All of the text in its order. What is never closed goes on to the end."""
    at = 0
    while found := OPENING.search(text, at):
        if found.start() > at:
            yield Piece.CODE, text[at : found.start()]
        at = ending(text, found)
        kind = Piece.STRING if found.lastgroup == "dollar" else Piece(str(found.lastgroup))
        yield kind, text[found.start() : at]
    if at < len(text):
        yield Piece.CODE, text[at:]


def ending(text: str, found: re.Match[str]) -> int:
    """Where what was opened there is closed."""
    if found.lastgroup == "dollar":
        closed = text.find(found[0], found.end())
        return len(text) if closed < 0 else closed + len(found[0])
    return nested(text, found.end()) if found[0] == "/*" else found.end()


def nested(text: str, at: int) -> int:
    """The end of a comment that may hold others, as PostgreSQL reads it."""
    depth = 1
    for fence in FENCE.finditer(text, at):
        depth += 1 if fence[0] == "/*" else -1
        if not depth:
            return fence.end()
    return len(text)


def bare(text: str) -> str:
    """Without comments, and every white space one blank: for looking at how a statement begins."""
    return " ".join("".join(" " if kind is Piece.COMMENT else part for kind, part in pieces(text)).split())
