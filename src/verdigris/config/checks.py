"""What keys have to do with each other, and what would be started with a hole in it: complaints with a next step.

Each check looks at one matter and sees a service whose single keys are already right. Values of variables are
never repeated: a complaint about a secret must not publish it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

from verdigris.config.document import Complaint, shown
from verdigris.config.fields import REFERENCE
from verdigris.config.models import Service
from verdigris.config.policies import steps
from verdigris.config.routing import Cohort, Route, Tls
from verdigris.config.schema import check_schema
from verdigris.config.serving import Health
from verdigris.config.signals import check_signals
from verdigris.config.starter import PLACEHOLDER
from verdigris.config.units import fraction, percent_text, seconds, weight
from verdigris.keeper import environment
from verdigris.keeper.protocol import KeeperError

__all__ = ["check"]

PORT = "{port}"
PORT_EXAMPLE = '"--port", "{port}"'
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
RESERVED = re.compile(
    r"PORT|ENVIRONMENT_NAME|API_VERSION|VERDIGRIS_.*|LD_.*|LISTEN_(FDS|PID|FDNAMES)|NOTIFY_SOCKET|CREDENTIALS_DIRECTORY"
)
SECRET = re.compile(r"(.*_)?(PASSWORD|PASSWD|PASSPHRASE|TOKEN|SECRET|KEY|CREDENTIALS?)S?", re.IGNORECASE)
LOOKS_LIKE_REFERENCE = re.compile(r"(env|file|credential):")


def check(service: Service) -> Iterator[Complaint]:
    """Everything that is wrong between the keys of one service."""
    yield from _command(service)
    for name, value in service.run.env.items():
        if sentence := _variable(name, value):
            yield Complaint(("run", "env", name), sentence)
    yield from _route(service.route)
    yield from _health(service)
    yield from _ramp(service)
    yield from _replay(service)
    yield from _weights(service)
    yield from check_signals(service.signals)
    yield from check_schema(service.schema_, service.run.env)
    if service.run.surge > service.run.instances:
        sentence = f"must be at most run.instances ({service.run.instances}), got {service.run.surge}"
        yield Complaint(("run", "surge"), sentence)


def _command(service: Service) -> Iterator[Complaint]:
    command = service.run.command
    if PLACEHOLDER in command:
        sentence = "is still the placeholder of `verdigris init`: write the program and its arguments here"
        yield Complaint(("run", "command"), sentence)
    elif not any(PORT in text for text in [*command, *service.run.env.values()]):
        yield Complaint(("run", "command"), _without_port(command))


def _without_port(command: list[str]) -> str:
    near = [
        part for part in command if re.search(r"\$\{?PORT\b|\{ *port *\}|\{\{ *port", part, re.IGNORECASE)
    ]
    meant = f" (instead of {shown(near[0])})" if near else ""
    return (
        f"{PORT} is missing, so that two instances would take one port: write {PORT_EXAMPLE} or the like{meant}, "
        f'or env: {{PORT: "{PORT}"}} when the program reads PORT by itself'
    )


def _variable(name: str, value: str) -> str | None:
    """What is wrong with a variable of an instance."""
    if not NAME.fullmatch(name):
        return "must be named with letters, digits and _ only, and not begin with a digit"
    if RESERVED.fullmatch(name) and (name, value) != ("PORT", PORT):
        return "is set by verdigris or the system itself. Take another name"
    if name != "PORT" and (refusal := _refused_by_the_keeper(name, value)):
        return refusal
    if REFERENCE.fullmatch(value):
        return None
    if LOOKS_LIKE_REFERENCE.match(value):
        return "is no reference: write env:NAME, file:/path or credential:NAME"
    if value and SECRET.fullmatch(name):
        return f"seems to be a secret, which does not belong in a file: export it and write env:{name}"
    if _holds_password(value):
        return f"is a URL with a password or a token, which does not belong in a file: export it and write env:{name}"
    return None


def _refused_by_the_keeper(name: str, value: str) -> str:
    """What nobody could be started with is not built first: the keeper's own rule, before anything begins."""
    try:
        environment.check({name: value})
    except KeeperError as refusal:
        return refusal.sentence.removeprefix(f"env: {name} ")
    return ""


def _holds_password(value: str) -> bool:
    """Whether it is a URL that lets its bearer in: by a password, a token as the user, or a word of its query."""
    try:
        url = urlsplit(value)
        asked = [name for name, _ in parse_qsl(url.query, max_num_fields=100)]
    except ValueError:
        return False
    token = url.scheme in ("http", "https") and url.username
    return bool(url.scheme and url.netloc and (url.password or token or any(map(SECRET.fullmatch, asked))))


