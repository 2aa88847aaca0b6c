"""The values that travel: what was seen of the world, and what is wanted of it.

Every observation is `Seen`: either `Known` with the moment it was made, or `Unknown` with a reason.
Unknown is a value of its own and is never taken for yes or for no. Nothing here acts or decides.
Times are seconds of one monotonic clock that runs through suspend (`World.now`); `World.base` names
the boot it counts from, so that moments of two boots are never subtracted from each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from typing import Generic, TypeVar

from verdigris.core.policy import Policy

__all__ = [
    "SILENT",
    "SLOTS",
    "Answer",
    "Check",
    "Cohort",
    "Command",
    "Health",
    "Instance",
    "Known",
    "Member",
    "Pause",
    "PerSlot",
    "Proven",
    "Reading",
    "Rehearsal",
    "Release",
    "Role",
    "RouteTally",
    "RouterWorld",
    "Routing",
    "Said",
    "SchemaState",
    "Second",
    "Seen",
    "Slot",
    "SlotWorld",
    "Tally",
    "Unknown",
    "Verb",
    "Weights",
    "World",
    "known",
]

T = TypeVar("T")


class Slot(StrEnum):
    """One of the two places a release can run in. A place, never a role."""

    BLUE = "blue"
    GREEN = "green"

    @property
    def other(self) -> Slot:
        return Slot.GREEN if self is Slot.BLUE else Slot.BLUE


SLOTS = (Slot.BLUE, Slot.GREEN)
"""Both, in their order. To go through a tuple costs a third of what it costs to go through an enum."""


@dataclass(frozen=True, slots=True)
class PerSlot(Generic[T]):
    """One value for each slot."""

    blue: T
    green: T

    def __getitem__(self, slot: Slot) -> T:
        return self.blue if slot is Slot.BLUE else self.green

    def put(self, slot: Slot, value: T) -> PerSlot[T]:
        return PerSlot(value, self.green) if slot is Slot.BLUE else PerSlot(self.blue, value)

    @staticmethod
    def of(slot: Slot, value: T, other: T) -> PerSlot[T]:
        """`value` for `slot`, `other` for the slot beside it."""
        return PerSlot(value, other) if slot is Slot.BLUE else PerSlot(other, value)


@dataclass(frozen=True, slots=True)
class Weights:
    """The share of new requests each slot gets: whole percent, always 100 together."""

    blue: int
    green: int

    def __post_init__(self) -> None:
        if min(self.blue, self.green) < 0 or self.blue + self.green != 100:
            raise ValueError(
                f"weights must be whole percent and sum to 100, got blue {self.blue} green {self.green}"
            )

    def __getitem__(self, slot: Slot) -> int:
        return self.blue if slot is Slot.BLUE else self.green

    def __str__(self) -> str:
        return f"blue {self.blue} % green {self.green} %"

    @property
    def most(self) -> Slot:
        """The slot with the greater share."""
        return Slot.BLUE if self.blue >= self.green else Slot.GREEN

    @staticmethod
    @cache
    def share(slot: Slot, percent: int) -> Weights:
        """`percent` on `slot`, the rest on the other."""
        return Weights(percent, 100 - percent) if slot is Slot.BLUE else Weights(100 - percent, percent)


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """Seen to be `value` at the moment `seen_at`."""

    value: T
    seen_at: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not seen, because of `why`: neither yes nor no."""

    why: str


Seen = Known[T] | Unknown


def known(seen: Seen[T], otherwise: T) -> T:
    """The value if there is one; the caller says what an unknown is to be taken for."""
    return seen.value if isinstance(seen, Known) else otherwise


@dataclass(frozen=True, slots=True)
class Release:
    """What is shipped: immutable, run from a directory of its own, identified by the digest of its content.

    `env` holds literal values and references (`env:NAME`, `file:/path`, `credential:NAME`), never secrets.
    """

    version: str
    digest: str
    directory: str
    command: tuple[str, ...]
    env: tuple[tuple[str, str], ...] = ()
    api_version: str = "1.0.0"
    grace: float = 10.0


