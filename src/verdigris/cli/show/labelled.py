"""A text with a label before its first line, both within the window."""

from __future__ import annotations

from verdigris.cli.show.ink import Ink, Line, line, wrapped

__all__ = ["labelled"]

COLUMN = 15


def labelled(label: str, text: str, width: int, ink: Ink = Ink.PLAIN, column: int = COLUMN) -> list[Line]:
    """`column` are the letters that the label has for itself."""
    rows = wrapped(text, max(width - column - 2, 16), ink)
    names = [label, *[""] * len(rows)]
    return [
        (*line((f"  {name.ljust(column)}", Ink.DIM)), *row) for name, row in zip(names, rows, strict=False)
    ]
