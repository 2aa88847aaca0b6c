"""A parsed file: its values, and where each of them stands, so that a complaint can point at a line.

Nothing here reads, parses or judges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from verdigris.core.errors import ConfigError

__all__ = ["Complaint", "Document", "Key", "Place", "dotted", "shown"]

COMPLAINTS_MAX = 10
SHOWN_MAX = 60

Key = tuple[str | int, ...]
"""Where a value stands: names of keys, and positions in lists counted from 0."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Line and column as an editor counts them, from 1."""

    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a key: the end of a sentence that begins with the key."""

    key: Key
    sentence: str


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says, and where: `places` knows each key of a mapping and each entry of a list."""

    name: str
    value: object
    places: dict[Key, Place]

    def standing(self, key: Key) -> Key:
        """The key, or as much of it as stands in the file."""
        while key not in self.places:
            key = key[:-1]
        return key

    def at(self, key: Key) -> object:
        """The value of a key that stands in the file."""
        value: Any = self.value
        for part in key:
            value = value[part]
        return value

    def error(self, complaints: Sequence[Complaint]) -> ConfigError:
        """All complaints in the order of the file, a line each."""
        lines = sorted({(self.places[self.standing(c.key)], self._line(c)) for c in complaints})
        shown = [line for _, line in lines[:COMPLAINTS_MAX]]
        more = [f"{self.name}: and {len(lines) - len(shown)} more"] if len(lines) > len(shown) else []
        return ConfigError("\n".join(shown + more))

    def _line(self, complaint: Complaint) -> str:
        stands = self.standing(complaint.key)
        # `router: nginx` is short for `router: {kind: nginx}`: the key is named that the person wrote.
        key = complaint.key if isinstance(self.at(stands), dict | list) else stands
        name = f"{dotted(key)}: " if key else ""
        return f"{self.name}:{self.places[stands]}: {name}{complaint.sentence}"


def dotted(key: Key) -> str:
    """The key as people write it: `cutover.ramp[1].to`. A name that nobody would write is cut, and harmless."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{_name(part)}" for part in key)
    return text.removeprefix(".")


def _name(part: str) -> str:
    return part if part.isprintable() and len(part) <= SHOWN_MAX else shown(part)


def shown(value: object) -> str:
    """A value of the file in a sentence: short, and harmless on a terminal."""
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case _:
            text = repr(value)
            return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…"