@dataclass(frozen=True, slots=True)
class Health:
    """The last deep health probe and how many in a row went the same way: one of the two counts is 0."""

    passes: int
    failures: int
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What an application says of itself: whether it sends its clients away, and what is inside it."""

    leaving: bool
    requests: int
    streams: int


SILENT = Unknown("it does not speak of itself")


@dataclass(frozen=True, slots=True)
class Instance:
    """One process of a release. `digest` is that of the release it was started from.

    `owns_port`: whether the port that answers belongs to this very process (None: nothing listens yet).
    `broken`: the environment stopped trying to start it; `sentence` says why.
    """

    name: str
    slot: Slot
    digest: str
    alive: bool
    address: str
    health: Seen[Health]
    owns_port: bool | None = None
    broken: bool = False
    restarts: int = 0
    exit_code: int | None = None
    sentence: str = ""
    log_tail: tuple[str, ...] = ()
    says: Seen[Said] = SILENT


class Role(StrEnum):
    """What the instances of a slot are told that they are to the traffic: jobs run where it is `live`."""

    LIVE = "live"
    CANDIDATE = "candidate"
    RETAINED = "retained"


@dataclass(frozen=True, slots=True)
class SlotWorld:
    """What the environment keeps in a slot: `digest` is None when it is to be empty.

    `role` is what its instances read that they are, None where nobody is there or can be told.
    """

    digest: str | None
    version: str | None = None
    instances: tuple[Instance, ...] = ()
    role: Role | None = None

    @property
    def empty(self) -> bool:
        return self.digest is None and not self.instances


@dataclass(frozen=True, slots=True)
class Member:
    """An address that the router may send requests of a slot to."""

    name: str
    address: str


class Pause(StrEnum):
    """Whether the router lets requests through: it may hold the safe ones or all, or answer for the app itself."""

    NONE = "none"
    SAFE = "safe"
    ALL = "all"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True)
class Cohort:
    """Who sees which version: `salt` decides which users are the first, anew in every deployment, and `favoured`
    is the slot of the new version, where those on the list of the allowed go."""

    salt: str
    favoured: Slot

    def __str__(self) -> str:
        return f"of {self.salt} for {self.favoured}"


@dataclass(frozen=True, slots=True)
class Routing:
    """The whole of what the router is told: who belongs to each slot, who gets how much, and who jumps in.

    `fallback` is the slot that takes all requests when the other has no usable member left; the router does
    that by itself and latches it. `versions` is what `X-API-Version` says for each slot. `cohort` is None until
    traffic was shared for the first time.
    """

    weights: Weights
    members: PerSlot[tuple[Member, ...]] = PerSlot((), ())
    fallback: Slot | None = None
    versions: PerSlot[str] = PerSlot("", "")
    cohort: Cohort | None = None
    pause: Pause = Pause.NONE


@dataclass(frozen=True, slots=True)
class Reading:
    """What the router says it does. `generation` is None when its state does not bear our stamp.

    `fell_back_to`: the slot that the router turned to by itself, latched until it is told anew.
    """

    routing: Routing
    generation: int | None
    fell_back_to: Slot | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back through the front door: from which slot, of which release, and whether it passed.

    `slot` and `version` are what the application or the environment proves, None where neither does.
    """

    slot: Slot | None
    version: str | None
    passed: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class RouterWorld:
    """One look at the router.

    `in_flight` are short requests now inside each slot, `long_lived` the streams beside them. `front` is an
    ordinary request through the front door; `preview` one request forced to each slot that has members.
    `closing` are the slots whose streams are being ended, one after the other; `cut` is how many were so far.
    `waiting` are the requests that are held while the app is paused.
    """

    reading: Seen[Reading]
    in_flight: PerSlot[Seen[int]]
    long_lived: PerSlot[Seen[int]]
    front: Seen[Answer]
    preview: PerSlot[Seen[Answer]]
    closing: frozenset[Slot] = frozenset()
    cut: PerSlot[int] = PerSlot(0, 0)
    waiting: Seen[int] = field(default_factory=lambda: Known(0, 0.0))


@dataclass(frozen=True, slots=True)
class Tally:
    """One second of one slot: counts, never rates.

    `errors` are answers of 500 and above, `unreached` connections refused or broken before an answer,
    `timeouts` answers that did not come. All three are failures and disjoint. `latency` counts the requests
    per bin of `core.tallies.BINS` up to the last that has any, those of users only. `streak` is how many requests in
    a row, up to the end of the second, failed. `own` of the requests were probes of ours through the front door, and
    `own_failed` of them failed; `asked` are those beside the requests that asked for the slot by name.
    `good` and `bad` are what requests came to for users as the application says, None where nobody says it;
    `failed_inside` are answers below 500 that the application counts as failed, as gRPC does in its trailers.
    `again` of the requests are attempts that reached nobody and were made again: the router chose for them once.
    """

    requests: int = 0
    errors: int = 0
    refused: int = 0
    unreached: int = 0
    timeouts: int = 0
    latency: tuple[int, ...] = ()
    streak: int = 0
    own: int = 0
    asked: int = 0
    own_failed: int = 0
    good: int | None = None
    bad: int | None = None
    failed_inside: int = 0
    again: int = 0

    @property
    def failures(self) -> int:
        return self.errors + self.unreached + self.timeouts


