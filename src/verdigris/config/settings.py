"""What a configuration file asks for, as values: amounts in seconds and parts of one, nothing left to parse.

This is what crosses the border of the room. What a deployment keeps is in `policy`; the rest is wiring. Secrets
are here as the references they were written as, never as values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from verdigris.core.policy import Policy

__all__ = [
    "AlertSettings",
    "CohortSettings",
    "EnvironmentSettings",
    "Expected",
    "HealthSettings",
    "MaintenanceSettings",
    "PauseSettings",
    "PrometheusSettings",
    "RouteSettings",
    "RouterSettings",
    "Row",
    "RunSettings",
    "SchemaSettings",
    "Settings",
    "SignalSettings",
    "Timeouts",
    "TlsSettings",
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
class TlsSettings:
    """Where HTTPS is spoken, "address:port", and with which certificate; `key` is None when it is in the same file."""

    listen: str
    certificate: Path
    key: Path | None = None
    redirect: bool = False
    oldest: str = "1.2"


@dataclass(frozen=True, slots=True)
class CohortSettings:
    """What tells users apart: `by` is "header" or "cookie" with its name, or "none" for a cookie of ours alone."""

    by: str
    name: str = ""
    assign: bool = False
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PauseSettings:
    """How many seconds a paused app lets a request wait, and how many wait together."""

    longest: float = 10.0
    most: int = 10_000


@dataclass(frozen=True, slots=True)
class MaintenanceSettings:
    """What is answered during maintenance: the file of a page, None for ours, and seconds to come back after."""

    page: Path | None = None
    retry_after: float = 60.0


@dataclass(frozen=True, slots=True)
class RouteSettings:
    """Where requests come in and whose they are. No `hosts` means every host; `max_body` counts bytes."""

    address: str
    port: int
    hosts: tuple[str, ...] = ()
    path: str = "/"
    strip: bool = False
    tls: TlsSettings | None = None
    trust: tuple[str, ...] = ()
    proxy_protocol: bool = False
    max_body: int | None = None
    http2: bool = False
    cohort: CohortSettings | None = None
    pause: PauseSettings = field(default_factory=PauseSettings)
    maintenance: MaintenanceSettings = field(default_factory=MaintenanceSettings)

    @property
    def listen(self) -> str:
        """Address and port as the file has them."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    @property
    def host(self) -> str | None:
        """A host that a probe can name; None where any will do."""
        return next((host for host in self.hosts if not host.startswith("*.")), None)


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
    grpc: str | None = None
    """The service that is asked for by gRPC, empty for the whole server; None where HTTP asks."""

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
class PrometheusSettings:
    """Two counters of Prometheus, `{slot}` in the queries; `token` is a reference, None for none."""

    url: str
    good: str
    bad: str
    token: str | None = None


@dataclass(frozen=True, slots=True)
class SignalSettings:
    """Where it is counted what users got: one of the three, asked every so many seconds."""

    prometheus: PrometheusSettings | None = None
    file: Path | None = None
    command: tuple[str, ...] = ()
    every: float = 5.0


@dataclass(frozen=True, slots=True)
class SchemaSettings:
    """What moves the schema. `database` and `shadow` are references to URLs, which hold passwords; `shadow` is None for
    a server of our own. `directory` and `statements` are paths in the release."""

    tool: str
    database: str
    directory: str = "migrations"
    command: tuple[str, ...] = ()
    url_env: str = "DATABASE_URL"
    role: str = ""
    shadow: str | None = None
    statements: str | None = None
    shapes: str = "refused"
    hazards: str = "refused"
    env: tuple[tuple[str, str], ...] = ()
    """What of an instance's variables is for the tool as well."""


@dataclass(frozen=True, slots=True)
class Row:
    """One key with its value as a person would write it, and whether the file said so or nobody did."""

    key: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class Settings:
    """One app of a configuration file. `directory` is where the file stands: relative paths begin there.

    `routes` are patterns of methods and paths that the judge tells apart by them.
    """

    app: str
    directory: str
    run: RunSettings
    route: RouteSettings
    health: HealthSettings
    router: RouterSettings
    environment: EnvironmentSettings
    alerts: AlertSettings
    policy: Policy
    routes: tuple[str, ...] = ()
    signals: SignalSettings | None = None
    """None where what users get is counted by nobody, or said by the application itself."""
    schema: SchemaSettings | None = None
    """None where nothing moves the schema."""
    rows: tuple[Row, ...] = field(default=(), repr=False, compare=False)


def resolved(settings: Settings) -> tuple[Row, ...]:
    """Every key with the value that holds, in the order of the reference."""
    return settings.rows
