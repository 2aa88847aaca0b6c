"""What a configuration file asks for, as values: amounts in seconds and parts of one, nothing left to parse.

This is what crosses the border of the room. What a deployment keeps is in `policy`; the rest is wiring. Secrets
are here as the references they were written as, never as values.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from verdigris.core.policy import Policy

__all__ = [
    "AlertSettings",
    "EnvironmentSettings",
    "Expected",
    "HealthSettings",
    "RouteSettings",
    "RouterSettings",
    "Row",
    "RunSettings",
    "Settings",
    "Timeouts",
    "resolved",
]


@dataclass(frozen=True, slots=True)
class RunSettings:
    """How a release is made and started. `{port}` stands in the command or in a value of `env`.

    `source` is None for the tracked files of the present commit, `version` is None to name a release after its
    commit or content.
    """

    command: tuple[str, ...]
    source: str | None = None
    build: tuple[tuple[str, ...], ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    grace: float = 10.0
    api_version: str = "1.0.0"
    version: str | None = None


@dataclass(frozen=True, slots=True)
class RouteSettings:
    """Where requests come in. `host` is None for requests to any host."""

    address: str
    port: int
    host: str | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """One value that the health document has to have at `path`, the keys from the outside in."""

    path: tuple[str, ...]
    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class HealthSettings:
    """How an instance is asked whether it is well, and what it has to answer."""

    path: str
    timeout: float
    interval: float
    status: tuple[tuple[int, int], ...]
    body: tuple[Expected, ...] = ()
    smoke: tuple[str, ...] = ()

    def passes(self, status: int) -> bool:
        """Whether the status is one that a healthy instance answers with."""
        return any(low <= status <= high for low, high in self.status)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long the router waits, in seconds, for each of the things that it waits for."""

    connect: float
    request: float
    server: float
    client: float
    keep_alive: float
    tunnel: float


@dataclass(frozen=True, slots=True)
class RouterSettings:
    """Which router, and how. `binary` is None for the one that comes with verdigris."""

    kind: str
    binary: str | None
    timeouts: Timeouts


@dataclass(frozen=True, slots=True)
class EnvironmentSettings:
    """Which kind of environment the slots are."""

    kind: str


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """Where alerts go: a reference or a URL; None for nowhere but the event log."""

    webhook: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One key with its value as a person would write it, and whether the file said so or nobody did."""

    key: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Settings:
    """One app of a configuration file. `directory` is where the file stands: relative paths begin there."""

    app: str
    directory: str
    run: RunSettings
    route: RouteSettings
    health: HealthSettings
    router: RouterSettings
    environment: EnvironmentSettings
    alerts: AlertSettings
    policy: Policy
    rows: tuple[Row, ...] = field(default=(), repr=False, compare=False)


def resolved(settings: Settings) -> tuple[Row, ...]:
    """Every key with the value that holds, in the order of the reference."""
    return settings.rows