@dataclass(frozen=True, slots=True)
class RouteTally:
    """One second of one route of the application: the requests of users, and how many of them failed."""

    name: str
    requests: PerSlot[int]
    failures: PerSlot[int]


@dataclass(frozen=True, slots=True)
class Second:
    """What both slots answered during the second that began at `at`; `lost` when lines are missing from it.

    `routes` are the same requests by route, where they are told apart. `control` are requests that we sent to both
    slots ourselves, the same to each: with all traffic moved nothing else can be compared. `unheard` is a lost one of
    which that was known late: what the application counts itself did not come.
    """

    at: float
    slots: PerSlot[Tally]
    lost: bool = False
    routes: tuple[RouteTally, ...] = ()
    control: PerSlot[Tally] | None = None
    unheard: bool = False


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How far the rehearsal has come: comparable samples, how many of them differed, and whether memory grew."""

    samples: int
    differences: int
    memory_flat: bool
    running: bool = True


class Proven(StrEnum):
    """What a proof came to. Owed is one that nobody has tried yet; unproven says that too little could be seen."""

    OWED = "owed"
    PROVEN = "proven"
    UNPROVEN = "unproven"
    DISPROVEN = "disproven"


@dataclass(frozen=True, slots=True)
class SchemaState:
    """Where the schema stands, and what is proven of it.

    `expanded` and `contracted` are what has been carried out: true as well where the release brings no such step.
    `keeps` is whether what live sends works on the expanded schema, `serves` whether what the candidate sends does, and
    `contracts` whether that works on the contracted one, with what production sent since the cutover.
    `previous_sessions` counts database sessions of the old slot's role. `running` is that a long job is under way, and
    `sentence` what it, or the last proof, says. `due` is that what this deployment's contract took away has been
    kept for its day, and is to be dropped for good.
    """

    expanded: bool
    contracted: bool
    keeps: Proven
    serves: Proven
    contracts: Proven
    previous_sessions: int
    sentence: str = ""
    running: bool = False
    due: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist that is gone through before anything starts."""

    name: str
    passed: bool
    sentence: str


class Verb(StrEnum):
    """What an operator may ask of a running deployment."""

    ROLLBACK = "rollback"
    ABORT = "abort"
    HOLD = "hold"
    RESUME = "resume"
    PROMOTE = "promote"
    APPLY = "apply"
    PAUSE = "pause"
    PAUSE_ALL = "pause-all"
    MAINTAIN = "maintenance"
    UNPAUSE = "unpause"
    DRILL = "drill"


@dataclass(frozen=True, slots=True)
class Command:
    """A row that an operator filed: who asks for what, and why. `deployment` empty means the present one.

    `policy` is what `apply` puts in the place of the snapshot that the deployment started with. `share` is the
    percentage that a drill is to send back, 0 for the policy's.
    """

    id: int
    verb: Verb
    actor: str
    reason: str = ""
    deployment: str = ""
    policy: Policy | None = None
    share: int = 0


@dataclass(frozen=True, slots=True)
class World:
    """Everything that one decision may know. `wall` is for the record only: nothing is decided by it.

    `outcomes` is when a source outside last counted what users got in each slot, with what is in the way since; None
    where no source is configured. The counts themselves are in the seconds of `signals`.
    """

    now: float
    base: str
    slots: PerSlot[Seen[SlotWorld]]
    router: RouterWorld
    signals: Seen[tuple[Second, ...]]
    checklist: Seen[tuple[Check, ...]] = field(default_factory=lambda: Unknown("not asked for yet"))
    schema: Seen[SchemaState] = field(default_factory=lambda: Unknown("no schema tool is configured"))
    rehearsal: Seen[Rehearsal] = field(default_factory=lambda: Unknown("no rehearsal is running"))
    commands: tuple[Command, ...] = ()
    wall: float = 0.0
    outcomes: PerSlot[Seen[str]] | None = None

    def at(self, now: float) -> World:
        """The same world, looked at from another moment."""
        return replace(self, now=now)
