"""Placeholders of the drivers (`%s`, `%(name)s`, `?`, `:name`, `@name`) as PostgreSQL's own, `$1`.

What stands in texts, names, comments and dollar quotes is no placeholder, nor is `::`, nor the operator `?` of jsonb.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum

from verdigris.schema.sources.tokens import LEXICAL, Token, tokens

__all__ = ["Style", "numbered"]


class Style(StrEnum):
    """How a driver or a tool spells a parameter."""

    DOLLAR = "$1"
    FORMAT = "%s"
    """psycopg, Django: `%s` and `%(name)s`, with `%%` for a percent sign, in texts as well."""
    QUESTION = "?"
    """JDBC, SQLite, ODBC; `??` is JDBC's spelling of the operator `?`."""
    COLON = ":name"
    """SQLAlchemy's text(), JPA, Oracle; `\\:` is a colon."""
    AT = "@name"
    """sqlc, with `sqlc.arg(name)`, `sqlc.narg(name)` and `sqlc.embed(table)`; npgsql, pgx."""


SPELT = {
    Style.DOLLAR: r"(?P<never>(?!))",
    Style.FORMAT: r"(?P<percent>%%)|(?P<hole>%[sbt]|%\([^()]+\)[sbt])",
    Style.QUESTION: r"(?P<percent>\?\?)|(?P<hole>\?[|&]?+(?!\|))|(?P<hole2>\?)",
    Style.COLON: r"(?P<percent>\\:)|(?P<cast>::)|(?P<hole>(?<!\w):[^\W\d]\w*+(?!:(?!:)))",
    Style.AT: r"(?P<embed>\bsqlc\.embed\(\s*\w+\s*\))|(?P<hole>\bsqlc\.(?:narg|arg|slice)\(\s*['\"]?\w+['\"]?\s*\)"
    r"|(?<![@<>!~#&|?*+=^%/-])@[^\W\d]\w*+)",
}
LEXERS = {style: re.compile(f"{spelt}|{LEXICAL}", re.VERBOSE | re.DOTALL) for style, spelt in SPELT.items()}
HOLES = ("hole", "hole2")
VALUE_BEGINS = """
all and any array as between by call case cross default distinct do else escape except execute fetch filter first for
from group having ilike in insert intersect into is join lateral like limit next not of offset on only or order overlaps
over partition range returning row rows select set similar some symmetric table then to union using values when where
window with interval date time timestamp timestamptz
"""
BEFORE_VALUE = frozenset(VALUE_BEGINS.split())
"""Words after which a value may begin; after any other word, as after a value, `?` is an operator."""


def numbered(sql: str, style: Style) -> tuple[str, tuple[str, ...]]:
    """The text with `$1`, `$2` …, and the names of its parameters in their order, "" for one without a name.

    The same name is the same parameter. Where the text has `$1` of its own, the others follow after them.
    """
    taken = Taken(sql)
    said: list[str] = []
    before: Token | None = None
    for token in tokens(sql, LEXERS[style]):
        said.append(taken.instead(token, before, style))
        if token.kind not in ("space", "comment"):
            # A hole that stays as it was is an operator, and what follows an operator is a value.
            before = Token("other", token.text) if token.kind in HOLES and said[-1] == token.text else token
    return "".join(said), tuple(taken.names)


class Taken:
    """The numbers that are given already, and to which names."""

    def __init__(self, sql: str) -> None:
        own = [int(text[1:7]) for kind, text in tokens(sql) if kind == "parameter"]
        self.names = [""] * min(max(own, default=0), 65_535)
        self._numbers: dict[str, int] = {}

    def instead(self, token: Token, before: Token | None, style: Style) -> str:
        """What is written in place of the piece."""
        kind, text = token
        if kind == "percent":
            return text[1:]
        if kind == "embed":
            return text.partition("(")[2].rstrip(")").strip() + ".*"
        if kind in HOLES:
            return SAID[style](self, text, before)
        return text.replace("%%", "%") if style is Style.FORMAT and kind in ("text", "name") else text

    def number(self, name: str) -> str:
        """A new one, or that of the name."""
        found = self._numbers.get(name) if name else None
        if found is None:
            self.names.append(name)
            found = len(self.names)
            if name:
                self._numbers[name] = found
        return f"${found}"


def in_format(taken: Taken, text: str, before: Token | None) -> str:
    return taken.number(text[2:-2] if text.startswith("%(") else "")


def in_question(taken: Taken, text: str, before: Token | None) -> str:
    """An operator where a value has gone before it: `data ? 'key'`; a parameter anywhere else: `id = ?`."""
    if before is not None and a_value(before):
        return text
    return taken.number("") + text[1:]


def a_value(token: Token) -> bool:
    kind, text = token
    if kind == "word":
        return text.lower() not in BEFORE_VALUE
    return kind in ("text", "name", "parameter", "number", *HOLES) or text in (")", "]")


def in_name(taken: Taken, text: str, before: Token | None) -> str:
    return taken.number(re.findall(r"\w+", text)[-1])


SAID: dict[Style, Callable[[Taken, str, Token | None], str]] = {
    Style.FORMAT: in_format,
    Style.QUESTION: in_question,
    Style.COLON: in_name,
    Style.AT: in_name,
}
