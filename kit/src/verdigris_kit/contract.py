"""What application and control plane say to each other: header names, variables, and the health document.

Versioned and additive: a name once released keeps its meaning. Any language can follow it; the control plane
reads the document and never needs this package. Nothing here acts; it only reads the variables of its slot.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Optional, TypedDict, Union

__all__ = [
    "API_VERSION_HEADER",
    "CONTRACT_VERSION",
    "CONTROL_PREFIX",
    "ENVIRONMENT_HEADER",
    "GRACE_VARIABLE",
    "OUTCOME_HEADER",
    "REHEARSAL_HEADER",
    "REQUEST_ID_HEADER",
    "ROLE_FILE_VARIABLE",
    "ControlState",
    "HealthReport",
    "Identity",
    "Role",
]

CONTRACT_VERSION = 1

API_VERSION_HEADER = "X-API-Version"
"""On every response: the version of the API that answered."""

ENVIRONMENT_HEADER = "X-Environment"
"""On every response: the environment that answered; behind a router, the router's own word replaces it."""

REQUEST_ID_HEADER = "X-Request-Id"
"""On requests and responses: one request across router, application and logs."""

OUTCOME_HEADER = "X-Verdigris-Outcome"
"""On a response: `good` or `bad`, what the request came to for its user. The router takes it away."""

REHEARSAL_HEADER = "X-Verdigris-Rehearsal"
"""On a request that is a copy for a candidate: the token that the slot's secret gives for `rehearsal`."""

CONTROL_PREFIX = "/.verdigris/"
"""Below it is what only the controller asks, with `Authorization: Bearer` and the secret's token for `control`."""

ROLE_FILE_VARIABLE = "VERDIGRIS_ROLE_FILE"
"""Names the file with one word, the role of the slot. Replaced in one step; without it the process is live."""

GRACE_VARIABLE = "VERDIGRIS_GRACE"
"""Says how many seconds after SIGTERM comes SIGKILL."""

Role = Literal["live", "candidate", "retained"]
"""`live` serves the users and runs the jobs, `candidate` may come to that, `retained` is the way back."""


class _HealthReport(TypedDict):
    status: Literal["healthy", "degraded"]
    checks: dict[str, Union[bool, float]]
    environment: str
    release: str
    slot: str
    version: int


class HealthReport(_HealthReport, total=False):
    """The body of a deep health endpoint, with status 200 when healthy and 503 when degraded.

    In `checks`, `uptime` is seconds since the process started to serve; every other entry is true or false.
    `informational` ones do not make it degraded. `age` of the result is in seconds. What follows is only for who may
    see details: how long each check took, why it is as it is, and the revision of the database's schema.
    """

    age: float
    informational: dict[str, bool]
    milliseconds: dict[str, float]
    reasons: dict[str, str]
    schema: str


class _ControlState(TypedDict):
    version: int
    role: Role
    release: str
    slot: str
    instance: str
    leaving: bool
    in_flight: dict[str, int]
    counts: dict[str, int]
    grpc: dict[str, dict[str, int]]


class ControlState(_ControlState, total=False):
    """The body of `GET /.verdigris/state`. Everything in it is of one process.

    `in_flight` has `http`, `websocket` and `events`. `counts` is what was refused or forgiven, by name; `grpc` is
    how often each method ended with which status. `grpc_calls`, where calls are counted, says how many `calls` there
    were and how many of them `failed`. `hottest` is the document of the hottest keys, where there is a cache.
    """

    grpc_calls: dict[str, int]
    hottest: dict[str, object]


@dataclass(frozen=True)
class Identity:
    """Who is answering. `slot` and `release` are empty where nobody told this process."""

    api_version: str = "1.0.0"
    environment: str = "unknown"
    release: str = ""
    slot: str = ""

    def __post_init__(self) -> None:
        """Refuse at start what could not stand in a header.

        Blanks at its ends are refused too and not taken off: servers choke on them, and what they were taken off
        from would not be what the controller knows this process by.
        """
        for name, value in vars(self).items():
            if not (value.isascii() and value.isprintable() and value == value.strip()):
                raise ValueError(
                    f"{name} is {value!r}: a header value is printable ASCII, without blanks at its ends."
                    " Mend the variable."
                )

    @classmethod
    def of(cls, environ: Optional[Mapping[str, str]] = None) -> "Identity":
        """Read `API_VERSION`, `ENVIRONMENT_NAME`, `VERDIGRIS_RELEASE` and `VERDIGRIS_SLOT`.

        Where one of the first two is missing its default stands in, and that is logged once in a process.
        """
        environ = os.environ if environ is None else environ
        _warn_once([name for name in ("API_VERSION", "ENVIRONMENT_NAME") if name not in environ])
        return cls(
            api_version=environ.get("API_VERSION", cls.api_version),
            environment=environ.get("ENVIRONMENT_NAME", cls.environment),
            release=environ.get("VERDIGRIS_RELEASE", cls.release),
            slot=environ.get("VERDIGRIS_SLOT", cls.slot),
        )


_unwarned = [True]


def _warn_once(missing: list[str]) -> None:
    """Every response says what is missing here; nobody has to be told for each of them."""
    if missing and _unwarned:
        _unwarned.clear()
        import logging  # what is set everywhere needs no log

        logging.getLogger("verdigris_kit").warning(
            "%s not set: the defaults stand in, version %s and environment %s. Set what this process is.",
            " and ".join(missing) + (" is" if len(missing) == 1 else " are"),
            Identity.api_version,
            Identity.environment,
        )
