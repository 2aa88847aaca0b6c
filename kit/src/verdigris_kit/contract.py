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
    "ENVIRONMENT_HEADER",
    "REQUEST_ID_HEADER",
    "HealthReport",
    "Identity",
]

CONTRACT_VERSION = 1

API_VERSION_HEADER = "X-API-Version"
"""On every response: the version of the API that answered."""

ENVIRONMENT_HEADER = "X-Environment"
"""On every response: the environment that answered; behind a router, the router's own word replaces it."""

REQUEST_ID_HEADER = "X-Request-Id"
"""On requests and responses: one request across router, application and logs."""


class HealthReport(TypedDict):
    """The body of a deep health endpoint, with status 200 when healthy and 503 when degraded.

    In `checks`, `uptime` is seconds since the process started to serve; every other entry is true or false.
    """

    status: Literal["healthy", "degraded"]
    checks: dict[str, Union[bool, float]]
    environment: str
    release: str
    slot: str
    version: int


@dataclass(frozen=True)
class Identity:
    """Who is answering. `slot` and `release` are empty where nobody told this process."""

    api_version: str = "1.0.0"
    environment: str = "unknown"
    release: str = ""
    slot: str = ""

    def __post_init__(self) -> None:
        """Refuse at start what could not stand in a header."""
        for name, value in vars(self).items():
            if not (value.isascii() and value.isprintable()):
                raise ValueError(
                    f"{name} is {value!r}: a header value is printable ASCII. Mend the variable."
                )

    @classmethod
    def of(cls, environ: Optional[Mapping[str, str]] = None) -> "Identity":
        """Read `API_VERSION`, `ENVIRONMENT_NAME`, `VERDIGRIS_RELEASE` and `VERDIGRIS_SLOT`."""
        environ = os.environ if environ is None else environ
        return cls(
            api_version=environ.get("API_VERSION", cls.api_version),
            environment=environ.get("ENVIRONMENT_NAME", cls.environment),
            release=environ.get("VERDIGRIS_RELEASE", cls.release),
            slot=environ.get("VERDIGRIS_SLOT", cls.slot),
        )
