"""Values in which as few fields as possible have their defaults: what a codec forgets shows in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from verdigris.core.deployment import Deployment, Drill, Drilled, Lasted, Outcome, Routed
from verdigris.core.judging.counts import Arm, Counts
from verdigris.core.judging.settings import Settings
from verdigris.core.judging.state import State, begin
from verdigris.core.judging.trial import step
from verdigris.core.policy import OnUnknown, Policy, Step
from verdigris.core.world import Cohort, Member, Pause, PerSlot, Release, Routing, Slot, Weights
from verdigris.ports import Filed, Saved

__all__ = ["at", "example_deployment", "example_filed", "example_release", "example_saved"]


def example_release(version: str = "1") -> Release:
    """A release in which no field has its default."""
    command = ("python3", "app.py", "--port", "{port}")
    return Release(
        version, f"sha256:{version}", f"/releases/{version}", command, (("A", "env:A"),), "2.0.0", 3.5
    )


def example_drilled() -> Drilled:
    """A drill that found no way back."""
    counts = PerSlot(100, 900), PerSlot(3, 0)
    what = Drilled(10, Slot.BLUE, "1", "ada", 1.75e9, 0.043, 0.041, *counts, False, "blue fails")
    return replace(what, deployment="d-1", users=90, own=12, unanswered=3, cut_off="it was superseded")


def example_deployment(app: str = "api", number: int = 1, generation: int = 0) -> Deployment:
    """A deployment in mid-flight in which hardly a field has its default."""
    members: PerSlot[tuple[Member, ...]] = PerSlot(
        (Member("blue-1", "127.0.0.1:1"),), (Member("green-1", "127.0.0.1:2"),)
    )
    cohort = Cohort(f"d-{number}", Slot.GREEN)
    routing = Routing(
        Weights(90, 10), members, Slot.BLUE, PerSlot("1.0.0", "2.0.0"), cohort, Pause.MAINTENANCE
    )
    return Deployment(
        *(
            f"d-{number}",
            app,
            example_release("2"),
            example_release("1"),
            Slot.GREEN,
            "cutover",
            1,
            generation,
        ),
        base="boot",
        evidence=(Lasted("good", 1.5, 7.25), Lasted("blind", 0.0, None)),
        routed=Routed(routing, generation, 3.5),
        moved=True,
        owes=False,
        cause="zwölf Fehler — “bad” \\ \n \U0001f4a5",
        disowned=replace(routing, fallback=None),
        pause=Pause.MAINTENANCE,
        cut=PerSlot(4, 0),
        trial=example_trial(),
        drill=Drill(10, "ada", 1.5, 0.25, 2.5, 0.5, 3.0, Outcome.FAILED, "blue fails", "9 of 10", 4, 3.5),
        drilled=example_drilled(),
        alerted=("blind", "foreign"),
        actor="somebody",
        key="key",
        policy_hash="hash",
    )


def example_trial() -> State:
    """A trial that has seen live alone for a second and both slots for three."""
    settings, edges = Settings(grace=0, slo_errors=0.05), (50.0, 200.0)
    live, candidate = Arm(900, 1, (300, 9), 890, 10), Arm(100, 2, (36, 1), 97, 3)
    state = step(begin(settings), Counts(6, live, Arm(), edges), settings)
    for at in (7, 8, 9):
        state = step(state, Counts(at, live, candidate, edges, 0.1), settings)
    return state


def example_saved(app: str = "api", number: int = 1, generation: int = 0) -> Saved:
    ramp = (Step(10, 60.0), Step(95, 0.5))
    policy = Policy(ramp=ramp, holdback=5, max_p99=0.25, after_cutover=OnUnknown.ROLLBACK, gate=True)
    return Saved(example_deployment(app, number, generation), policy)


def example_filed(key: str = "key", app: str = "api", version: str = "2") -> Filed:
    return Filed(0, key, app, example_release(version), Policy(), "somebody", queue=True, policy_hash="hash")


def at(saved: Saved, generation: int, **changes: Any) -> Saved:
    """The same in another generation."""
    return replace(saved, deployment=replace(saved.deployment, generation=generation, **changes))
