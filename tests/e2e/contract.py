"""The contract with an application, asked from outside: what is written in any language has to pass the same.

It looks at the instances of a project that serves. The last look ends one of them, which the keeper starts again.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
from pathlib import Path

from tests.e2e.project import Project
from tests.e2e.sight import Answer, Document, alive
from tests.waiting import eventually_sync
from verdigris_kit.contract import (
    API_VERSION_HEADER,
    CONTRACT_VERSION,
    CONTROL_PREFIX,
    ENVIRONMENT_HEADER,
    ControlState,
    HealthReport,
)
from verdigris_kit.secret import token

__all__ = ["keeps_the_contract"]

TARGETS = {"/": 200, "/health": 200, "/orders": 200, "/orders/0": 404, "/slow?ms=soon": 400, "/nothing": 404}
"""What is asked, and how both examples answer it."""

IN_FLIGHT = b"GET /slow?ms=1500 HTTP/1.1\r\nHost: a\r\n\r\n"


def keeps_the_contract(project: Project) -> None:
    """Assert what docs/reference/contract.md and headers.md say, of the slot that serves."""
    slot = project.ask().headers[ENVIRONMENT_HEADER]
    ports = instances(project, slot)
    assert project.config["run"]["instances"] == len(ports)
    for port in (*ports, project.port):
        check_headers(project, port, slot)
        check_health(project, port, slot)
    for port, pid in ports.items():
        check_loopback(port)
        check_control(project, port, variables_of(pid), slot)
    check_end(project, *ports.popitem())


def instances(project: Project, slot: str) -> dict[int, int]:
    """Ports and pids of the instances of a slot."""
    living = project.instances(slot)
    found = [i for s in project.seen().slots.values() for i in s.instances if i.name in living]
    return {i.port: living[i.name] for i in found}


def check_headers(project: Project, port: int, slot: str) -> None:
    """Who answered stands on every answer, on errors too."""
    answers: dict[str, Answer] = {target: project.ask(target, port) for target in TARGETS}
    assert {target: answer.status for target, answer in answers.items()} == TARGETS
    for answer in answers.values():
        said = [answer.headers.get_all(name) for name in (API_VERSION_HEADER, ENVIRONMENT_HEADER)]
        assert [[project.version], [slot]] == said


def check_health(project: Project, port: int, slot: str) -> None:
    """The document has what it must have, nothing that the contract does not know, and nobody's details."""
    body: Document = project.ask("/health", port).body
    identity = {"environment": slot, "slot": slot, "release": project.version, "version": CONTRACT_VERSION}
    assert {"status": "healthy", **identity} == {key: body[key] for key in ("status", *identity)}
    assert body.keys() <= HealthReport.__annotations__.keys()
    assert {"milliseconds", "reasons", "schema"}.isdisjoint(body)
    checks = dict(body["checks"])
    assert 0 <= checks.pop("uptime") < 600
    assert checks
    assert {True} == set(checks.values())
    assert 0 <= body["age"] < 10


def check_loopback(port: int) -> None:
    """Nobody reaches an instance past the router, not from this machine's other addresses either."""
    addresses = ["127.0.0.1", "127.0.0.2", *outward()]
    with_answer = [address for address in addresses if connects(address, port)]
    assert ["127.0.0.1"] == with_answer


def check_control(project: Project, port: int, variables: dict[str, str], slot: str) -> None:
    """The controller is told who answers, and in which role; without the token and from outside nobody is."""
    right, wrong = ({"Authorization": f"Bearer {token(use, variables)}"} for use in ("control", "rehearsal"))
    assert [404, 404] == [state_at(port, headers)[0] for headers in ({}, wrong)]
    assert 404 == state_at(project.port, right)[0]
    status, state = eventually_sync(
        lambda: at_home(port, right), "an instance that knows it is live and stays"
    )
    assert 200 == status
    assert ControlState.__annotations__.keys() >= state.keys() >= ControlState.__required_keys__
    identity = {"slot": slot, "release": project.version, "version": CONTRACT_VERSION, "leaving": False}
    assert identity == {key: state[key] for key in identity}
    assert variables["VERDIGRIS_INSTANCE"] == state["instance"]
    assert {"http", "websocket", "events"} == state["in_flight"].keys()


def at_home(port: int, headers: dict[str, str]) -> tuple[int, Document] | None:
    """What it says once it is told both: after a rollback it is asked back as well, and neither waits for the other."""
    status, state = state_at(port, headers)
    return (status, state) if (state.get("role"), state.get("leaving")) == ("live", False) else None


def state_at(port: int, headers: dict[str, str]) -> tuple[int, Document]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", f"{CONTROL_PREFIX}state", headers=headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def variables_of(pid: int) -> dict[str, str]:
    """What a process was started with."""
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if pair)


def check_end(project: Project, port: int, pid: int) -> None:
    """Told to go, it finishes what is in flight, and goes; for how long it lets others in is its own business."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        client.sendall(IN_FLIGHT)
        assert 200 == project.ask("/", port).status  # by now the slow one is in flight
        os.kill(pid, signal.SIGTERM)
        assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
    eventually_sync(lambda: not alive(pid), "the process to go")


def outward() -> list[str]:
    """The addresses under which others know this machine."""
    try:
        return sorted(
            {str(found[4][0]) for found in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
            - {"127.0.0.1"}
        )
    except OSError:
        return []


def connects(address: str, port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(5)
        return client.connect_ex((address, port)) == 0
