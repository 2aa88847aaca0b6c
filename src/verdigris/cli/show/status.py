"""The one screen of `status`: both slots, the road, what is waited for and until when, who runs it, what to type."""

from __future__ import annotations

from dataclasses import dataclass

from verdigris.cli.show.amounts import ago, duration, moment, per_second
from verdigris.cli.show.drilled import abandoned_words, drilled_line
from verdigris.cli.show.found import Evidence, evidence_line, found_line
from verdigris.cli.show.held import closing_words, pause_words
from verdigris.cli.show.ink import Ink, Line, fit, join, line, wrapped
from verdigris.cli.show.lanes import Lane, lane
from verdigris.cli.show.progress import MARKS, until
from verdigris.cli.show.road import Mark, Stop, meter, next_commands, road
from verdigris.core.deployment import Deployment
from verdigris.core.judge import VerdictKind
from verdigris.core.lifecycle import ENDINGS
from verdigris.core.world import Slot
from verdigris.ports import Snapshot

__all__ = [
    "LABEL",
    "ROLES",
    "SLOTS",
    "Staff",
    "comparing",
    "kept_back",
    "labelled",
    "next_pairs",
    "road_lines",
    "staff_lines",
    "status_lines",
    "verdict_words",
]

ROLES = {"live": Ink.GOOD, "candidate": Ink.NOW, "retained": Ink.BOLD, "empty": Ink.DIM}
SLOTS = {Slot.BLUE: Ink.BLUE, Slot.GREEN: Ink.GREEN}
VERDICTS = {VerdictKind.GOOD: Ink.GOOD, VerdictKind.BAD: Ink.BAD, VerdictKind.UNKNOWN: Ink.WARN}
LABEL = 13
OLD = 5.0
"""Seconds after which a picture is called old."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Who is at work: pid and the wall clock since when, None where nobody answers."""

    controller: tuple[int, float | None] | None = None
    keeper: tuple[int, float | None] | None = None


def status_lines(
    s: Snapshot,
    staff: Staff,
    now: float,
    width: int,
    visited: tuple[str, ...] = (),
    expiring: tuple[str, ...] = (),
    evidence: Evidence = (),
) -> list[Line]:
    """The screen at the moment `now`. `visited` are the phases so far, where the event log told them.

    `expiring` is what somebody has to do about certificates, `evidence` that of the trial so far.
    """
    d = s.deployment
    head = line(
        (f"{d.app}  ", Ink.BOLD), f"{d.id}  {d.release.version} → ", (d.candidate.value, SLOTS[d.candidate])
    )
    lines = [
        head,
        (),
        *lane_table([lane(s, slot) for slot in Slot]),
        (),
        *road_lines(road(d, s.policy, visited), width),
    ]
    warned = [one for text in expiring for one in labelled("certificate", text, width, Ink.WARN)]
    about_it = [*about(s, now, width, evidence), *forsaken(s, staff, width)]
    lines += [(), *about_it, *warned, *staff_lines(s, staff, now), (), *next_lines(s, staff)]
    return [fit(one, width) for one in lines]


def lane_table(lanes: list[Lane]) -> list[Line]:
    """One line for each slot, its troubles below."""
    longest = max((len(one.version) for one in lanes), default=0)
    lines: list[Line] = []
    for one in lanes:
        seen = (
            "unknown" if one.unseen else "" if one.role == "empty" else f"{one.healthy}/{one.wanted} healthy"
        )
        traffic = f"{'?' if one.weight is None else one.weight} %".rjust(6)
        flight = flight_words(one) if one.role != "empty" or one.long_lived else ""
        rate = per_second(one.rate) if one.rate else ""
        lines.append(
            line(
                *(("  " + one.slot.value.ljust(7), SLOTS[one.slot]), (one.role.ljust(11), ROLES[one.role])),
                *(f"{one.version.ljust(longest)}  {traffic}   {seen.ljust(13)} {flight.ljust(14)} {rate}",),
            )
        )
        troubles = (one.unseen,) if one.unseen else one.troubles
        lines += [line(("         ✖ ", Ink.BAD), trouble) for trouble in troubles]
    return lines


def flight_words(one: Lane) -> str:
    """What is under way in a slot: short requests, and what lasts."""
    streams = f" + {one.long_lived} long-lived" if one.long_lived else ""
    ends = ", closing" if one.closing else ", leaving" if one.leaving else ""
    return f"{'?' if one.in_flight is None else one.in_flight} in flight{streams}{ends}"


def road_lines(stops: tuple[Stop, ...], width: int) -> list[Line]:
    """The phases in their order, the present one marked, in as many lines as they need."""
    lines: list[Line] = [()]
    for stop in stops:
        name = (
            stop.phase,
            Ink.DIM if stop.mark is Mark.AHEAD else MARKS[stop.mark] if stop.mark != Mark.DONE else Ink.PLAIN,
        )
        word = line((f"{stop.mark} ", MARKS[stop.mark]), name)
        longer = join([lines[-1], word])
        if lines[-1] and sum(len(span.text) for span in longer) > width - 4:
            lines.append(word)
        else:
            lines[-1] = longer
    return [line("  ", *one) for one in lines]


