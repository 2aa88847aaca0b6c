"""What each phase means, said to somebody who sees it for the first time. No phase of the table is left out."""

from __future__ import annotations

from verdigris.core.deployment import Deployment

__all__ = ["MEANINGS", "meaning"]

MEANINGS = {
    "preflight": "nothing has started yet: router, slots and the machine are looked at first",
    "expand": "the schema is widened so that both releases can work with it; {previous} serves",
    "provision": "{version} is being started in {slot}, beside what serves; no request goes there",
    "validate": "every instance of {version} has to pass its deep health check several times in a row before traffic",
    "rehearse": "{version} answers copied traffic, and its answers are compared; users get nothing of it",
    "gate": "{version} has passed everything; a person has to say yes before traffic moves",
    "cutover": "traffic moves to {version} in {slot} step by step, each confirmed by the router and a request",
    "drain": "new requests go to {slot}; the ones still inside {live} are let finish",
    "bake": "{version} serves and is watched: if it gets worse, traffic goes back by itself",
    "stabilize": "{version} serves and has proven itself; {previous} stays hot in {live} for an instant way back",
    "decommission": "{previous} is being torn down; {version} serves alone",
    "contract": "the schema is narrowed to what {version} needs; there is no way back from here",
    "succeeded": "{version} serves alone and the deployment is over",
    "restore": "traffic is going back to {live}",
    "settle": "traffic is back on {live}; the last requests inside {slot} are let finish",
    "abort": "the deployment ends before any traffic has moved; {live} serves as before",
    "discard": "{version} is being torn down in {slot}; {live} serves",
    "rolled_back": "{version} is gone and {live} serves as before",
    "aborted": "{version} is gone, no request ever reached it, and {live} serves as before",
    "stuck": "it can go neither forward nor back by itself: traffic is held where it is and a person is needed",
}


def meaning(d: Deployment) -> str:
    """What the present phase means for this deployment."""
    words = MEANINGS.get(d.phase, "a newer verdigris put it there: this one touches nothing")
    previous = d.previous.version if d.previous else "nothing"
    return words.format(
        version=d.release.version, previous=previous, slot=d.candidate.value, live=d.live.value
    )
