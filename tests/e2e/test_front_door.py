"""The front door as a team needs it: several apps behind it, cohorts, pauses across a deployment, maintenance,
previews, certificates. What HAProxy itself has to do for it is tried on the oldest one as well.
"""

from __future__ import annotations

import json
import socket
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from load import Call
from tests.certifying import KEY, certificate, pem, serial_of
from tests.e2e.project import MIX, Project, merged, project_in
from tests.e2e.routers import on_each, on_the_wheels, program
from tests.e2e.sight import WITHIN
from tests.ports import free_port
from tests.waiting import eventually_sync

pytestmark = pytest.mark.timeout(180)

SEARCH = {"route": {"path": "/search", "strip": True}}
BOTH = (Call("GET", "/"), Call("GET", "/search/"))
PATIENCE = 60.0
"""Seconds that a request may wait in a pause: on a busy machine a deployment takes longer than callers usually wait."""


class Pair(Project):
    """The same API twice behind one door: as `orders`, and as `search` under a prefix of its own."""

    def write(self, version: str, behaviour: str = "good", **numbers: float) -> None:
        super().write(version, behaviour, **numbers)
        service = json.loads((self.place / "verdigris.yaml").read_text())
        del service["app"]
        document = {"apps": {"orders": service, "search": merged(service, SEARCH)}}
        (self.place / "verdigris.yaml").write_text(json.dumps(document, indent=1))


@pytest.fixture
def pair(router: str, tmp_path: Path):
    pair = Pair(tmp_path, router={"bin": router})
    yield pair
    pair.destroy()


@pytest.fixture(scope="module")
def door(router: str, tmp_path_factory: pytest.TempPathFactory):
    """One app that knows its users and has a page for hard times. It serves, and every test leaves it serving."""
    cohort = {"by": "header:X-User", "allow": ["ada"], "deny": ["bob"]}
    maintenance = {"page": "page.html", "retry_after": "2m"}
    route = {"cohort": cohort, "maintenance": maintenance, "pause": {"longest": f"{PATIENCE:g}s"}}
    with project_in(tmp_path_factory.mktemp("door"), router={"bin": router}, route=route) as project:
        (project.place / "page.html").write_text("<h1>We move house</h1>")
        project.ship()
        assert program(router) == Path(f"/proc/{project.haproxy}/exe").resolve()
        yield project