def _route(route: Route) -> Iterator[Complaint]:
    if route.strip and route.path == "/":
        yield Complaint(
            ("route", "strip"), "takes off route.path, which is /: name a longer path, or say false"
        )
    if route.proxy_protocol and not route.trust:
        sentence = (
            "needs route.trust, the networks of the proxies whose header is believed, like [10.0.0.0/8]"
        )
        yield Complaint(("route", "proxy_protocol"), sentence)
    yield from _tls(route.tls)
    yield from _cohort(route.cohort)


def _tls(tls: Tls) -> Iterator[Complaint]:
    if tls.listen != "none" and tls.certificate == "none":
        sentence = f"is missing: name the PEM file that clients are shown at {tls.listen}"
        yield Complaint(("route", "tls", "certificate"), sentence)
    wanted = {
        "certificate": tls.certificate != "none",
        "key": tls.private_key != "none",
        "redirect": tls.redirect,
    }
    for name in (name for name, said in wanted.items() if said and tls.listen == "none"):
        sentence = (
            "has no meaning without route.tls.listen, where HTTPS is spoken: write it, like 0.0.0.0:443"
        )
        yield Complaint(("route", "tls", name), sentence)


def _cohort(cohort: Cohort) -> Iterator[Complaint]:
    for name in (name for name in ("allow", "deny") if cohort.by == "none" and getattr(cohort, name)):
        sentence = (
            "needs route.cohort.by, which says how a user is told: write header:NAME or cookie:NAME there"
        )
        yield Complaint(("route", "cohort", name), sentence)
    allowed = set(cohort.allow)
    for number, user in enumerate(cohort.deny):
        if user in allowed:
            sentence = "is in route.cohort.allow too: take the user out of one of the two"
            yield Complaint(("route", "cohort", "deny", number), sentence)


def _health(service: Service) -> Iterator[Complaint]:
    health = service.health
    if seconds(health.timeout) > seconds(health.interval):
        yield Complaint(
            ("health", "timeout"),
            f"must be at most health.interval ({health.interval}), got {health.timeout}",
        )
    if health.grpc is not False:
        yield from _by_grpc(service)


def _by_grpc(service: Service) -> Iterator[Complaint]:
    if not service.route.http2:
        sentence = "needs route.http2: true, so that the router speaks HTTP/2 with the app as well"
        yield Complaint(("health", "grpc"), sentence)
    if service.route.max_body != "none":
        sentence = (
            "would refuse every gRPC call, none of which says its length: leave it at none with health.grpc"
        )
        yield Complaint(("route", "max_body"), sentence)
    for name in ("path", "status", "body", "smoke"):
        if getattr(service.health, name) != getattr(Health(), name):
            sentence = "has no meaning with health.grpc, which asks by gRPC alone: take one of the two away"
            yield Complaint(("health", name), sentence)


def _ramp(service: Service) -> Iterator[Complaint]:
    ramp, end = steps(service), 100 - weight(service.bake.holdback)
    for number, (step, after) in enumerate(pairwise(ramp), start=1):
        if after.to <= step.to:
            sentence = f"must grow from step to step, got {step.to}% and then {after.to}%"
            yield Complaint(("cutover", "ramp", number), sentence)
    if ramp[-1].to != end:
        sentence = (
            f"must end at {end}% (100% less bake.holdback, {service.bake.holdback}), got {ramp[-1].to}%"
        )
        yield Complaint(("cutover", "ramp"), sentence)
    if "lasts" in service.cutover.ramp[-1].model_fields_set:
        last = len(service.cutover.ramp) - 1
        sentence = "has no meaning on the last step, which the bake watches: take it away, or set bake.for"
        yield Complaint(("cutover", "ramp", last, "for"), sentence)


def _weights(service: Service) -> Iterator[Complaint]:
    weights = service.judge.weights.model_dump()
    total = sum(fraction(text) for text in weights.values())
    if abs(total - 1.0) > 1e-9:
        told = ", ".join(f"{name} {text}" for name, text in weights.items())
        yield Complaint(("judge", "weights"), f"must sum to 100%, got {percent_text(total)} ({told})")


def _replay(service: Service) -> Iterator[Complaint]:
    if not service.bake.replay:
        return
    if weight(service.bake.holdback):
        sentence = "has no meaning with bake.holdback, which is compared as it is: take one of the two away"
        yield Complaint(("bake", "replay"), sentence)
    if service.health.grpc is not False:
        sentence = "has no meaning with health.grpc: a call is a POST, and only GET and HEAD are replayed"
        yield Complaint(("bake", "replay"), sentence)
