"""The store in memory: what the simulator runs on, quick because frozen values need no copies.

It keeps what the real store promises (`testing.conformance.store` holds both to it) and forgets with its process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from verdigris.core.deployment import FORMAT, Answered, Deployment, Note
from verdigris.core.errors import Conflict
from verdigris.core.judging.lines import heading_line, second_line
from verdigris.core.world import Command
from verdigris.ports import Counted, Event, Filed, Saved

__all__ = ["MemoryStore"]

KEPT = 1000
"""Events that are kept."""
COUNTED = 20
"""Deployments whose seconds are kept."""


def untroubled(call: str, moment: str) -> None:
    """The fault hook when nothing is injected."""


@dataclass
class MemoryStore:
    """`Store` and `Desk` over lists. One writer; every save is a compare-and-swap on the generation.

    `fault` is called with the name of every verb of the store, `before` and `after` its effect: what it raises
    (`StoreUnavailable`, say) reaches the caller, so that a write is refused, or done and its answer lost.
    """

    rows: dict[str, list[Saved]] = field(default_factory=dict)
    log: list[Event] = field(default_factory=list)
    waiting: dict[int, tuple[str, Command]] = field(default_factory=dict)
    answered: dict[int, Answered] = field(default_factory=dict)
    asked: dict[int, Filed] = field(default_factory=dict)
    admitted: dict[int, tuple[bool, str, str]] = field(default_factory=dict)
    keys: dict[tuple[str, str], Filed] = field(default_factory=dict)
    seconds: dict[tuple[str, str], dict[int, Counted]] = field(default_factory=dict)
    number: int = 0
    fault: Callable[[str, str], None] = untroubled

    # --- the controller's side ----------------------------------------------------------------------------

    async def load(self, app: str) -> Saved | None:
        self.fault("load", "before")
        rows = self.rows.get(app)
        return rows[-1] if rows else None

    async def save(
        self,
        saved: Saved,
        expected: int | None,
        notes: Sequence[Note],
        answers: Sequence[Answered],
        wall: float,
        counted: Sequence[Counted] = (),
    ) -> None:
        self.fault("save", "before")
        self.write(saved, expected, notes, answers, wall, counted)
        self.fault("save", "after")

    async def commands(self, app: str) -> tuple[Command, ...]:
        self.fault("commands", "before")
        return tuple(command for owner, command in self.waiting.values() if owner == app)

    async def filed(self, app: str) -> tuple[Filed, ...]:
        self.fault("filed", "before")
        return tuple(filed for filed in self.asked.values() if filed.app == app)

    async def settle(self, filed: Filed, accepted: bool, sentence: str, deployment: str = "") -> None:
        self.fault("settle", "before")
        if self.asked.pop(filed.id, None) is not None:
            self.admitted[filed.id] = (accepted, sentence, deployment)
        self.fault("settle", "after")

    def write(
        self,
        saved: Saved,
        expected: int | None,
        notes: Sequence[Note],
        answers: Sequence[Answered],
        wall: float,
        counted: Sequence[Counted] = (),
    ) -> None:
        """What `save` does, at once."""
        d = saved.deployment
        if d.format > FORMAT:
            raise Conflict(f"{d.id} was written by a newer verdigris. It is left alone: use that version")
        rows = self.rows.setdefault(d.app, [])
        row = next((n for n in reversed(range(len(rows))) if rows[n].deployment.id == d.id), None)
        present = rows[row].deployment.generation if row is not None else None
        if present != expected:
            raise Conflict(f"{d.id} has generation {present}, expected {expected}: somebody else wrote")
        if row is not None and row != len(rows) - 1:
            raise Conflict(f"{d.id} is over: {rows[-1].deployment.id} is the newest deployment of {d.app}")
        if row is None:
            rows.append(saved)
        else:
            rows[row] = saved
        self.note(d, notes, wall)
        self.count_up(d, counted)
        for answer in answers:
            if self.waiting.pop(answer.command, None) is not None:
                self.answered[answer.command] = answer

    def note(self, d: Deployment, notes: Sequence[Note], wall: float) -> None:
        for note in notes:
            self.number += 1
            self.log.append(
                Event(
                    self.number,
                    wall,
                    d.app,
                    d.id,
                    d.generation,
                    d.phase,
                    note.kind,
                    note.sentence,
                    note.evidence,
                )
            )
        del self.log[:-KEPT]

    def count_up(self, d: Deployment, counted: Sequence[Counted]) -> None:
        for one in counted:
            if one.heading is not None and not one.heading.goes_on:
                self.seconds[d.app, d.id] = {}
            self.seconds.setdefault((d.app, d.id), {}).setdefault(one.at, one)
        while len(self.seconds) > COUNTED:
            del self.seconds[next(iter(self.seconds))]

    # --- the operator's side ------------------------------------------------------------------------------

    def newest(self, app: str | None = None) -> Saved | None:
        rows = self.rows.get(app) if app is not None else None
        return rows[-1] if rows else next(iter(self.deployments(1, app)), None)

    def deployments(self, limit: int = 50, app: str | None = None) -> tuple[Saved, ...]:
        """The newest first. Between apps the order is that of their first deployments."""
        kept = (self.rows.get(app, []),) if app is not None else tuple(self.rows.values())
        return tuple(saved for rows in reversed(kept) for saved in reversed(rows))[:limit]

    def newest_deployment(self, app: str) -> Deployment | None:
        rows = self.rows.get(app)
        return rows[-1].deployment if rows else None

    def generation(self, app: str) -> int | None:
        d = self.newest_deployment(app)
        return d.generation if d else None

    def events(
        self,
        after: int = 0,
        deployment: str | None = None,
        limit: int = 1000,
        *,
        app: str | None = None,
        newest: bool = False,
    ) -> tuple[Event, ...]:
        found = [
            e
            for e in self.log
            if e.number > after and deployment in (None, e.deployment) and app in (None, e.app)
        ]
        return tuple(found[-limit:] if newest else found[:limit])

    def deployment(self, deployment: str, app: str) -> Saved | None:
        return next((saved for saved in self.rows.get(app, []) if saved.deployment.id == deployment), None)

    def turns(self, deployment: str, app: str, after: int = 0) -> tuple[Event, ...]:
        found = self.events(after=after, deployment=deployment, limit=KEPT, app=app)
        return tuple(event for event in found if event.kind in ("phase", "step"))

    def count(self, deployment: str, app: str, after: int, before: int) -> int:
        return sum(
            event.number < before
            for event in self.events(after=after, deployment=deployment, limit=KEPT, app=app)
        )

    def counts(self, deployment: str, app: str) -> tuple[str, ...]:
        lines: list[str] = []
        for one in self.seconds.get((app, deployment), {}).values():
            lines += [heading_line(one.heading)] if one.heading is not None else []
            lines.append(second_line(one.counts))
        return tuple(lines)

    def evidence(self, deployment: str, app: str) -> tuple[tuple[int, float], ...]:
        return tuple((one.at, one.ln_e) for one in self.seconds.get((app, deployment), {}).values())

    def file(self, app: str, command: Command) -> int:
        number = len(self.waiting) + len(self.answered) + 1
        self.waiting[number] = (app, replace(command, id=number))
        return number

    def answer(self, command: int) -> tuple[bool, str] | None:
        found = self.answered.get(command)
        return (found.accepted, found.sentence) if found else None

    def file_deployment(self, filed: Filed) -> int:
        same = self.keys.get((filed.app, filed.key))
        if same is None:
            same = replace(filed, id=len(self.keys) + 1)
            self.keys[filed.app, filed.key] = self.asked[same.id] = same
        elif (same.release.version, same.release.digest) != (filed.release.version, filed.release.digest):
            raise Conflict(f"the key {filed.key} was used for {same.release.version} already")
        elif not self.admitted.get(same.id, (True, "", ""))[0]:
            del self.admitted[same.id]
            self.asked[same.id] = replace(filed, id=same.id)
        return same.id

    def admission(self, filed: int) -> tuple[bool, str, str] | None:
        return self.admitted.get(filed)
