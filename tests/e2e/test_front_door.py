"""The front door as a team needs it: several apps behind it, pauses across a deployment, maintenance, previews."""

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
from tests.e2e.project import Project, free_port, merged
from tests.waiting import eventually_sync

pytestmark = pytest.mark.timeout(180)

SEARCH = {"route": {"path": "/search", "strip": True}}
BOTH = (Call("GET", "/"), Call("GET", "/search/"))


class Pair(Project):
    """The same API twice behind one door: as `orders`, and as `search` under a prefix of its own."""

    def write(self, version: str, behaviour: str = "good", **numbers: float) -> None:
        super().write(version, behaviour, **numbers)
        service = json.loads((self.place / "verdigris.yaml").read_text())
        del service["app"]
        document = {"apps": {"orders": service, "search": merged(service, SEARCH)}}
        (self.place / "verdigris.yaml").write_text(json.dumps(document, indent=1))


@pytest.fixture
def pair(tmp_path: Path):
    pair = Pair(tmp_path)
    yield pair
    pair.destroy()


def answer(project: Project, path: str = "/", **headers: str) -> tuple[int, dict[str, str], Any]:
    """Status, headers and body of one request through the front door."""
    request = urllib.request.Request(f"http://127.0.0.1:{project.port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as got:
            return got.status, dict(got.headers), got.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read().decode()


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


def test_requests_wait_while_traffic_moves_and_none_fails(project, figure):
    old = project.ship()
    with project.load(200.0, (Call("GET", "/"), Call("POST", "/attachments", b"x" * 1024))) as load:
        assert 0 == project.verdigris("pause", "--methods", "all").returncode
        eventually_sync(lambda: project.json("status")["requests_waiting"] > 50, "requests to wait")
        assert 200 == answer(project, "/health")[0]
        shipping = project.begin_ship()
        eventually_sync(lambda: project.weight("green") == 100, "all traffic to be on green")
        assert 0 == project.verdigris("unpause").returncode
        eventually_sync(lambda: project.json("status")["requests_waiting"] == 0, "nobody to wait")
        assert 0 == shipping.wait(60)
    figure(f"paused across a switch: {load.result}")
    assert {} == dict(load.result.by_error)
    assert {old, project.version} == set(load.result.by_version)


def test_maintenance_shows_the_page_of_the_owner_and_comes_back_the_same_after_a_crash(project):
    (project.place / "page.html").write_text("<h1>We move house</h1>")
    project.configure(route={"maintenance": {"page": "page.html", "retry_after": "2m"}})
    project.ship()
    assert 0 == project.verdigris("maintenance", "on").returncode
    project.kill(project.controller, project.haproxy)
    status, headers, body = eventually_sync(lambda: answer(project), "the router to be back")
    assert (503, "120", "<h1>We move house</h1>") == (status, headers["retry-after"], body)
    assert 0 == project.verdigris("maintenance", "off").returncode
    assert 200 == answer(project)[0]


def test_what_is_not_paused_cannot_go_on(project):
    project.ship()
    done = project.verdigris("unpause")
    assert (1, "paused" in done.stderr) == (done.returncode, True), done.stderr


def test_whoever_has_the_secret_sees_the_slot_of_his_choice(project):
    old, new = project.ship(), project.ship()
    said = project.verdigris("preview", "--slot", "blue").stdout
    cookie = next(
        word.strip("\"'") for word in said.split() if word.strip("\"'").startswith("verdigris-preview=")
    )
    assert (new, old) == (
        json.loads(answer(project)[2])["version"],
        json.loads(answer(project, Cookie=cookie)[2])["version"],
    )


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
