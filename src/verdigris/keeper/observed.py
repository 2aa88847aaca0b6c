"""What the keeper says it sees. Read and written by both ends, so that a field has one meaning.

Times are seconds of CLOCK_BOOTTIME. An exit code below zero is the signal; None is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Event", "InstanceSeen", "KeeperSeen", "Observed", "RouterSeen", "SlotSeen", "State", "Stop"]


class State(StrEnum):
    """Where one process is in its life."""

    STARTING = "starting"
    RUNNING = "running"
    BACKOFF = "backoff"
    STOPPING = "stopping"
    EXITED = "exited"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class InstanceSeen:
    """One instance. `owns_port`: all that listen on its port belong to its session; None: nobody listens yet."""

    name: str
    pid: int | None
    port: int | None
    state: State
    alive: bool
    owns_port: bool | None
    exit_code: int | None
    restarts: int
    since: float
    sentence: str
    log_tail: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SlotSeen:
    """What a slot shall run, its instances, and the role that they are told; None where they cannot be told any."""

    key: str
    version: str
    digest: str
    count: int
    instances: tuple[InstanceSeen, ...]
    role: str | None = None


@dataclass(frozen=True, slots=True)
class RouterSeen:
    """The router. `leaving` are the pids of earlier processes that still finish their connections."""

    alive: bool
    pid: int | None
    state: State
    restarts: int
    exit_code: int | None
    since: float
    leaving: tuple[int, ...]
    listen: tuple[str, ...]
    holds_sockets: bool
    sentence: str
    log_tail: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """How one instance ended that was asked to."""

    slot: str
    name: str
    pid: int | None
    exit_code: int | None
    how: str
    at: float


@dataclass(frozen=True, slots=True)
class KeeperSeen:
    """The keeper itself; `sentence` says what troubles it."""

    pid: int
    since: float
    boot_id: str
    version: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Observed:
    """One look at everything. `generations` are the highest that were heard, by realm."""

    keeper: KeeperSeen
    generations: dict[str, int]
    router: RouterSeen | None
    slots: dict[str, SlotSeen]
    last_stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that just happened: start, running, exit, broken, stopped, router-start, router-exit, trouble.

    `watching` is the first that a watcher gets; `missed` says that it was too slow for some.
    """

    event: str
    at: float
    slot: str = ""
    name: str = ""
    pid: int | None = None
    exit_code: int | None = None
    sentence: str = ""
