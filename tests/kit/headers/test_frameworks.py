"""Who answered stands on every response of every framework that the guides have a recipe for, over real servers."""

import json
import operator
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import websockets.exceptions
from websockets.sync.client import connect

from tests.kit.headers.sites import SITES, Site
from tests.servers.server import Server, free_port
from tests.waiting import eventually_sync

SERVE = Path(__file__).with_name("serve.py")
WHO = {
    "API_VERSION": "2.0.0",
    "ENVIRONMENT_NAME": "green",
    "VERDIGRIS_RELEASE": "a1b2c3",
    "VERDIGRIS_SLOT": "green",
}
MARKS = {"x-api-version": "2.0.0", "x-environment": "green"}
SECRET = "5ec4e7"
NAMED = operator.attrgetter("name")


@pytest.fixture(scope="module", params=SITES, ids=NAMED)
def site(request) -> Site:
    return request.param


@pytest.fixture(scope="module")
def server(site, tmp_path_factory):
    place = tmp_path_factory.mktemp(site.name)
    (place / "site.py").write_text(site.source)
    secret = place / "secret"
    secret.touch(0o600)
    secret.write_text(SECRET)
    port = free_port()
    served = Server(
        name=site.name,
        command=[sys.executable, str(SERVE), str(place / "site.py"), site.serves, site.served_by, str(port)],
        port=port,
        url=f"http://127.0.0.1:{port}",
        answers=answers,
        log=place / "log",
        ends_by=signal.SIGKILL,
        environ={**os.environ, **WHO, "VERDIGRIS_SECRET_FILE": str(secret)},
    )
    served.start()
    yield served
    served.stop()


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/").status_code == 200
    except httpx.TransportError:
        return False


def marks(headers) -> dict[str, list[str]]:
    return {name: headers.get_list(name) for name in MARKS}


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/missing", 404), ("/broken", 500)])
def test_every_response_says_once_who_answered(server, path, status):
    response = httpx.get(server.url + path)
    assert status == response.status_code
    assert {name: [value] for name, value in MARKS.items()} == marks(response.headers)


def test_an_exception_reaches_the_log_of_the_server(server):
    httpx.get(f"{server.url}/broken")
    eventually_sync(lambda: "RuntimeError: boom" in server.log.read_text(), "the exception in the log")


@pytest.mark.parametrize("site", [site for site in SITES if site.websockets], ids=NAMED, indirect=True)
def test_a_websocket_that_is_accepted_says_who_accepted_it(server):
    with connect(f"{server.url.replace('http', 'ws')}/accepted") as socket:
        assert MARKS == {name: socket.response.headers[name] for name in MARKS}


@pytest.mark.parametrize(
    "site", [site for site in SITES if site.served_by != "wsgiref"], ids=NAMED, indirect=True
)
@pytest.mark.parametrize("path", ["/refused", "/missing"])
def test_a_websocket_that_is_refused_says_who_refused_it(server, path):
    with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
        connect(f"{server.url.replace('http', 'ws')}{path}")
    response = refused.value.response
    assert response.status_code in (403, 404, 500)
    assert MARKS == {name: response.headers[name] for name in MARKS}


def test_the_health_of_the_process_is_where_the_recipe_puts_it(server):
    response = httpx.get(f"{server.url}/health")
    document = response.json()
    assert (200, "healthy", "a1b2c3") == (response.status_code, document["status"], document["release"])
    assert (True, {"room": True}) == (document["checks"]["disk"], document["informational"])
    assert "milliseconds" not in document
    assert "no-store" == response.headers["cache-control"]


def test_health_shows_its_details_to_whoever_bears_the_control_token(server):
    token = told_by_the_kit(server, "control")
    shown = httpx.get(f"{server.url}/health", headers={"Authorization": f"Bearer {token}"}).json()
    assert {"disk", "room"} == set(shown["milliseconds"])
    other = told_by_the_kit(server, "rehearsal")
    refused = httpx.get(f"{server.url}/health", headers={"Authorization": f"Bearer {other}"})
    assert (200, False) == (refused.status_code, "milliseconds" in refused.json())


def told_by_the_kit(server, purpose: str) -> str:
    asks = f"import json; from verdigris_kit.secret import token; print(json.dumps(token({purpose!r})))"
    said = subprocess.run(
        [sys.executable, "-c", asks], env=server.environ, capture_output=True, text=True, check=True
    )
    return json.loads(said.stdout)
