"""What the docs say of the phases, read from the phase table: the table of the page, and the facts of its picture.

What a row wants of the world is asked of the row itself, with a deployment in the middle of its ramp. Only the short
words for each wait are written here, keyed by the wait: a row that waits for something else has no words until
somebody writes them, and the page cannot be made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from verdigris.cli.show.meanings import MEANINGS
from verdigris.config.policies import KEYS
from verdigris.core import schema, waits
from verdigris.core.deployment import Deployment
from verdigris.core.lifecycle import BACKWARD, ENDINGS, FORWARD, Row
from verdigris.core.policy import Policy, Step
from verdigris.core.safety import Desired, Kind
from verdigris.core.world import Check, Known, PerSlot, Release, RouterWorld, Slot, Unknown, World

__all__ = ["BACKWARD", "ENDINGS", "FORWARD", "Facts", "facts", "table"]

WAITS: dict[Callable[..., Any], str] = {
    waits.preflight: "the checklist, router and slots as believed, an empty slot; proof that live keeps working",
    schema.expanded: "schema expanded",
    waits.running: "every instance up, of this release",
    waits.validated: "every instance healthy in a row, and through the router",
    waits.rehearsed: "enough comparable answers, none different",
    waits.let_through: "proof that the database serves the candidate; `verdigris promote`",
    waits.step_done: "router and front door agree; good evidence for each step",
    waits.drained: "nothing in flight on the old slot, or its deadline",
    waits.baked: "good evidence",
    waits.stabilized: "good evidence; no streams left on the old slot",
    waits.previous_gone: "the old slot empty",
    schema.contracted: "no session of the old slot's database role, and a proof",
    waits.restored: "router and front door agree that traffic is back",
    waits.settled: "nothing in flight on the candidate, or its deadline",
    waits.untouched: "the router to say that all traffic is on the live slot",
    waits.candidate_gone: "the candidate's slot empty",
    waits.a_person: "a person, or for what it is stuck in to come about",
    waits.all_is_well_after: "nothing: what serves is kept as it should be",
    waits.all_is_well_back: "nothing: what serves is kept as it should be",
}

WORDS = {
    "version": "the new release",
    "previous": "the old release",
    "slot": "the new slot",
    "live": "the old slot",
}
"""Who is meant in the meanings of the phases."""

POLICY = Policy(
    ramp=(Step(10), Step(50), Step(95, 0.0)), holdback=5, expand=True, contract=True, gate=True, rehearse=1
)
OLD, NEW = (Release(version, version, f"/{version}", ("api",)) for version in ("old", "new"))
DEPLOYMENT = Deployment("d-2", "api", NEW, OLD, Slot.GREEN, stuck_in="restore")
NOBODY = Unknown("nobody looked")
WORLD = World(
    now=0.0,
    base="",
    slots=PerSlot(NOBODY, NOBODY),
    router=RouterWorld(
        NOBODY, PerSlot(NOBODY, NOBODY), PerSlot(NOBODY, NOBODY), NOBODY, PerSlot(NOBODY, NOBODY)
    ),
    signals=NOBODY,
    checklist=Known((Check("all", True, "well"),), 0.0),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """One phase as the docs tell it. `world` is what it wants to be so; `within` names the keys of its limit."""

    name: str
    meaning: str
    waits_for: str
    world: str
    within: tuple[str, ...]
    watched: bool
    reversible: bool
    optional: bool


def facts(row: Row) -> Facts:
    """What is to be said of a row."""
    d = replace(DEPLOYMENT, phase=row.name)
    wants = [row.look(replace(d, step=step), WORLD, POLICY) for step in range(len(steps(row)))]
    return Facts(
        row.name,
        meaning(row.name),
        WAITS[row.waiting_for],
        "as it was" if row.name == "stuck" else f"{kept(wants[0])}, {traffic(wants)}",
        keys(row.within) if row.within else (),
        row.watched,
        row.reversible and row.name != "stuck",
        not row.configured(Policy(ramp=(Step(95, 0.0),), holdback=5), d),
    )


def table(rows: tuple[Row, ...]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| phase | what it means | waits for | slots kept, new slot's traffic | at most | watched |",
        "|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *map(line, map(facts, rows))])


def line(fact: Facts) -> str:
    name = f"`{fact.name}`" + (" (optional)" if fact.optional else "")
    within = " + ".join(f"`{key}`" for key in fact.within) or "–"
    cells = (name, fact.meaning, fact.waits_for, fact.world, within, "yes" if fact.watched else "–")
    return f"| {' | '.join(cells)} |"


def meaning(phase: str) -> str:
    return MEANINGS[phase].format_map(WORDS)


def kept(want: Desired) -> str:
    return (
        "both slots"
        if len(want.keep) == 2
        else "new slot"
        if DEPLOYMENT.candidate in want.keep
        else "old slot"
    )


def steps(row: Row) -> tuple[Step, ...]:
    return POLICY.ramp if row.name == "cutover" else POLICY.ramp[:1]


def traffic(wants: list[Desired]) -> str:
    """The new slot's weight, for a ramp each of them."""
    weights = " → ".join(str(want.weights[DEPLOYMENT.candidate]) for want in wants)
    if wants[0].also is Kind.REHEARSE:
        return f"new {weights} % and copies"
    return f"new {weights} %"


def keys(within: Callable[[Policy], float]) -> tuple[str, ...]:
    """The configuration keys that a limit is made of."""
    asked: list[str] = []

    class Asking:
        def __getattr__(self, name: str) -> float:
            asked.append(name)
            return 0.0

    within(Asking())  # type: ignore[arg-type]
    return tuple(KEYS[name][0] for name in asked if name in KEYS)
