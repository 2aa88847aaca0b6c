"""A parameter as JSON has it, as PostgreSQL's text format has it.

What drivers send is the measure: `true`, a number as it is written, a list as an array (`{1,2}`), an object as JSON.
A list for a parameter that is declared as json or jsonb is JSON.
"""

from __future__ import annotations

import json
from typing import Any

from verdigris.schema.statement import Parameter

__all__ = ["Number", "parameter", "possible"]

DEPTH_MOST = 6
"""Dimensions of an array, as PostgreSQL has them."""
DOCUMENTS = {"json", "jsonb"}


class Number(str):
    """A number as it stands in the file: nothing of it is lost on the way to PostgreSQL, be it long or be it -0."""

    __slots__ = ()


def parameter(value: Any, kind: str = "") -> Parameter:
    """Of a value whose numbers are `Number`. ValueError for what PostgreSQL cannot have, without the value."""
    text = document(value) if kind in DOCUMENTS and isinstance(value, list) else plain(value)
    return None if text is None else possible(text, "a parameter")


def plain(value: Any) -> Parameter:
    if value is None or isinstance(value, str):
        return value if value is None else str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return array(value, DEPTH_MOST) if isinstance(value, list) else document(value)


def array(values: list[Any], depth: int) -> str:
    """The literal of an array, its elements quoted so that none can be taken for anything else."""
    if not depth:
        raise ValueError(f"an array has more than {DEPTH_MOST} dimensions")
    return "{" + ",".join(element(value, depth) for value in values) + "}"


def element(value: Any, depth: int) -> str:
    if isinstance(value, list):
        return array(value, depth - 1)
    text = plain(value)
    if text is None:
        return "NULL"
    if isinstance(value, Number | bool):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def document(value: Any) -> str:
    """JSON again, with its numbers as they were written."""
    if isinstance(value, Number):
        return value
    if isinstance(value, list):
        return "[" + ", ".join(map(document, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {document(its)}" for key, its in value.items()) + "}"
    return json.dumps(value)


def possible(text: str, what: str) -> str:
    """The text, if a connection in UTF-8 can carry it; otherwise a ValueError that says `what` it is."""
    if "\0" in text:
        raise ValueError(f"{what} has a NUL character, which PostgreSQL has in no text")
    if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
        raise ValueError(f"{what} has half a character (a lone surrogate)")
    return text
