"""One slot as people look at it: what runs there, in which role, how much it gets and how that goes.

Roles are the glossary's: a slot is `live`, `candidate`, `retained` or `empty`. What could not be seen is None.
"""

from __future__ import annotations

from dataclasses import dataclass

from verdigris.core.conditions import proper, sound
from verdigris.core.deployment import Deployment
from verdigris.core.draining import heard
from verdigris.core.lifecycle import FORWARD
from verdigris.core.tallies import percentile, total
from verdigris.core.world import Instance, Known, Second, Slot, SlotWorld, Unknown, World
from verdigris.ports import Snapshot

__all__ = [
    "Lane",
    "lane",
    "number",
    "observed_share",
    "probe_words",
    "role",
    "seconds_of",
    "serving",
    "trouble",
]

OVER = 10.0
"""Seconds that the observed share and the rates are taken over."""
SHOWN = 30
SWITCHED = tuple(row.name for row in FORWARD[[r.name for r in FORWARD].index("cutover") + 1 :])


@dataclass(frozen=True, slots=True)
class Lane:
    """One slot at the moment of a snapshot. `requests` and `failures` are of the last seconds, one by one.

    `told` is the role that its instances read, `leaving` whether they say that they send their clients away.
    """

    slot: Slot
    role: str
    version: str
    weight: int | None = None
    share: float | None = None
    wanted: int = 0
    running: int = 0
    up: int = 0
    healthy: int = 0
    in_flight: int | None = None
    long_lived: int | None = None
    rate: float | None = None
    failed: int = 0
    p99: float | None = None
    requests: tuple[float | None, ...] = ()
    failures: tuple[float | None, ...] = ()
    unseen: str = ""
    troubles: tuple[str, ...] = ()
    closing: bool = False
    told: str = ""
    leaving: bool = False


def lane(s: Snapshot, slot: Slot) -> Lane:
    """The slot in the snapshot."""
    seen, reading = s.world.slots[slot], s.world.router.reading
    here = seen.value if isinstance(seen, Known) else SlotWorld(None)
    unseen = isinstance(seen, Unknown)
    recent = latest(s)
    tally = total(recent, slot)
    by_second = seconds_of(s.world, slot)
    return Lane(
        slot=slot,
        role=role(s.deployment, slot, None if unseen else here),
        version=version(s.deployment, slot, here),
        weight=reading.value.routing.weights[slot] if isinstance(reading, Known) else None,
        share=observed_share(recent, slot),
        wanted=s.policy.instances if here.digest else 0,
        running=sum(i.alive for i in here.instances),
        up=sum(i.alive and i.owns_port is True for i in here.instances),
        healthy=sum(well(i, s) for i in here.instances),
        in_flight=number(s.world.router.in_flight[slot]),
        long_lived=number(s.world.router.long_lived[slot]),
        closing=slot in s.world.router.closing,
        told=here.role or "",
        leaving=any(said.leaving for said in heard(slot, s.world, s.policy)),
        rate=tally.requests / len(recent) if recent else None,
        failed=sum(int(n) for _, n in by_second if n),
        p99=percentile(tally.latency, 0.99) if sum(tally.latency) else None,
        requests=tuple(n for n, _ in by_second),
        failures=tuple(n for _, n in by_second),
        unseen=seen.why if isinstance(seen, Unknown) else "",
        troubles=tuple(f"{i.name}: {said}" for i in here.instances if (said := trouble(i, s))),
    )


def role(d: Deployment, slot: Slot, here: SlotWorld | None = None) -> str:
    """The role of a slot in this phase of the deployment."""
    if here is not None and here.empty:
        return "empty"
    switched = d.phase in SWITCHED or (d.phase == "stuck" and d.stuck_in in SWITCHED)
    if slot is d.candidate:
        return "live" if switched else "candidate"
    return "retained" if switched else "live"


def serving(s: Snapshot) -> Slot | None:
    """Where most of the traffic is, by the router's own answer; None when it did not answer."""
    reading = s.world.router.reading
    if not isinstance(reading, Known):
        return None
    return reading.value.fell_back_to or max(Slot, key=lambda slot: reading.value.routing.weights[slot])


def version(d: Deployment, slot: Slot, here: SlotWorld) -> str:
    if here.version:
        return here.version
    expected = d.release_in(slot)
    return expected.version if expected and here.digest == expected.digest else ""


def well(instance: Instance, s: Snapshot) -> bool:
    """Up, of the release that belongs here, and not failing its probes."""
    release = s.deployment.release_in(instance.slot)
    ours = release is not None and proper(instance, release) and sound(instance, s.world, s.policy)
    return ours and isinstance(instance.health, Known) and instance.health.value.passes > 0


def trouble(instance: Instance, s: Snapshot) -> str:
    """What keeps an instance from being well, the gravest first."""
    if instance.broken or not instance.alive:
        code = f"exit code {instance.exit_code}" if instance.exit_code is not None else "does not run"
        return instance.sentence or code
    if instance.owns_port is False:
        return "its port answers, but belongs to another process"
    if isinstance(instance.health, Known) and instance.health.value.failures:
        return probe_words(instance)
    return f"started again {instance.restarts} times" if instance.restarts else ""


def probe_words(instance: Instance) -> str:
    """The last probe of an instance in a few words."""
    if isinstance(instance.health, Unknown):
        return instance.health.why
    health = instance.health.value
    if health.failures:
        return f"{health.failures} failed in a row, the last: {health.sentence or 'no reason given'}"
    return f"{health.passes} passed in a row"


def latest(s: Snapshot) -> tuple[Second, ...]:
    """The last whole seconds of the present routing: those before it would tell of another share."""
    w, routed = s.world, s.deployment.routed
    seen = w.signals.value if isinstance(w.signals, Known) else ()
    begin = max(w.now - OVER - 1, routed.at if routed and s.deployment.base == w.base else 0.0)
    return tuple(second for second in seen if second.at >= begin and not second.lost)


def observed_share(seconds: tuple[Second, ...], slot: Slot) -> float | None:
    """The part of the requests that the slot answered; None when there were none."""
    here, both = total(seconds, slot).requests, sum(total(seconds, each).requests for each in Slot)
    return here / both if both else None


def seconds_of(w: World, slot: Slot) -> tuple[tuple[float | None, float | None], ...]:
    """Requests and failures of each second shown, oldest first; a torn or missing second is None."""
    seen = w.signals.value[-SHOWN:] if isinstance(w.signals, Known) else ()
    torn: tuple[float | None, float | None] = (None, None)
    found: list[tuple[float | None, float | None]] = []
    for index, second in enumerate(seen):
        gap = round(second.at - seen[index - 1].at) - 1 if index else 0
        found += [torn] * min(max(gap, 0), SHOWN)
        tally = second.slots[slot]
        found.append(torn if second.lost else (tally.requests, tally.failures))
    return tuple(found[-SHOWN:])


def number(seen: Known[int] | Unknown) -> int | None:
    return seen.value if isinstance(seen, Known) else None
