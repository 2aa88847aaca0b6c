"""The whole plug-in surface on one page: what verdigris asks of routers, environments, signals, stores and notifiers.

An adapter observes honestly and has few verbs, each idempotent and safe to repeat half done. It never decides,
never waits for an outcome, never retries on its own account. Verbs raise `ActionError`, looks answer `Unknown`
or raise `ObservationError`; whoever calls sets the deadline. Every adapter passes the conformance suite of its
port in `verdigris.testing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from verdigris.core.deployment import Answered, Deployment, Note
from verdigris.core.judge import Verdict
from verdigris.core.judging.counts import Counts
from verdigris.core.judging.lines import Heading
from verdigris.core.outcomes import Outcomes
from verdigris.core.policy import Policy
from verdigris.core.replays import Replay
from verdigris.core.world import (
    Check,
    Command,
    PerSlot,
    Rehearsal,
    Release,
    Role,
    RouterWorld,
    Routing,
    SchemaState,
    Second,
    Seen,
    Slot,
    SlotWorld,
    World,
)

__all__ = [
    "Alert",
    "Board",
    "Capabilities",
    "Clock",
    "Counted",
    "Desk",
    "Environment",
    "Event",
    "Filed",
    "Notifier",
    "Rehearser",
    "Replayer",
    "Router",
    "Saved",
    "SchemaTool",
    "Signals",
    "Snapshot",
    "Source",
    "Store",
]


class Clock(Protocol):
    """Where time comes from: the only source of it outside tests."""

    def now(self) -> float:
        """Seconds of a clock that never goes back and runs through suspend."""
        ...

    def base(self) -> str:
        """The boot that `now` counts from."""
        ...

    def wall(self) -> float:
        """Seconds since 1970 in UTC: for people and logs, never for a decision."""
        ...


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a router can do. `fenced` means that an effect of an older generation is refused or seen."""

    weights: bool
    in_flight: bool
    preview: bool
    fallback: bool
    fenced: bool


class Router(Protocol):
    """Whatever sends requests to slots."""

    @property
    def capabilities(self) -> Capabilities: ...

    async def observe(self) -> RouterWorld:
        """One look: read-back of what the router does, requests in flight, and what comes through the front door."""
        ...

    async def apply(self, routing: Routing, generation: int) -> None:
        """Make the router do `routing`, members first and weights last, and stamp it with `generation`.

        Clears the fallback latch. A router that has a newer stamp is left alone: `Conflict`.
        """
        ...

    async def close_streams(self, slot: Slot, generation: int) -> None:
        """Begin to end the long-lived connections of a slot without weight, one after the other; returns at once.

        `RouterWorld.closing` says while it goes on, `cut` how many were ended. Weight for the slot stops it.
        """
        ...


class Environment(Protocol):
    """Whatever runs instances in slots."""

    async def observe(self) -> PerSlot[Seen[SlotWorld]]: ...

    async def check(self, release: Release, count: int) -> tuple[Check, ...]:
        """Go through what has to be there before `count` instances of `release` can start beside the live slot."""
        ...

    async def provision(self, slot: Slot, release: Release, count: int, surge: int, generation: int) -> None:
        """Have `count` instances of `release` in `slot`, at most `surge` starting at a time; returns at once."""
        ...

    async def tell(self, slot: Slot, role: Role, generation: int) -> None:
        """Have the instances of `slot` read that they are `role`; what a slot runs begins as a candidate."""
        ...

    async def drain(self, slot: Slot, seconds: float, generation: int) -> None:
        """Ask the instances of `slot` that can be asked to send their clients away within so long; returns at once.

        They go on serving whoever comes. An instance that says nothing of itself (`Instance.says`) is not asked.
        """
        ...

    async def resume(self, slot: Slot, generation: int) -> None:
        """Ask them to serve as before."""
        ...

    async def tear_down(self, slot: Slot, generation: int) -> None:
        """Have nothing in `slot`; returns at once."""
        ...

    async def orphans(self) -> tuple[str, ...]:
        """What bears our mark and belongs to no slot."""
        ...


class Signals(Protocol):
    """Whatever counts how requests went."""

    async def observe(self) -> Seen[tuple[Second, ...]]:
        """The last complete seconds, oldest first, at least two minutes of them where they exist."""
        ...


class SchemaTool(Protocol):
    """Whatever moves the database schema from what a deployment's old release needs to what its new one does.

    Its verbs begin a job and return; `observe` says that it is under way, and what it came to. A job that is gone
    without having ended may be begun again, and is never done twice.
    """

    async def observe(self, d: Deployment) -> Seen[SchemaState]: ...

    async def prove(self, d: Deployment) -> None:
        """Answer what is owed next: before the expand step whether live keeps working, before the cutover whether the
        candidate is served, and afterwards whether it is by the contracted schema."""
        ...

    async def expand(self, d: Deployment) -> None: ...

    async def contract(self, d: Deployment) -> None: ...

    async def drop(self, d: Deployment) -> None:
        """For good, what the contract of this deployment took away a day ago or more."""
        ...


class Rehearser(Protocol):
    """Whatever replays or mirrors traffic at the candidate before it gets any."""

    async def observe(self) -> Seen[Rehearsal]: ...

    async def rehearse(self, candidate: Slot, generation: int) -> None: ...


