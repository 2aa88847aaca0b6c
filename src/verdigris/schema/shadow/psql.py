"""Reads a text of SQL as psql does: its statements with their lines, without a server and without running anything.

Of psql's own commands only those are taken that `pg_dump` writes and that do nothing here; of rows that are to be
copied it is only told that they are there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from verdigris.core.errors import ConfigError

__all__ = ["Piece", "pieces"]

HARMLESS = ("restrict", "unrestrict", "echo", "encoding", "pset", "timing", "unset")
"""Commands that change what psql prints or allows, and no text. `\\set` is none of them."""
LEFT_OUT = re.compile(r"COPY\s.*\sFROM\s+STDIN\b", re.IGNORECASE | re.DOTALL)
BODY = re.compile(r"CREATE\s+(OR\s+REPLACE\s+)?(FUNCTION|PROCEDURE)\b", re.IGNORECASE)
TOKEN = re.compile(
    r"""
      (?P<comment> --[^\n]* )
    | (?P<block> /\* )
    | (?P<quoted> [eE]'[^'\\]*(?:(?:''|\\.)[^'\\]*)*(?:'|\Z) | '[^']*(?:''[^']*)*(?:'|\Z) | "[^"]*(?:""[^"]*)*(?:"|\Z) )
    | (?P<dollar> \$(?P<tag>(?:[^\W\d]\w*)?)\$ )
    | (?P<word> [^\W\d][\w$]* | \d[\w$]* )
    | (?P<command> \\ )
    | (?P<mark> [;()] )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One statement without its semicolon, and the line that it begins in. `rows` is whether it copies rows in."""

    sql: str
    line: int
    rows: bool = False


def pieces(text: str, name: str) -> Iterator[Piece]:
    """The statements of a text in their order. A ConfigError names the line of what only psql can do."""
    reader = _Reader(text, name)
    while (piece := reader.next()) is not None:
        yield piece


class _Reader:
    """Where in the text we are, and in which line."""

    def __init__(self, text: str, name: str) -> None:
        self.text, self.name = text, name
        self.at = self.line = self.counted = 0

    def next(self) -> Piece | None:
        """The next statement; None at the end."""
        self._skip()
        begin = self.at
        if begin >= len(self.text):
            return None
        end = self._end()
        sql, line = self.text[begin:end].rstrip(), self._line(begin)
        if LEFT_OUT.match(sql):
            self._skip_rows(line)
            return Piece(sql, line, rows=True)
        return Piece(sql, line) if sql else self.next()

    def _skip(self) -> None:
        """Over what stands between statements: space, comments, semicolons, and commands that do nothing here."""
        while self.at < len(self.text):
            token = TOKEN.match(self.text, self.at)
            kind = token.lastgroup if token else ""
            if self.text[self.at].isspace() or self.text[self.at] == ";":
                self.at += 1
            elif token and kind == "comment":
                self.at = token.end()
            elif token and kind == "block":
                self.at = self._after_block(token.end())
            elif kind == "command":
                self._command()
            else:
                return

    def _end(self) -> int:
        """Where the statement ends; we stand behind its semicolon then."""
        depth = inner = 0
        body = bool(BODY.match(self.text, self.at))
        while token := TOKEN.search(self.text, self.at):
            self.at = token.end()
            match token.lastgroup:
                case "block":
                    self.at = self._after_block(token.end())
                case "dollar":
                    self.at = self._after_dollar(token)
                case "command":
                    self._refuse(token.start())
                case "word" if body:
                    inner = self._inner(token[0].upper(), inner)
                case "mark" if token[0] != ";":
                    depth = max(depth + (1 if token[0] == "(" else -1), 0)
                case "mark" if not depth and not inner:
                    return token.start()
        self.at = len(self.text)
        return self.at

    @staticmethod
    def _inner(word: str, inner: int) -> int:
        """How deep in a body between BEGIN ATOMIC and END we are: its semicolons end nothing."""
        if word == "BEGIN" or (word == "CASE" and inner):
            return inner + 1
        return max(inner - 1, 0) if word == "END" else inner

    def _after_block(self, at: int) -> int:
        """Comments of this kind stand in one another."""
        depth = 1
        while depth and (found := re.compile(r"/\*|\*/").search(self.text, at)):
            depth += 1 if found[0] == "/*" else -1
            at = found.end()
        return len(self.text) if depth else at

    def _after_dollar(self, token: re.Match[str]) -> int:
        mark = f"${token['tag']}$"
        end = self.text.find(mark, token.end())
        return len(self.text) if end < 0 else end + len(mark)

    def _command(self) -> None:
        end = self.text.find("\n", self.at)
        end = len(self.text) if end < 0 else end
        words = self.text[self.at + 1 : end].split()
        if not words or words[0] not in HARMLESS:
            self._refuse(self.at)
        self.at = end

    def _skip_rows(self, line: int) -> None:
        found = re.compile(r"^\\\.\r?$", re.MULTILINE).search(self.text, self.at)
        if found is None:
            raise ConfigError(
                f"{self.name}: line {line}: the rows of this COPY have no end: a line with \\. alone"
            )
        self.at = found.end()

    def _refuse(self, at: int) -> None:
        word = self.text[at:].split(maxsplit=1)[0][:20]
        raise ConfigError(
            f"{self.name}: line {self._line(at)}: {word} is a command of psql, and the shadow runs SQL alone: "
            "write the schema with pg_dump --schema-only --format=plain, of one database and without --create"
        )

    def _line(self, at: int) -> int:
        """Counted on from the last one, so that a long text is read once."""
        self.line += self.text.count("\n", self.counted, at)
        self.counted = at
        return self.line + 1
