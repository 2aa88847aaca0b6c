"""The proof: each version's statements against the schemas that it meets on the way. Nothing here touches production.

old × base            what the serving version sends works today, or is unproven everywhere
old × expanded        the gate of the expand step
new × expanded        the gate of the cutover
new × contracted      the gate of the contract step
old × contracted      told: where it works, the contract step could come earlier
new × base            told: where it works, the new version could start before the expand step
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from verdigris.schema.catalog.difference import Change, difference
from verdigris.schema.catalog.snapshot import snapshot
from verdigris.schema.finding import Cell, Proof, Stage, Version
from verdigris.schema.proof.applied import NOWHERE, Way
from verdigris.schema.proof.cells import Place, across, at_home, by_itself, only_told
from verdigris.schema.proof.coverage import coverage
from verdigris.schema.proof.reference import Reference, reference
from verdigris.schema.proof.steps import with_steps
from verdigris.schema.shadow.database import Database
from verdigris.schema.shadow.server import Server
from verdigris.schema.statement import Statement

__all__ = ["NOT_NEW", "Schemas", "prove"]

NO_ROLE = "no role was named, so statements ran as the owner: what the application may do was not tried"
NOT_NEW = (
    "the statements of the new version are not known: whether it works on the expanded schema is not proven"
)


@dataclass(frozen=True, slots=True)
class Schemas:
    """The databases, and what leads from each to the next. Without a contract step there is no third."""

    base: Database
    expanded: Database
    contracted: Database | None = None
    expand: Way = NOWHERE
    contract: Way = NOWHERE


def prove(
    server: Server,
    schemas: Schemas,
    old: Sequence[Statement],
    new: Sequence[Statement] | None = None,
    *,
    role: str = "",
    tell: Callable[[str], None] = lambda sentence: None,
) -> Proof:
    """The whole matrix. Statements are given as they were sent, in that order, the same one as often as it was.

    Without `new` its cells are left out; an empty `new` leaves them unproven.
    """
    expanded = Place(server, schemas.expanded, role)
    before = reference(old, schemas.base, role)
    tell(
        f"{len(before.statements)} different statements of the old version on the base and the expanded schema"
    )
    crossed = across(Version.OLD, Stage.EXPANDED, before, Stage.BASE, expanded)
    cells = [
        at_home(Version.OLD, Stage.BASE, before),
        with_steps(crossed, before, schemas.base, expanded, schemas.expand),
    ]
    told: list[Cell] = []
    if new is not None:
        after = reference(new, schemas.expanded, role)
        tell(f"{len(after.statements)} different statements of the new version on the expanded schema")
        cells += forward(server, schemas, after, role)
        told.append(only_told(Version.NEW, Stage.BASE, after, Place(server, schemas.base, role)))
    if schemas.contracted is not None:
        told.append(only_told(Version.OLD, Stage.CONTRACTED, before, Place(server, schemas.contracted, role)))
    notes = (*server.notes, *([] if role else [NO_ROLE]), *([] if new is not None else [NOT_NEW]))
    return Proof(tuple(cells), coverage(touched(schemas), [*old, *(new or ())]), notes, tuple(told))


def touched(schemas: Schemas) -> list[Change]:
    """What the scripts change, in both steps."""
    stages = [
        snapshot(each) for each in (schemas.base, schemas.expanded, schemas.contracted) if each is not None
    ]
    return [change for before, after in pairwise(stages) for change in difference(before, after)]


def forward(server: Server, schemas: Schemas, after: Reference, role: str) -> list[Cell]:
    """The cells of the new version that a deployment is gated on."""
    here = Place(server, schemas.expanded, role)
    cells = [by_itself(Version.NEW, Stage.EXPANDED, after, here, schemas.contracted)]
    if schemas.contracted is not None:
        place = Place(server, schemas.contracted, role)
        crossed = across(Version.NEW, Stage.CONTRACTED, after, Stage.EXPANDED, place)
        cells.append(with_steps(crossed, after, schemas.expanded, place, schemas.contract))
    return cells
