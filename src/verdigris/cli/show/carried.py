"""What was carried out on production by hand, what was proven before it, and what is left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from verdigris.cli.exits import Exit
from verdigris.cli.show.ink import Ink, Line, line, wrapped
from verdigris.core.world import Proven

if TYPE_CHECKING:
    from verdigris.schema.jobs.papers import Answer

__all__ = ["Carried", "Kept", "carried_document", "carried_lines"]

INKS = {Proven.PROVEN: Ink.GOOD, Proven.DISPROVEN: Ink.BAD, Proven.UNPROVEN: Ink.WARN}
LABEL = 13


@dataclass(frozen=True, slots=True)
class Kept:
    """What was taken away and can be had back: `due` is when it is really dropped, as a date and a time of day."""

    what: str
    due: str


@dataclass(frozen=True, slots=True)
class Carried:
    """`steps` are what was carried out now, `owed` what is left and why, `kept` and `dropped` what was taken away."""

    sentence: str
    steps: tuple[str, ...] = ()
    owed: tuple[str, ...] = ()
    proof: Answer | None = None
    exit: Exit = Exit.GOOD
    kept: tuple[Kept, ...] = ()
    dropped: tuple[str, ...] = ()


def carried_lines(found: Carried, width: int) -> list[Line]:
    """For people."""
    mark = ("✔ ", Ink.GOOD) if found.exit is Exit.GOOD else ("✖ ", Ink.BAD)
    head = [
        (*line(mark if number == 0 else "  "), *row)
        for number, row in enumerate(wrapped(found.sentence, width - 2))
    ]
    return [*head, *details(found, width)]


def details(found: Carried, width: int) -> Iterator[Line]:
    yield from labelled("carried out", found.steps, width)
    if found.proof and found.exit is Exit.GOOD:
        yield from labelled(found.proof.outcome, [found.proof.sentence], width, INKS[found.proof.outcome])
    yield from labelled("left", found.owed, width)
    yield from labelled("dropped", found.dropped, width)
    yield from labelled("kept", [f"{kept.what}, until {kept.due}" for kept in found.kept], width)


def labelled(label: str, texts: Iterable[str], width: int, ink: Ink = Ink.DIM) -> Iterator[Line]:
    """Rows under each other, the first behind its label."""
    rows = [row for text in texts if text for row in wrapped(text, max(width - LABEL - 2, 16))]
    for number, row in enumerate(rows):
        yield (*line("  ", ((label if number == 0 else "").ljust(LABEL), ink)), *row)


def carried_document(found: Carried) -> dict[str, Any]:
    """For programs."""
    answer = found.proof
    return {
        "type": "result", "exit": int(found.exit), "sentence": found.sentence,
        "proof": {"verdict": str(answer.outcome), "sentence": answer.sentence} if answer else None,
        "carried_out": list(found.steps), "owed": list(found.owed), "dropped": list(found.dropped),
        "kept": [{"what": kept.what, "due": kept.due} for kept in found.kept],
    }  # fmt: skip