def about(s: Snapshot, now: float, width: int, evidence: Evidence = ()) -> list[Line]:
    """What is waited for and why it is where it is: one labelled line each, where there is something to say."""
    d, m = s.deployment, meter(s)
    rows: list[tuple[str, str, Ink]] = kept_back(s)
    if s.waiting_for:
        rows.append(("waiting for", s.waiting_for + until(s), Ink.PLAIN))
    if m is not None and m.evidence:
        rows.append(("evidence", f"{duration(m.done)} of {duration(m.whole)} good", Ink.PLAIN))
    if s.verdict is not None:
        rows.append(("verdict", verdict_words(s), VERDICTS[s.verdict.kind]))
    if comparing(d) and (found := found_line(d, s.policy)):
        rows.append(("compared", found, Ink.PLAIN))
        grown = evidence_line(d, s.policy, evidence, width - LABEL - 2)
        rows += [("", grown, Ink.PLAIN)] if grown else []
    drilled = drilled_line(d, now)
    if drilled:
        ill = d.drilled is not None and d.drilled.trouble
        rows.append(("last drill", drilled, Ink.BAD if ill else Ink.PLAIN))
    if d.cause:
        rows.append(("cause", d.cause, Ink.BAD if d.phase not in ENDINGS else Ink.WARN))
    if s.trouble:
        rows.append(("trouble", s.trouble, Ink.BAD))
    return [one for label, text, ink in rows for one in labelled(label, text, width, ink)]


def comparing(d: Deployment) -> bool:
    """Whether the two slots are being compared now: of what was found before, the cause tells."""
    return d.phase in ("cutover", "drain", "bake")


def forsaken(s: Snapshot, staff: Staff, width: int) -> list[Line]:
    """A drill that nobody looks after: traffic is where it should not stay."""
    said = abandoned_words(s.deployment) if staff.controller is None else ""
    return labelled("drill", said, width, Ink.BAD) if said else []


def kept_back(s: Snapshot) -> list[tuple[str, str, Ink]]:
    """What the router keeps back, and what it brings to an end."""
    rows = (("paused", pause_words(s), Ink.WARN), ("closing", closing_words(s), Ink.PLAIN))
    return [row for row in rows if row[1]]


def verdict_words(s: Snapshot) -> str:
    return f"{s.verdict.kind}: {s.verdict.sentence}" if s.verdict else "none"


def labelled(label: str, text: str, width: int, ink: Ink = Ink.PLAIN) -> list[Line]:
    """A label, and the text beside it in as many lines as it needs."""
    rows = wrapped(text, max(width - LABEL - 2, 16), ink)
    names = [label, *[""] * len(rows)]
    return [
        (*line((f"  {name.ljust(LABEL)}", Ink.DIM)), *row) for name, row in zip(names, rows, strict=False)
    ]


def staff_lines(s: Snapshot, staff: Staff, now: float) -> list[Line]:
    """Controller and keeper, and how old the picture is."""
    who = [
        one_of_staff(name, seen, now)
        for name, seen in (("controller", staff.controller), ("keeper", staff.keeper))
    ]
    age = now - s.wall
    seen = (f"seen {ago(s.wall, now)}", Ink.DIM if age < OLD else Ink.WARN)
    if staff.controller is None and age >= OLD:
        seen = (f"this is what was seen at {moment(s.wall, now)}, {ago(s.wall, now)}", Ink.WARN)
    return [line(("  " + "run by".ljust(LABEL), Ink.DIM), *who[0], " · ", *who[1], " · ", seen)]


def one_of_staff(name: str, seen: tuple[int, float | None] | None, now: float) -> Line:
    if seen is None:
        return line((f"no {name}", Ink.WARN))
    since = f" since {moment(seen[1], now, seconds=False)}" if seen[1] is not None else ""
    return line(f"{name} {seen[0]}{since}")


def next_pairs(s: Snapshot, staff: Staff) -> tuple[tuple[str, str], ...]:
    """What can be typed now: where something is under way and nobody is at work, first of all somebody has to be."""
    d = s.deployment
    if staff.controller is not None or d.phase in ENDINGS:
        return next_commands(s)
    does = "brings the drill's traffic home" if d.drill is not None else "goes on with it"
    return (("verdigris up", does), *next_commands(s))


def next_lines(s: Snapshot, staff: Staff) -> list[Line]:
    pairs = next_pairs(s, staff)
    longest = max(len(command) for command, _ in pairs)
    labels = ["next", *[""] * len(pairs)]
    return [
        line(
            (f"  {label.ljust(LABEL)}", Ink.DIM), (command.ljust(longest), Ink.COMMAND), (f"  {why}", Ink.DIM)
        )
        for label, (command, why) in zip(labels, pairs, strict=False)
    ]