class Replayer(Protocol):
    """Whatever sends the same safe requests to both slots while users are all in one of them.

    What came of them stands in the seconds that the signals tell, as `Second.control`.
    """

    def follow(self, replay: Replay | None) -> None:
        """Go on with this from now on; None ends at once what is under way, and it counts for nothing.

        Who is not told anew for some seconds sends nothing more.
        """
        ...


@dataclass(frozen=True, slots=True)
class Alert:
    """Something a person should look at, with what was seen and what to type."""

    app: str
    deployment: str
    kind: str
    sentence: str
    wall: float


class Source(Protocol):
    """Whatever counts what requests came to for users: orders approved, payments declined."""

    async def observe(self) -> Outcomes:
        """What it has said so far. It is asked again meanwhile, now and then; nobody waits for its answer here."""
        ...


class Notifier(Protocol):
    """Whatever reaches a person."""

    async def notify(self, alert: Alert) -> None: ...


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the event log: what happened, why, and what was seen. `number` orders them for ever."""

    number: int
    wall: float
    app: str
    deployment: str
    generation: int
    phase: str
    kind: str
    sentence: str
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """A deployment as the store has it, with the policy snapshot that it started with."""

    deployment: Deployment
    policy: Policy


@dataclass(frozen=True, slots=True)
class Filed:
    """A request for a deployment, not yet admitted. The same `key` makes it one request, however often sent."""

    id: int
    key: str
    app: str
    release: Release
    policy: Policy
    actor: str
    queue: bool = False
    policy_hash: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """A second that a deployment's trial took, at `at` of the trial's own clock, and ln E after it in nats.

    Under a `heading` in which a trial begins, whatever was counted of the deployment before is superseded.
    """

    at: int
    counts: Counts
    ln_e: float = 0.0
    heading: Heading | None = None


class Store(Protocol):
    """What the controller remembers. One writer; every save is a compare-and-swap on the generation."""

    async def load(self, app: str) -> Saved | None:
        """The newest deployment of the app, finished or not."""
        ...

    async def save(
        self,
        saved: Saved,
        expected: int | None,
        notes: Sequence[Note],
        answers: Sequence[Answered],
        wall: float,
        counted: Sequence[Counted] = (),
    ) -> None:
        """Write the deployment, its events, the answers and what its trial was told in one transaction.

        A second that is there already stays as it is.
        `expected` is the generation that the stored row must still have (None: it must not exist yet), and the
        row must be the app's newest. Raises `Conflict` when that is not so, `StoreUnavailable` when nothing can
        be written.
        """
        ...

    async def commands(self, app: str) -> tuple[Command, ...]:
        """Commands not answered yet, in the order of filing."""
        ...

    async def filed(self, app: str) -> tuple[Filed, ...]:
        """Deployments asked for and not yet admitted or refused, in the order of filing."""
        ...

    async def settle(self, filed: Filed, accepted: bool, sentence: str, deployment: str = "") -> None:
        """Answer a request for a deployment."""
        ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The last look, for people: what status, watch and dashboard show. Never read by a decision."""

    wall: float
    deployment: Deployment
    policy: Policy
    world: World
    waiting_for: str
    verdict: Verdict | None
    trouble: str = ""


class Board(Protocol):
    """Where the controller pins its last look, and the command line reads it."""

    def pin(self, snapshot: Snapshot) -> None:
        """Replace the app's snapshot; a failure to write is told to the caller and costs nothing else."""
        ...

    def read(self, app: str) -> Snapshot | None: ...


class Desk(Protocol):
    """Where the command line reads and files: the same rows as the store's, cheap to open, no effects."""

    def newest(self, app: str | None = None) -> Saved | None: ...

    def deployments(self, limit: int = 50, app: str | None = None) -> tuple[Saved, ...]:
        """The newest deployments, the newest first."""
        ...

    def deployment(self, deployment: str, app: str) -> Saved | None: ...

    def events(
        self,
        after: int = 0,
        deployment: str | None = None,
        limit: int = 1000,
        *,
        app: str | None = None,
        newest: bool = False,
    ) -> tuple[Event, ...]:
        """Events numbered above `after` in their order: the first `limit` of them, or the last for `newest`."""
        ...

    def turns(self, deployment: str, app: str, after: int = 0) -> tuple[Event, ...]:
        """Every phase and step that the deployment entered, as quickly among a million events as among ten."""
        ...

    def count(self, deployment: str, app: str, after: int, before: int) -> int:
        """How many events of the deployment have a number between these two."""
        ...

    def counts(self, deployment: str, app: str) -> tuple[str, ...]:
        """What the deployment's trial was told, as lines that `verdigris judge` reads; none after a while."""
        ...

    def evidence(self, deployment: str, app: str) -> tuple[tuple[int, float], ...]:
        """The moments of those seconds, on the trial's clock, and ln E after each."""
        ...

    def file(self, app: str, command: Command) -> int:
        """File a command and return its id."""
        ...

    def answer(self, command: int) -> tuple[bool, str] | None:
        """Whether the command was accepted, and the sentence; None while it waits."""
        ...

    def file_deployment(self, filed: Filed) -> int:
        """File a request and return its id: the same for the same key. One that was refused is made again."""
        ...

    def admission(self, filed: int) -> tuple[bool, str, str] | None:
        """Whether the deployment was admitted, the sentence, and its id; None while it waits."""
        ...
