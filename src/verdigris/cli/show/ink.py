"""Lines of coloured text: how a screen is put together, whatever draws it in the end.

Every text that comes in is made harmless: what a terminal could act on is escaped, so that no application can move
the cursor of the person who reads its last words. Nothing here knows what the words mean.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import accumulate

__all__ = [
    "Ink",
    "Line",
    "Span",
    "beside",
    "clean",
    "fit",
    "join",
    "line",
    "painted",
    "plain",
    "width",
    "wrapped",
]


class Ink(StrEnum):
    """What a text is painted in, as the style that rich knows."""

    PLAIN = ""
    DIM = "dim"
    BOLD = "bold"
    GOOD = "green"
    BAD = "bold red"
    WARN = "yellow"
    NOW = "bold cyan"
    BLUE = "bold blue"
    GREEN = "bold green"
    COMMAND = "cyan"


CODES = {
    Ink.DIM: "2",
    Ink.BOLD: "1",
    Ink.GOOD: "32",
    Ink.BAD: "1;31",
    Ink.WARN: "33",
    Ink.NOW: "1;36",
    Ink.BLUE: "1;34",
    Ink.GREEN: "1;32",
    Ink.COMMAND: "36",
}


@dataclass(frozen=True, slots=True)
class Span:
    """Some text in one ink."""

    text: str
    ink: Ink = Ink.PLAIN


Line = tuple[Span, ...]


def clean(text: str) -> str:
    """The text on one line, with everything that a terminal could act on escaped."""
    if text.isprintable():
        return text
    parts = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in text.expandtabs(4))
    return "".join(parts)


def line(*parts: str | Span | tuple[str, Ink]) -> Line:
    """A line of texts, each with an ink of its own or none."""
    spans = (
        part if isinstance(part, Span) else Span(*((part,) if isinstance(part, str) else part))
        for part in parts
    )
    return tuple(replace(span, text=clean(span.text)) for span in spans if span.text)


def join(lines: Iterable[Line], between: str = "  ") -> Line:
    """Several lines as one."""
    joined: list[Span] = []
    for one in lines:
        joined += [Span(between)] if joined and one else []
        joined += one
    return tuple(joined)


def width(text: str | Line) -> int:
    """The columns that it takes on a terminal."""
    if not isinstance(text, str):
        return sum(width(span.text) for span in text)
    return len(text) if text.isascii() else sum(map(columns, text))


def columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fit(one: Line, most: int, pad: bool = False) -> Line:
    """The line cut to `most` columns, an ellipsis at the cut; filled up with blanks on request."""
    left, kept = most, []
    whole = width(one) <= most
    for span in one:
        text = span.text if whole else cut(span.text, left, width(one) > most)
        left -= width(text)
        kept += [replace(span, text=text)] if text else []
        if not whole and (left <= 0 or text != span.text):
            break
    return (*kept, Span(" " * left)) if pad and left > 0 else tuple(kept)


def cut(text: str, most: int, ellipsis: bool) -> str:
    if width(text) < most:
        return text
    kept = text[: fitting(text, most - ellipsis)]
    return kept + "…" * (ellipsis and most > 0)


def fitting(text: str, most: int) -> int:
    """How many characters from its beginning on fit."""
    ends = accumulate(map(columns, text))
    return next((at for at, end in enumerate(ends) if end > most), len(text))


def wrapped(text: str, most: int, ink: Ink = Ink.PLAIN) -> list[Line]:
    """The text in as many lines as it needs; a word that is longer than a line is broken."""
    rows: list[str] = [""]
    for word in clean(text).split(" "):
        for piece in pieces(word, most):
            longer = f"{rows[-1]} {piece}" if rows[-1] else piece
            if width(longer) <= most:
                rows[-1] = longer
            else:
                rows.append(piece)
    return [(Span(row, ink),) for row in rows]


def pieces(word: str, most: int) -> list[str]:
    """The word in parts that fit a line each, in one walk: words of others have any length."""
    parts, used = [""], 0
    for character in word:
        used += columns(character)
        if used > most and parts[-1]:
            parts.append("")
            used = columns(character)
        parts[-1] += character
    return parts


def beside(left: Sequence[Line], right: Sequence[Line], each: int, gap: int = 2) -> list[Line]:
    """Two columns of lines, each as wide as `each`."""
    height = max(len(left), len(right))
    pairs = zip([*left, *[()] * (height - len(left))], [*right, *[()] * (height - len(right))], strict=True)
    return [(*fit(one, each, pad=True), Span(" " * gap), *fit(two, each)) for one, two in pairs]


def plain(lines: Iterable[Line]) -> str:
    """The lines without colours and without blanks at their ends."""
    return "\n".join("".join(span.text for span in one).rstrip() for one in lines)


def painted(lines: Iterable[Line]) -> str:
    """The lines with colours, for a terminal."""
    return "\n".join("".join(map(paint, one)) for one in lines)


def paint(span: Span) -> str:
    code = CODES.get(span.ink)
    return f"\x1b[{code}m{span.text}\x1b[0m" if code else span.text
