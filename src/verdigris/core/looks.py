"""What the world has to look like in each phase. Whether it may be made so now is for `core.safety` to say."""

from __future__ import annotations

from verdigris.core import schema, waits
from verdigris.core.deployment import Deployment
from verdigris.core.policy import Policy
from verdigris.core.safety import Desired, Kind
from verdigris.core.world import Slot, Weights, World

__all__ = [
    "as_it_is",
    "at_the_gate",
    "beside",
    "contracting",
    "expanding",
    "finished",
    "moved",
    "only_candidate",
    "only_live",
    "rehearsing",
    "restored",
    "settled",
    "shifting",
]

BOTH = frozenset(Slot)


def on_live(d: Deployment) -> Weights:
    return Weights.share(d.live, 100)


def on_candidate(d: Deployment) -> Weights:
    return Weights.share(d.candidate, 100)


def as_it_is(d: Deployment, w: World, p: Policy) -> Desired:
    """The live slot alone. What an earlier deployment kept hot is given up only when the checklist passed."""
    passed = waits.checklist_passed(w)
    spare = frozenset() if passed else frozenset({d.candidate})
    also = schema.keeps_job(w, p) if passed else None
    return Desired(frozenset({d.live}), on_live(d), also=also, spare=spare)


def expanding(d: Deployment, w: World, p: Policy) -> Desired:
    return Desired(frozenset({d.live}), on_live(d), also=schema.expand_job(w, p))


def beside(d: Deployment, w: World, p: Policy) -> Desired:
    return Desired(BOTH, on_live(d))


def at_the_gate(d: Deployment, w: World, p: Policy) -> Desired:
    return Desired(BOTH, on_live(d), also=schema.serves_job(w, p))


def rehearsing(d: Deployment, w: World, p: Policy) -> Desired:
    return Desired(BOTH, on_live(d), also=None if waits.rehearsing(w) else Kind.REHEARSE)


def shifting(d: Deployment, w: World, p: Policy) -> Desired:
    return Desired(BOTH, Weights.share(d.candidate, waits.share(d, p)), fallback=d.live)


def moved(d: Deployment, w: World, p: Policy) -> Desired:
    return Desired(BOTH, Weights.share(d.candidate, waits.ramp(d, p)[-1].to), fallback=d.live)


def settled(d: Deployment, w: World, p: Policy) -> Desired:
    """The candidate has it all, but for what a drill sends to the old slot."""
    out = d.drill is not None and d.drill.turned is None
    share = d.drill.share if out and d.drill is not None else 0
    return Desired(BOTH, Weights.share(d.live, share), fallback=d.live)


def only_candidate(d: Deployment, w: World, p: Policy) -> Desired:
    return Desired(frozenset({d.candidate}), on_candidate(d))


def contracting(d: Deployment, w: World, p: Policy) -> Desired:
    return Desired(frozenset({d.candidate}), on_candidate(d), also=schema.contract_job(d, w, p))


def finished(d: Deployment, w: World, p: Policy) -> Desired:
    """It is all done, but for what is dropped a day after the contract."""
    return Desired(frozenset({d.candidate}), on_candidate(d), also=schema.drop_job(w))


def restored(d: Deployment, w: World, p: Policy) -> Desired:
    """Traffic on the old slot. The candidate is left as it is: it is not started again only to be discarded."""
    return Desired(BOTH, on_live(d), spare=frozenset({d.candidate}))


def only_live(d: Deployment, w: World, p: Policy) -> Desired:
    return Desired(frozenset({d.live}), on_live(d))