def answer(project: Project, path: str = "/", **headers: str) -> tuple[int, dict[str, str], Any]:
    """Status, headers and body of one request through the front door."""
    request = urllib.request.Request(f"http://127.0.0.1:{project.port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as got:
            return got.status, dict(got.headers), got.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read().decode()


@on_the_wheels
def test_two_apps_are_shipped_one_after_the_other_and_neither_notices_the_other(pair, figure):
    first = {app: pair.ship("good", "--app", app) for app in ("orders", "search")}
    with pair.load(400.0, BOTH) as load:
        second = {app: pair.ship("good", "--app", app) for app in ("orders", "search")}
        pair.configure(bake={"for": "30s"})
        bad = pair.ship("fails", "--app", "search", code=10, requests=20, seconds=0.0, share=1.0)
    result = load.result
    figure(f"two apps, three deployments: {result}")
    failed = [record for record in result.records if record.error]
    assert {"GET /search/"} >= {record.call for record in failed}
    assert {bad} >= {record.version for record in failed if record.version}
    assert {*first.values(), *second.values()} <= set(result.by_version)
    assert [second["orders"], second["search"]] == [
        json.loads(answer(pair, path)[2])["version"] for path in ("/", "/search/")
    ]


@on_each
def test_requests_wait_while_traffic_moves_and_none_fails(door, figure):
    old = door.serves
    with door.load(200.0, (Call(), Call("POST", "/attachments", b"x" * 1024)), timeout=PATIENCE) as load:
        assert 0 == door.verdigris("pause", "--methods", "all").returncode
        eventually_sync(lambda: door.json("status")["requests_waiting"] > 50, "requests to wait")
        assert 200 == answer(door, "/health")[0]
        shipping = door.begin_ship()
        eventually_sync(
            lambda: door.weight(door.candidate) == 100, "all traffic to be on the new one", WITHIN
        )
        assert 0 == door.verdigris("unpause").returncode
        eventually_sync(lambda: door.json("status")["requests_waiting"] == 0, "nobody to wait")
        assert 0 == shipping.wait(60)
    figure(f"paused across a switch: {load.result}")
    assert {} == dict(load.result.by_error)
    assert {old, door.version} == set(load.result.by_version)


@on_the_wheels
def test_what_is_not_paused_cannot_go_on(door):
    done = door.verdigris("unpause")
    assert (1, "paused" in done.stderr) == (done.returncode, True), done.stderr


def seen_by(project: Project, users: list[str]) -> dict[str, str]:
    """The version that each of them sees."""
    return {user: answer(project, **{"X-User": user})[1]["x-api-version"] for user in users}


@on_each
def test_a_user_has_one_version_on_the_way_there_and_all_have_the_old_one_after_the_way_back(door, figure):
    old, users = door.serves, [f"user {number}" for number in range(40)]
    with (
        door.configured(cutover={"ramp": [{"to": "50%", "for": "10m"}, "100%"]}),
        door.load(300.0, MIX) as load,
    ):
        new = door.ship("good", "--detach")
        eventually_sync(
            lambda: door.weight(door.candidate) == 50, "half of them to be on the new one", WITHIN
        )
        first = seen_by(door, users)
        assert {"ada": new, "bob": old} == seen_by(door, ["ada", "bob"])
        assert ({old, new}, first) == (set(first.values()), seen_by(door, users))
        # A second of which lines are missing, as on a busy machine, is no good verdict: whoever promotes asks again.
        eventually_sync(lambda: door.verdigris("promote").returncode == 0, "a good verdict to promote on")
        door.until("stabilize")
        assert {new} == set(seen_by(door, [*users, "bob"]).values())
        assert 0 == door.verdigris("rollback").returncode
        assert {old} == set(seen_by(door, [*users, "ada"]).values())
        door.until("rolled_back")  # whoever ships next is refused while it is on its way there
    figure(f"a ramp and the way back: {load.result}")
    assert {} == dict(load.result.by_error)


@on_the_wheels
def test_whoever_has_the_secret_sees_the_slot_of_his_choice(door):
    old, new, slot = door.serves, door.ship(), "blue" if door.candidate == "green" else "green"
    said = door.verdigris("preview", "--slot", slot).stdout
    cookie = next(
        word.strip("\"'") for word in said.split() if word.strip("\"'").startswith("verdigris-preview=")
    )
    assert (new, old) == (
        json.loads(answer(door)[2])["version"],
        json.loads(answer(door, Cookie=cookie)[2])["version"],
    )


@on_the_wheels
def test_maintenance_shows_the_page_of_the_owner_and_comes_back_the_same_after_a_crash(door):
    assert 0 == door.verdigris("maintenance", "on").returncode
    door.kill(door.controller, door.haproxy)
    status, headers, body = eventually_sync(lambda: answer(door), "the router to be back")
    assert (503, "120", "<h1>We move house</h1>") == (status, headers["retry-after"], body)
    assert 0 == door.verdigris("maintenance", "off").returncode
    assert 200 == answer(door)[0]


def served(port: int) -> int:
    """The serial number of the certificate that a new client is shown."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain) as secure,
    ):
        shown = secure.getpeercert(binary_form=True)
    assert shown is not None
    return x509.load_der_x509_certificate(shown).serial_number


@on_each
def test_a_renewed_certificate_is_served_without_a_restart_and_a_broken_one_is_not(project, tmp_path):
    door, chain, key = free_port(), tmp_path / "fullchain.pem", tmp_path / "privkey.pem"
    first, second = certificate(), certificate()
    chain.write_bytes(first)
    key.write_bytes(pem(KEY))
    tls = {"listen": f"127.0.0.1:{door}", "certificate": str(chain), "key": str(key), "redirect": True}
    project.configure(route={"tls": tls})
    project.ship()
    serving = project.haproxy
    assert serial_of(first) == served(door)
    with socket.create_connection(("127.0.0.1", project.port), timeout=10) as client:
        client.sendall(b"GET /a?b=c HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        head = client.makefile("rb").read().decode().lower()
    assert "308" in head.partition("\r\n")[0]
    assert f"location: https://localhost:{door}/a?b=c\r\n" in head

    chain.write_bytes(second)
    eventually_sync(lambda: served(door) == serial_of(second), "the renewed certificate", 40)
    chain.write_bytes(b"no certificate")
    eventually_sync(
        lambda: "fullchain.pem" in project.verdigris("doctor").stdout, "the complaint of doctor", 40
    )
    assert (serial_of(second), serving) == (served(door), project.haproxy)
