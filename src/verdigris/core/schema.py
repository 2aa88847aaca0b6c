"""What the phases of the schema wait for, and what may be begun: widened first, narrowed with a proof only.

Three questions, each asked before it is too late: whether live goes on working on the expanded schema, before anything
is carried out; whether the candidate works on it, before it gets traffic; whether it works on the contracted one, when
nobody is left who needs more. Without an answer nothing goes on, and no answer is ever taken for a good one.
"""

from __future__ import annotations

from dataclasses import replace

from verdigris.core.actions import Kind
from verdigris.core.conditions import Waiting
from verdigris.core.deployment import Deployment
from verdigris.core.policy import Policy
from verdigris.core.world import Known, Proven, SchemaState, Unknown, World

__all__ = [
    "breaks_contracted",
    "breaks_live",
    "breaks_the_candidate",
    "contract_job",
    "contracted",
    "drop_job",
    "expand_job",
    "expanded",
    "keeps",
    "keeps_job",
    "kept_its_day",
    "may_contract",
    "noted",
    "serves",
    "serves_job",
]


# --- what is waited for ---------------------------------------------------------------------------------------


def keeps(d: Deployment, w: World, p: Policy) -> Waiting | None:
    """That live goes on working on the expanded schema."""
    return proof("what live sends works on the expanded schema", "keeps", w, p) if p.expand else None


def expanded(d: Deployment, w: World, p: Policy) -> Waiting | None:
    state = state_of(w)
    if state is None:
        return unseen(w)
    return None if state.expanded else Waiting(f"the schema to be expanded{detail(state)}")


def serves(d: Deployment, w: World, p: Policy) -> Waiting | None:
    """That the candidate works on the expanded schema."""
    what = "what the candidate sends works on the expanded schema"
    return proof(what, "serves", w, p) if p.expand else None


def contracted(d: Deployment, w: World, p: Policy) -> Waiting | None:
    """That it is contracted; or that it must not be: then it stays as wide as it is, and still owed."""
    state = state_of(w)
    if state is None:
        return unseen(w)
    if state.contracted or refused(state.contracts, p):
        return None
    if back := way_back(d, w):
        return back
    if state.previous_sessions:
        return Waiting(f"{state.previous_sessions} database sessions of the old slot's role to end")
    if state.contracts is Proven.OWED:
        return Waiting(f"the proof that the candidate works on the contracted schema{detail(state)}")
    return Waiting(f"the schema to be contracted{detail(state)}")


def way_back(d: Deployment, w: World) -> Waiting | None:
    """That nobody can go back any more: the old slot is seen to be empty."""
    old = w.slots[d.live]
    if isinstance(old, Unknown):
        return Waiting(f"a look at {d.live}, from which somebody could go back: {old.why}", unknown=True)
    return None if old.value.empty else Waiting(f"{d.live} to be empty: until it is, it is the way back")


def proof(what: str, question: str, w: World, p: Policy) -> Waiting | None:
    state = state_of(w)
    if state is None:
        return unseen(w)
    answer: Proven = getattr(state, question)
    return None if enough(answer, p) else Waiting(f"the proof that {what}{detail(state)}")


def unseen(w: World) -> Waiting:
    why = f": {w.schema.why}" if not isinstance(w.schema, Known) else ""
    return Waiting(f"a look at the schema{why}", unknown=True)


def detail(state: SchemaState) -> str:
    return f": {state.sentence}" if state.sentence else ""


def state_of(w: World) -> SchemaState | None:
    return w.schema.value if isinstance(w.schema, Known) else None


# --- what the answers mean ------------------------------------------------------------------------------------


def enough(answer: Proven, p: Policy) -> bool:
    return answer is Proven.PROVEN or (answer is Proven.UNPROVEN and p.unproven_passes)


def refused(answer: Proven, p: Policy) -> bool:
    """An answer that is there, and not good enough."""
    return answer is not Proven.OWED and not enough(answer, p)


def breaks_live(d: Deployment, w: World, p: Policy) -> str:
    """Why nothing is to be carried out: what serves now would fail."""
    serving = d.previous.version if d.previous else d.live
    return hopeless("keeps", f"the expanded schema is not proven to serve {serving}", w, p)


def breaks_the_candidate(d: Deployment, w: World, p: Policy) -> str:
    """Why it is to get no traffic."""
    return hopeless("serves", f"the expanded schema is not proven to serve {d.release.version}", w, p)


def breaks_contracted(d: Deployment, w: World, p: Policy) -> str:
    """Why the schema stays as wide as it is: it is contracted by a later release, with a better proof."""
    state = state_of(w)
    if state is None or state.contracted or not refused(state.contracts, p):
        return ""
    return (
        f"the contracted schema is not proven to serve {d.release.version}, so it stays expanded{detail(state)}. "
        "Ship a release that does without what is to go: its deployment contracts"
    )


def hopeless(question: str, claim: str, w: World, p: Policy) -> str:
    state = state_of(w)
    if not p.expand or state is None or not refused(getattr(state, question), p):
        return ""
    return f"{claim}{detail(state)}"


def noted(d: Deployment, w: World, p: Policy) -> Deployment:
    """With what is still owed; nothing is forgotten while nobody can see."""
    state = state_of(w)
    if not p.contract or state is None or d.owes is not state.contracted:
        return d
    return replace(d, owes=not state.contracted)


# --- what is begun --------------------------------------------------------------------------------------------


def keeps_job(w: World, p: Policy) -> Kind | None:
    return owed("keeps", w) if p.expand else None


def serves_job(w: World, p: Policy) -> Kind | None:
    return owed("serves", w) if p.expand else None


def owed(question: str, w: World) -> Kind | None:
    """The proof, where it is due. A job that is under way is looked at, not begun again."""
    state = state_of(w)
    due = state is not None and not state.running and getattr(state, question) is Proven.OWED
    return Kind.PROVE if due else None


def expand_job(w: World, p: Policy) -> Kind | None:
    """Only what was proven to keep live working."""
    state = state_of(w)
    due = state is not None and not state.running and not state.expanded and enough(state.keeps, p)
    return Kind.EXPAND if due else None


def contract_job(d: Deployment, w: World, p: Policy) -> Kind | None:
    """First the proof, then the contract."""
    state = state_of(w)
    if state is None or state.running or state.contracted or state.previous_sessions:
        return None
    return Kind.CONTRACT if may_contract(d, w, p) else owed("contracts", w)


def drop_job(w: World) -> Kind | None:
    """For good, what a contract only put aside. What serves is what the contracted schema was proven to serve."""
    state = state_of(w)
    return Kind.DROP if state is not None and state.due and not state.running else None


def kept_its_day(w: World) -> str:
    """Why it is dropped, with what the last try came to."""
    state = state_of(w)
    return f"what the contract took away has been kept for its day{detail(state) if state else ''}"


def may_contract(d: Deployment, w: World, p: Policy) -> bool:
    """Only with a proof, when nobody can go back any more, and no session of the old slot's role is left."""
    state = state_of(w)
    if state is None or state.running or way_back(d, w):
        return False
    return enough(state.contracts, p) and state.previous_sessions == 0
