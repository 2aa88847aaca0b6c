"""Which steps let users of production wait for long: measured on a copy, weighed with production's sizes.

What cannot be measured is a note; where a table is large it is a doubt as well, and nothing is proven then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from verdigris.core.errors import VerdigrisError
from verdigris.schema.script import Kind
from verdigris.schema.shadow.database import Database, client, first_line
from verdigris.schema.shadow.production import PAGE, Size
from verdigris.schema.shadow.server import Server
from verdigris.schema.tools.scripts import Scripts
from verdigris.schema.tools.tool import Step, Tool
from verdigris.schema.trace.advice import holding, safer
from verdigris.schema.trace.facts import Traced
from verdigris.schema.trace.listener import install, remove
from verdigris.schema.trace.measure import measure
from verdigris.schema.trace.tracing import fill, named
from verdigris.schema.trace.weigh import LONG, WRITTEN, together, weigh

__all__ = ["Found", "Hazard", "found", "told"]

STATEMENT_MOST = 200
"""Characters of a statement that a sentence shows."""
PUBLIC = "public."
BY_ITSELF = (
    "{}: its tool runs this backfill by itself, so nothing pauses it while replicas are behind or the"
    " application is slow: let it rest between batches"
)


@dataclass(frozen=True, slots=True)
class Hazard:
    """One statement of a step: what it holds, and the way that lets nobody wait. `seconds` are the least that its
    transaction takes; without end where rows are gone.
    """

    step: str
    sql: str
    holds: str
    ways: tuple[str, ...] = ()
    seconds: float = 0.0

    def __str__(self) -> str:
        otherwise = f" Instead: {'; '.join(self.ways)}" if self.ways else ""
        return f"{self.step}: `{self.sql}`: {self.holds}{otherwise}"


@dataclass(frozen=True, slots=True)
class Found:
    """`doubt` is a sentence where steps were not measured and a table is so large that they may let users wait."""

    hazards: tuple[Hazard, ...] = ()
    notes: tuple[str, ...] = ()
    doubt: str = ""


def found(
    server: Server, base: Database, tool: Tool, steps: Sequence[Step], sizes: Mapping[str, Size],
    tell: Callable[[str], None],
) -> Found:  # fmt: skip
    """The hazards of those steps one after the other, and what could not be measured."""
    hazards, notes, doubt = list[Hazard](), list[str](), ""
    ours = isinstance(tool, Scripts)
    notes += [BY_ITSELF.format(step) for step in steps if filling(step) and not ours]
    left = [step for step in steps if not (filling(step) and ours)]
    with server.copy(base) as copy:
        while left:
            name = str(left[0])
            tell(f"{name}: its locks are measured on the shadow")
            try:
                hazards += weighed(name, measured(copy, tool, left[0], server.own), sizes)
                left.pop(0)
            except (VerdigrisError, client().Error) as error:
                # It ran on another copy before, so this says nothing against the step; those behind it need it.
                why = str(error) if isinstance(error, VerdigrisError) else first_line(error)
                names = ", ".join(map(str, left))
                doubt = f"{names}: which locks it takes was not measured: {why}"
                notes.append(doubt)
                break
    return Found(tuple(hazards), tuple(notes), doubtful(doubt, sizes))


def filling(step: Step) -> bool:
    """Of files we run it in small batches, whatever its text says; another's tool runs it as it stands."""
    return step.declared is Kind.BACKFILL


def doubtful(doubt: str, sizes: Mapping[str, Size]) -> str:
    """Which table a step touches nobody knows either, so the largest one decides."""
    name, size = max(sizes.items(), key=lambda item: item[1].bytes, default=("", Size(0, 0.0, 0)))
    if not doubt or size.bytes / WRITTEN < LONG:
        return ""
    way = "Try it with a shadow that can be listened to, or set schema.hazards: allowed"
    return f"{doubt}; {name.removeprefix(PUBLIC)} has {size.bytes >> 20:,} MB. {way}"


def measured(copy: Database, tool: Tool, step: Step, own: bool) -> tuple[Traced, ...]:
    """What each statement of a step does: of files by ourselves, of another's tool by listening to it."""
    with copy.connected() as connection:
        connection.execute("SET client_min_messages = error")
        fill(connection)
        if isinstance(tool, Scripts):
            return tuple(measure(connection, tool.script(step), own=own))
        listener = install(connection)
        try:
            tool.run(copy.url(), step)
            return listener.heard(connection)
        finally:
            remove(connection)


def weighed(step: str, traced: Sequence[Traced], sizes: Mapping[str, Size]) -> list[Hazard]:
    """What the release itself has made is not in production, and as good as empty."""
    nothing = {touch.relation: 0 for one in traced for touch in one.touches}
    whole = nothing | named(sizes)
    rows = {name.removeprefix(PUBLIC): size.pages * PAGE for name, size in sizes.items()}
    found = weigh(traced, whole)
    seconds = together(found, whole, rows)
    return [
        Hazard(
            step, " ".join(one.traced.sql.split())[:STATEMENT_MOST], holding(one, whole), safer(one),
            seconds[one.traced.transaction],
        )
        for one in found
        if one.hazard is not None
    ]  # fmt: skip


def told(hazards: Sequence[Hazard]) -> str:
    """Why the step is refused: the one for which users wait longest; "" where none of them is as long as that."""
    worst = max(hazards, key=lambda hazard: hazard.seconds, default=None)
    if worst is None or worst.seconds < LONG:
        return ""
    way = "; ".join((*worst.ways, "or set schema.hazards: allowed and deploy when nobody minds"))
    does = (
        "takes rows away"
        if worst.seconds == inf
        else f"keeps users waiting for {worst.seconds:.0f} s at least"
    )
    return f"{worst.step} {does}: `{worst.sql}`: {worst.holds} {way[0].upper()}{way[1:]}"
