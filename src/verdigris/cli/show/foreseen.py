"""What a deploy of now would do to the schema, as a plan says it."""

from __future__ import annotations

from dataclasses import dataclass

from verdigris.cli.show.ink import Ink, Line
from verdigris.cli.show.labelled import labelled
from verdigris.core.world import Proven

__all__ = ["Foreseen", "foreseen_lines"]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """`expand` are steps that would be carried out beside the version that serves, `contract` those that are left for
    when it is gone. `refused` says that the answer would end the deploy in its preflight."""

    expand: tuple[str, ...] = ()
    contract: tuple[str, ...] = ()
    verdict: str = str(Proven.OWED)
    sentence: str = ""
    hazards: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refused: bool = False


def foreseen_lines(found: Foreseen, width: int) -> list[Line]:
    """What the release does to the schema, what the proof of it came to, and who would wait."""
    steps = [f"{name} is carried out in expand" for name in found.expand]
    steps += [f"{name} is carried out in contract" for name in found.contract]
    ink = Ink.BAD if found.refused else Ink.PLAIN
    proof = f"{found.verdict}: {found.sentence}" if found.sentence else found.verdict
    rows = [("schema" if not index else "", text, Ink.PLAIN) for index, text in enumerate(steps)]
    rows += [("proof", proof, ink), *(("hazard", text, Ink.WARN) for text in found.hazards)]
    rows += [("note", text, Ink.DIM) for text in found.notes]
    return [(), *(row for label, text, ink in rows for row in labelled(label, text, width, ink))]
