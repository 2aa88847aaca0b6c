"""Two columns of which each version of the application knows one, and how a migration that expands declares them.

-- sync: orders total cents
-- up: round({value} * 100)
-- down: {value} / 100.0

One in Python says the same without the dashes and the first word: `verdigris_sync = "orders total cents"`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from verdigris.core.errors import ConfigError
from verdigris.schema.running.words import Sentence

__all__ = ["Twins", "twins_of", "twins_said"]

DECLARED = re.compile(r"^[ \t]*--[ \t]*(sync|up|down)[ \t]*:[ \t]*(.*?)[ \t]*$", re.MULTILINE)
MAPPING = re.compile(r"\s*(?:up|down)\s*:|\s*$")


@dataclass(frozen=True, slots=True)
class Twins:
    """`old` and `new` are columns of `table`, which is as SQL writes it.

    `up` gives the new value and `down` the old one, SQL in which `{value}` stands for the other twin and `NEW.other`
    for another column of the row; "" is the value itself, cast. They have to be able to map whatever is written.
    """

    table: str
    old: str
    new: str
    up: str = ""
    down: str = ""

    def __str__(self) -> str:
        return f"{self.table}: {self.old} and {self.new}"


def twins_of(name: str, text: str) -> tuple[Twins, ...]:
    """Those that a file declares, in their order; none where it says nothing. ConfigError for what is none."""
    found: list[Twins] = []
    for what, value in DECLARED.findall(text.replace("\r\n", "\n")):
        if what == "sync":
            found.append(named(name, value))
        elif found:  # up and down of nothing are somebody's own words
            found[-1] = replace(found[-1], **{what: value})
    return tuple(found)


def twins_said(name: str, value: object) -> tuple[Twins, ...]:
    """Those of an attribute: a text, or several; none where it is None. ConfigError for what is none."""
    if value is None:
        return ()
    several = value if isinstance(value, list | tuple) else [value]
    return tuple(found for text in several for found in one_said(name, text))


def one_said(name: str, text: object) -> tuple[Twins, ...]:
    """The first line names them; those behind it may map one to the other."""
    first, *rest = str(text if isinstance(text, str) else "").strip().splitlines() or [""]
    lines = [f"-- sync: {first}", *(f"-- {line.strip()}" for line in rest)]
    if not isinstance(text, str) or not all(MAPPING.match(line) for line in rest):
        raise complaint(name, text)
    return twins_of(name, "\n".join(lines))


def complaint(name: str, value: object) -> ConfigError:
    told = " ".join(str(value).split())
    return ConfigError(
        f"{name}: sync: {told}: write the table, the old column and the new one: orders total cents"
    )


def named(name: str, value: str) -> Twins:
    sentence = Sentence(value)
    table = sentence.name()
    end = sentence.words[sentence.at - 1].end if table else 0
    old, new = sentence.identifier(), sentence.identifier()
    if table is None or old is None or new is None or not sentence.over:
        raise complaint(name, value)
    return Twins(value[:end], old, new)
