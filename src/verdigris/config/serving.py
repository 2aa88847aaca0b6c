"""The keys that say what runs and who is told: a release, its instances, their health, the router, and alerts.

Each model is one mapping of verdigris.yaml and holds what the file says, as it says it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from verdigris.config import fields as f
from verdigris.config.section import Section, key, section

__all__ = ["Alerts", "Environment", "Health", "Router", "RouterTimeouts", "Run"]


class Run(Section):
    """How a release is made, and how one instance of it is started."""

    source: Annotated[str, f.text(r"\S(.*\S)?", "git or a path")] = key(
        "git", "What a release is made of: `git`, the tracked files of the present commit, or a path."
    )
    build: list[Annotated[list[str], f.argv]] = key(
        [],
        "Commands that run once in the directory of a new release, one after the other.",
        "list of commands",
    )
    command: Annotated[list[str], f.argv] = key(
        ...,
        'The command that starts one instance; `{port}` is the port to listen on: `["server", "--port", "{port}"]`.',
    )
    instances: int = key(2, "Instances of the API in a slot.", "instances", ge=1, le=64)
    surge: int = key(1, "Instances that may be starting at the same moment.", "instances", ge=1, le=64)
    env: dict[str, str] = key(
        {},
        "Variables of an instance, which gets no others of the controller's. Secrets by reference only: `env:NAME`, "
        "`file:/path`, `credential:NAME`, read at each start.",
        "names and texts",
    )
    revive_after: Annotated[str, f.duration("1s", "24h")] = key(
        "10s",
        "How long an instance that could not be kept running stays down before it is started once more.",
    )
    grace: Annotated[str, f.duration("0s", "1h")] = key(
        "10s", "Between the request to stop (SIGTERM) and the order to (SIGKILL)."
    )
    api_version: Annotated[str, f.text(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,62}", 'a version like "1.0.0"')] = key(
        "1.0.0", "What `X-API-Version` says on every response, and `API_VERSION` to an instance."
    )
    version: Annotated[str, f.text(r"[0-9A-Za-z][0-9A-Za-z._-]{0,62}", 'auto or a version like "1.4.2"')] = (
        key("auto", "The name of the release: `auto` takes the commit, or the content where there is none.")
    )


PATH = "a path that begins with /, like /health, without spaces"
Path = Annotated[str, f.text(r"/[!-~]{0,1023}", PATH)]
# This one the router asks too, whose own configuration it has to fit into.
HealthPath = Annotated[str, f.text(r"/[A-Za-z0-9._~!$&*+,;=:@%/?-]{0,1023}", f"{PATH} and quotes")]


class Health(Section):
    """How an instance is asked whether it is well, and when that is believed."""

    path: HealthPath = key("/health", "The path that answers whether an instance and all it needs are well.")
    grpc: Annotated[Any, f.grpc] = key(
        False,
        "Whether health is asked for by gRPC (grpc.health.v1.Health/Check) instead of `path`: `true` for the server "
        "as a whole, or the name of a service. Needs `route.http2`.",
    )
    timeout: Annotated[str, f.duration("10ms", "5m")] = key("5s", "What takes longer has failed.")
    interval: Annotated[str, f.duration("100ms", "1h")] = key(
        "10s", "Between two probes of an instance that serves."
    )
    healthy: int = key(3, "Passes in a row until an instance counts as healthy.", "probes", ge=1, le=100)
    unhealthy: int = key(2, "Failures in a row until it no longer does.", "probes", ge=1, le=100)
    status: Annotated[Any, f.status] = key(
        200, 'The status of a pass: `200`, `"200-299"`, or a list of these.'
    )
    body: Annotated[dict[str, Any], f.body] = key(
        {},
        "What the JSON of a pass has to contain, for instance `{status: healthy, checks: {database: true}}`.",
    )
    smoke: list[Path] = key(
        [], "Further paths that a candidate has to answer below 400 before it gets traffic.", "list of paths"
    )


class RouterTimeouts(Section):
    """How long the router waits for each of the things that it waits for."""

    connect: Annotated[str, f.duration("10ms", "1m")] = key("2s", "For an instance to take a connection.")
    request: Annotated[str, f.duration("100ms", "10m")] = key(
        "10s", "For a client to send the head of its request."
    )
    server: Annotated[str, f.duration("100ms", "24h")] = key("60s", "For an instance that is silent.")
    client: Annotated[str, f.duration("100ms", "24h")] = key("60s", "For a client that is silent.")
    keep_alive: Annotated[str, f.duration("100ms", "1h")] = key(
        "60s", "For the next request on a connection."
    )
    tunnel: Annotated[str, f.duration("1s", "7d")] = key(
        "1h", "For an upgraded connection that is silent, both ways."
    )


class Router(Section):
    """What sends requests to the slots. `router: haproxy` is short for `router: {kind: haproxy}`."""

    short = "kind"
    kind: Literal["haproxy"] = key("haproxy", "Which router.")
    bin: Annotated[str, f.text(r"bundled|/.+", "bundled or a path like /usr/sbin/haproxy")] = key(
        "bundled", "The program: `bundled` comes with verdigris; HAProxy 2.6 or newer otherwise."
    )
    timeouts: RouterTimeouts = section()


class Environment(Section):
    """What runs the instances. `environment: process` is short for `environment: {kind: process}`."""

    short = "kind"
    kind: Literal["process"] = key("process", "Processes of this machine, one for each instance.")


class Alerts(Section):
    """Who is told that a person should look."""

    webhook: Annotated[str, f.webhook] = key(
        "none",
        "Where alerts are posted as JSON; a URL that holds a secret by reference: `env:NAME`, `file:/path`.",
    )
    after: Annotated[str, f.duration("0s", "24h")] = key(
        "30s", "How long something is unknown before it is one."
    )
