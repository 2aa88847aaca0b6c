"""What the router's map holds for one app: one row that is the pointer, and beside it versions and members.

The row carries share, fallback, generation and installation together, so that one command moves all of them.
The table is the whole of a routing: the configuration file is made from it, and a restart comes up with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from verdigris.adapters.routers.haproxy.settings import split_address
from verdigris.core.errors import ActionError, ConfigError
from verdigris.core.world import Cohort, Member, Pause, PerSlot, Routing, Slot, Weights

__all__ = ["NONE", "Placed", "Row", "Table"]

NONE = "-"
"""What stands in the map for nothing: HAProxy's maps know no empty value."""

SHARE = re.compile(r"green=(100|[1-9]?[0-9])(/|$)", re.ASCII)
"""What HAProxy asks of a row, in the same words: a row that is not like this gets 503 for everybody."""

COHORT = re.compile(r"/cohort=([A-Za-z0-9._-]{1,64})/new=(blue|green)/", re.ASCII)
PAUSE = re.compile(r"/pause=(safe|all|maintenance)/", re.ASCII)
STAMP = re.compile(r"/generation=([0-9]{1,18})/installation=([A-Za-z0-9-]{1,64})$", re.ASCII)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,62}", re.ASCII)
PLACE = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Row:
    """The pointer. `generation` is None when the row bears no stamp: somebody wrote it by hand."""

    green: int
    fallback: Slot | None = None
    generation: int | None = None
    installation: str = ""
    cohort: Cohort | None = None
    pause: Pause = Pause.NONE

    @classmethod
    def of(cls, routing: Routing, generation: int, installation: str) -> Row:
        """The row that does a routing."""
        return cls(
            routing.weights.green, routing.fallback, generation, installation, routing.cohort, routing.pause
        )

    @classmethod
    def parse(cls, text: str) -> Row | None:
        """The row as HAProxy understands it; None when it does not."""
        share, stamp = SHARE.match(text), STAMP.search(text)
        if not share:
            return None
        fallback = next((slot for slot in Slot if f"/fallback={slot}/" in text), None)
        cohort, pause = COHORT.search(text), PAUSE.search(text)
        row = cls(
            int(share[1]),
            fallback,
            int(stamp[1]) if stamp else None,
            stamp[2] if stamp else "",
            Cohort(cohort[1], Slot(cohort[2])) if cohort else None,
            Pause(pause[1]) if pause else Pause.NONE,
        )
        # One that bears our stamp and is not as we write it was edited by hand: it confirms nothing.
        return (
            row
            if row.generation is None or str(row) == text
            else replace(row, generation=None, installation="")
        )

    def __str__(self) -> str:
        """Share, fallback, salt and new slot always have the same places: HAProxy takes them by number."""
        salt, favoured = (self.cohort.salt, self.cohort.favoured) if self.cohort else (NONE, NONE)
        text = f"green={self.green}/fallback={self.fallback or 'none'}/cohort={salt}/new={favoured}/"
        if self.pause is not Pause.NONE:
            text += f"pause={self.pause}/"
        if self.generation is None:
            return text
        return f"{text}generation={self.generation}/installation={self.installation}"

    @property
    def weights(self) -> Weights:
        return Weights(100 - self.green, self.green)


@dataclass(frozen=True, slots=True)
class Placed:
    """A member and the number of the place it has among its slot's servers; the first is 1."""

    member: Member
    place: int

    def __str__(self) -> str:
        return f"{self.member.name}@{self.member.address}@{self.place}"


NO_VERSIONS = PerSlot("", "")
NOBODY: PerSlot[tuple[Placed, ...]] = PerSlot((), ())


@dataclass(frozen=True, slots=True)
class Table:
    """Everything the map holds for one app."""

    row: Row
    versions: PerSlot[str] = NO_VERSIONS
    placed: PerSlot[tuple[Placed, ...]] = NOBODY

    @property
    def places(self) -> int:
        """The highest place that is taken."""
        return max((p.place for slot in Slot for p in self.placed[slot]), default=0)

    def entries(self, app: str) -> dict[str, str]:
        """Key and value of every row of the map."""
        found = {app: str(self.row)}
        for slot in Slot:
            found[f"{app}/{slot}/version"] = self.versions[slot] or NONE
            found[f"{app}/{slot}/members"] = ",".join(map(str, self.placed[slot])) or NONE
        return found

    @classmethod
    def read(cls, app: str, entries: Mapping[str, str]) -> Table | None:
        """The table in a map; None when its row is missing or none. What else is unreadable counts as absent."""
        row = Row.parse(entries.get(app, ""))
        if row is None:
            return None
        versions = [entries.get(f"{app}/{slot}/version", NONE) for slot in Slot]
        placed = [_placed(entries.get(f"{app}/{slot}/members", NONE)) for slot in Slot]
        return cls(
            row,
            PerSlot(*("" if not VERSION.fullmatch(v) else v for v in versions)),
            PerSlot(placed[0], placed[1]),
        )

    def become(self, routing: Routing, row: Row, places: int) -> Table:
        """The table of `routing`. A member that stays keeps its place; new ones take free ones before used ones."""
        if row.cohort and not COHORT.search(str(row)):
            raise ActionError(f"{row.cohort.salt[:80]!r} cannot be a salt; use letters, digits and dashes")
        for slot in Slot:
            if routing.versions[slot] and not VERSION.fullmatch(routing.versions[slot]):
                raise ActionError(f"{slot}: {routing.versions[slot][:80]!r} cannot stand in X-API-Version")
        seated = [_seat(self.placed[slot], routing.members[slot], places) for slot in Slot]
        return replace(self, row=row, versions=routing.versions, placed=PerSlot(seated[0], seated[1]))


def _placed(text: str) -> tuple[Placed, ...]:
    found = []
    for part in text.split(",") if text != NONE else ():
        pieces = part.split("@")
        if len(pieces) != 3 or not PLACE.fullmatch(pieces[2]) or not NAME.fullmatch(pieces[0]):
            return ()
        found.append(Placed(Member(pieces[0], pieces[1]), int(pieces[2])))
    return tuple(found)


def _seat(before: tuple[Placed, ...], members: tuple[Member, ...], places: int) -> tuple[Placed, ...]:
    for member in members:
        _check(member)
    kept = {p.member.address: p.place for p in before if p.member.address in {m.address for m in members}}
    leaving = {p.place for p in before} - set(kept.values())
    free = [i for i in range(1, places + len(members) + 1) if i not in kept.values()]
    free.sort(key=lambda place: (place > places, place in leaving, place))
    rest = iter(free)
    return tuple(Placed(m, kept[m.address] if m.address in kept else next(rest)) for m in members)


def _check(member: Member) -> None:
    if not NAME.fullmatch(member.name):
        raise ActionError(
            f"{member.name[:80]!r} cannot be the name of a member; use letters, digits, dots and dashes"
        )
    try:
        split_address(member.address, member.name)
    except ConfigError as error:
        raise ActionError(str(error)) from error
