"""What is said over keeper.sock: one JSON object per line, at most 1 MiB, answered in order.

Effects carry a generation; one lower than the highest ever seen of the same realm is refused as a conflict. The
realm is what stands before the dot of a slot's name, so apps never fence each other. The router has its own.
Nothing here opens a socket or acts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from verdigris.keeper.codec import build, plain

__all__ = [
    "LINE_MOST",
    "SOCKET",
    "Hand",
    "KeeperError",
    "Observe",
    "Reload",
    "Request",
    "RoleRequest",
    "RouterRequest",
    "Shutdown",
    "Spec",
    "Start",
    "StopRequest",
    "Tail",
    "Watch",
    "decode",
    "encode",
    "read_request",
    "request_line",
]

LINE_MOST = 1 << 20
SOCKET = "keeper.sock"


class KeeperError(Exception):
    """What the keeper refuses or cannot do: a kind for the program, a sentence for the person.

    Kinds: conflict, refused, invalid, full, failed (said by the keeper); unreachable, timeout (said by the client).
    """

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Spec:
    """What one instance of a release is. `{port}` in command and env is replaced by the instance's port."""

    version: str
    digest: str
    directory: str
    command: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)
    grace: float = 10.0
    api_version: str = ""


@dataclass(frozen=True, slots=True)
class Observe:
    """What runs, what should run, and what ended lately."""


@dataclass(frozen=True, slots=True)
class Watch:
    """Every event from now on, one per line, until the client goes."""


@dataclass(frozen=True, slots=True)
class Tail:
    """The last lines of one log: an instance's name, `router` or `keeper`."""

    name: str
    lines: int = 20


@dataclass(frozen=True, slots=True)
class Start:
    """The slot shall run `count` instances of `spec`. Idempotent under `key`; a changed count scales."""

    slot: str
    key: str
    generation: int
    count: int
    spec: Spec
    surge: int = 1
    secrets: dict[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class StopRequest:
    """The slot shall be empty; with `only`, the named instances shall not run."""

    slot: str
    key: str
    generation: int
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RoleRequest:
    """The instances of the slot shall read this role: `live`, `candidate` or `retained`."""

    slot: str
    role: str
    generation: int


@dataclass(frozen=True, slots=True)
class RouterRequest:
    """The router shall run like this. A running one that differs is handed over without a refused connection."""

    argv: tuple[str, ...]
    cwd: str
    listen: tuple[str, ...]
    generation: int
    takeover: tuple[str, ...] = ("-sf",)
    grace: float = 5.0
    within: float = 10.0


@dataclass(frozen=True, slots=True)
class Reload:
    """A new router process on the same sockets; the old one finishes what it has."""

    generation: int
    within: float = 10.0


@dataclass(frozen=True, slots=True)
class Hand:
    """Values for `env:NAME` references of all slots of one realm, kept in memory only.

    They win over what an earlier start brought. What was given up is tried once more when a value is new. Wants
    nothing, so it carries no generation.
    """

    secrets: dict[str, str] = field(repr=False)
    realm: str = ""


@dataclass(frozen=True, slots=True)
class Shutdown:
    """The keeper ends. With `everything` the router and all instances end first; a generation older than that of
    any realm is refused then."""

    everything: bool = False
    generation: int | None = None


Request = (
    Observe | Watch | Tail | Start | StopRequest | RoleRequest | RouterRequest | Reload | Hand | Shutdown
)

VERBS: dict[str, type[Request]] = {
    "observe": Observe,
    "watch": Watch,
    "tail": Tail,
    "start": Start,
    "stop": StopRequest,
    "role": RoleRequest,
    "router": RouterRequest,
    "reload": Reload,
    "hand": Hand,
    "shutdown": Shutdown,
}


def encode(message: dict[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """The object on this line; KeeperError `invalid` when it is none."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise KeeperError("invalid", "the line is not JSON: send one JSON object per line") from None
    if not isinstance(message, dict):
        raise KeeperError("invalid", f"the line is a JSON {type(message).__name__}: send one object per line")
    return message


def request_line(request: Request) -> bytes:
    """The request as one line; KeeperError `invalid` when it is longer than a line may be."""
    verb = next(name for name, kind in VERBS.items() if type(request) is kind)
    line = encode({"verb": verb} | plain(request))
    if len(line) > LINE_MOST:
        raise KeeperError(
            "invalid", f"{verb}: the request has {len(line)} bytes, at most {LINE_MOST} are heard"
        )
    return line


def read_request(line: bytes) -> Request:
    """The request on this line; KeeperError `invalid` names the field that does not fit."""
    message = decode(line)
    verb = message.pop("verb", None)
    if not isinstance(verb, str) or verb not in VERBS:
        raise KeeperError("invalid", f"verb must be one of {', '.join(VERBS)}")
    try:
        return build(VERBS[verb], message, verb, strict=True)
    except ValueError as error:
        raise KeeperError("invalid", str(error)) from None
