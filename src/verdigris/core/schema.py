"""What the phases of the schema wait for, and what may be begun: widened first, narrowed with a proof only."""

from __future__ import annotations

from verdigris.core.conditions import Waiting
from verdigris.core.deployment import Deployment
from verdigris.core.policy import Policy
from verdigris.core.world import Known, SchemaState, World

__all__ = ["been_contracted", "been_expanded", "contracted", "expanded", "job_running", "may_contract"]


def expanded(d: Deployment, w: World, p: Policy) -> Waiting | None:
    state = state_of(w)
    if state is None:
        return Waiting("a look at the schema", unknown=True)
    if state.expanded and state.proven:
        return None
    return Waiting("the schema to be expanded and proven" + detail(state))


def contracted(d: Deployment, w: World, p: Policy) -> Waiting | None:
    state = state_of(w)
    if state is None:
        return Waiting("a look at the schema", unknown=True)
    if state.contracted:
        return None
    if state.previous_sessions:
        return Waiting(f"{state.previous_sessions} database sessions of the old slot's role to end")
    return Waiting("the schema to be contracted" + detail(state))


def detail(state: SchemaState) -> str:
    return f": {state.sentence}" if state.sentence else ""


def state_of(w: World) -> SchemaState | None:
    return w.schema.value if isinstance(w.schema, Known) else None


def been_expanded(w: World) -> bool:
    state = state_of(w)
    return state is not None and state.expanded


def been_contracted(w: World) -> bool:
    state = state_of(w)
    return state is not None and state.contracted


def job_running(w: World) -> bool:
    """A long job is under way: it is looked at, not started again."""
    state = state_of(w)
    return state is not None and state.running


def may_contract(w: World) -> bool:
    """Only with a proof, and only when no session of the old slot's role is left."""
    state = state_of(w)
    return state is not None and state.proven and state.previous_sessions == 0
