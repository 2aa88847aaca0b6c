"""Several apps at one glance: one line for each, who runs them, and what to type to see more of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from verdigris.cli.show.drilled import abandoned_words
from verdigris.cli.show.held import pause_words
from verdigris.cli.show.ink import Ink, Line, fit, line
from verdigris.cli.show.lanes import Lane, lane
from verdigris.cli.show.status import Staff, staff_lines
from verdigris.core.lifecycle import ENDINGS
from verdigris.core.world import Slot
from verdigris.ports import Snapshot

__all__ = ["overview_lines"]

PHASES = {"succeeded": Ink.GOOD, "rolled_back": Ink.BAD, "aborted": Ink.WARN, "stuck": Ink.BAD}
WAITED = 46


def overview_lines(
    seen: Mapping[str, Snapshot | None], staff: Staff, now: float, width: int, expiring: Sequence[str] = ()
) -> list[Line]:
    """The apps in their order; None for one of which nothing was ever seen."""
    rows = {app: cells(s) for app, s in seen.items() if s is not None}
    columns = [max((len(row[n]) for row in rows.values()), default=0) for n in range(4)]
    longest = max(map(len, seen), default=0)
    lines: list[Line] = []
    for app, s in seen.items():
        name = (f"{app.ljust(longest)}  ", Ink.BOLD)
        if s is None:
            lines.append(line(name, ("nothing is deployed yet", Ink.DIM)))
            continue
        release, phase, traffic, health = (cell.ljust(w) for cell, w in zip(rows[app], columns, strict=True))
        ink = PHASES.get(s.deployment.phase, Ink.NOW)
        lines.append(line(name, f"{release}  ", (phase, ink), f"  {traffic}  ", health, *rest(s)))
    alone = {app: abandoned_words(s.deployment) for app, s in seen.items() if s and staff.controller is None}
    lost = [f"{app}: {said}. Start one: `verdigris up`" for app, said in alone.items() if said]
    lines += [line(("! ", Ink.WARN), said) for said in (*lost, *expiring)]
    oldest = min((s for s in seen.values() if s is not None), key=lambda s: s.wall, default=None)
    foot = staff_lines(oldest, staff, now) if oldest is not None else []
    example = next(iter(seen), "")
    more = line(
        ("  next         ", Ink.DIM),
        (f"verdigris status --app {example}", Ink.COMMAND),
        ("  shows all of one", Ink.DIM),
    )
    return [fit(one, width) for one in (*lines, (), *foot, (), more)]


def cells(s: Snapshot) -> tuple[str, str, str, str]:
    """Release, phase, traffic and health of an app."""
    d, lanes = s.deployment, [lane(s, slot) for slot in Slot]
    weights = " ".join(f"{one.slot} {one.weight} %" for one in lanes if one.weight)
    return f"{d.id} {d.release.version} → {d.candidate}", d.phase, weights or "traffic unknown", health(lanes)


def health(lanes: list[Lane]) -> str:
    """How many of all instances are well."""
    if any(one.unseen for one in lanes):
        return "instances unknown"
    wanted = sum(one.wanted for one in lanes)
    return f"{sum(one.healthy for one in lanes)}/{wanted} healthy" if wanted else "nothing runs"


def rest(s: Snapshot) -> Line:
    """The one thing that a person has to know of it."""
    if s.trouble or pause_words(s):
        return line((f"  {s.trouble or pause_words(s)}", Ink.BAD if s.trouble else Ink.WARN))
    if s.deployment.cause and s.deployment.phase in ENDINGS:
        return line((f"  {s.deployment.cause}", Ink.DIM))
    said = s.waiting_for if len(s.waiting_for) <= WAITED else f"{s.waiting_for[: WAITED - 1]}…"
    return line((f"  waiting for {said}" if said else "", Ink.DIM))
