"""What the kit promises, behind servers other than uvicorn: gunicorn, waitress, wsgiref and hypercorn."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import websockets
from websockets.asyncio.client import connect

from tests.kit.headers.sites import recipe
from tests.kit.servers.pages import KEEPS_SERVING
from tests.servers.server import Server, free_port
from tests.waiting import eventually_sync
from verdigris_kit import secret

PAGES = Path(__file__).with_name("pages.py")
GUNICORN = [
    "-m",
    "gunicorn",
    "--chdir",
    str(PAGES.parent),
    "--no-control-socket",
    "--bind",
    "127.0.0.1:{port}",
]
GUNICORN += ["--config", "{recipes}/gunicorn.py", "pages:application"]
COMMANDS = {
    "gunicorn sync": [*GUNICORN, "--worker-class", "sync"],
    "gunicorn gthread": [*GUNICORN, "--threads", "4"],
    **{name: [str(PAGES), name, "{port}", "{recipes}"] for name in ("wsgiref", "waitress", "hypercorn")},
}
RECIPES = ("gunicorn", "waitress", "hypercorn")
"""What the guide shows of them is run as it stands there."""

MARKS = {"API_VERSION": "2.0.0", "ENVIRONMENT_NAME": "green"}


@pytest.fixture(scope="module", params=COMMANDS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def environ(tmp_path_factory):
    place = tmp_path_factory.mktemp("told")
    (place / "secret").touch(0o600)
    (place / "secret").write_text("5ec4e7")
    os.mkfifo(place / "slow")
    return {**MARKS, "VERDIGRIS_SECRET_FILE": str(place / "secret"), "SLOW": str(place / "slow")}


@pytest.fixture(scope="module")
def lasting(kind, environ, tmp_path_factory):
    with served(kind, environ, tmp_path_factory.mktemp("lasting")) as server:
        yield server


@pytest.fixture
def server(kind, environ, tmp_path):
    with served(kind, environ, tmp_path) as server:
        yield server


@contextlib.contextmanager
def served(kind, environ, place):
    port = free_port()
    for name in RECIPES:
        (place / f"{name}.py").write_text(recipe("leaving-well", name))
    server = Server(
        name=kind,
        command=[sys.executable, *(word.format(port=port, recipes=place) for word in COMMANDS[kind])],
        port=port,
        url=f"http://127.0.0.1:{port}",
        answers=answers,
        log=place / "log",
        environ={**os.environ, **environ},
    )
    server.start()
    yield server
    server.stop()


def answers(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", timeout=1).status_code == 200
    except httpx.TransportError:
        return False


def asked_for(path):
    """The other end of the pipe that a request waits for, as soon as one does."""
    try:
        return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


@pytest.mark.parametrize(
    ("path", "status"), [("/page", 200), ("/broken", 500), ("/ready", 200), ("/health", 200)]
)
def test_every_answer_says_who_gave_it(lasting, path, status):
    answer = httpx.get(lasting.url + path)
    found = (answer.status_code, answer.headers["x-api-version"], answer.headers["x-environment"])
    assert (status, "2.0.0", "green") == found
    if path == "/broken":
        eventually_sync(lambda: "boom" in lasting.log.read_text(), "the exception in the server's log")


def test_the_controller_drains_and_resumes(lasting, environ):
    headers = {"authorization": f"Bearer {secret.token('control', environ)}"}
    assert 404 == httpx.post(f"{lasting.url}/.verdigris/drain").status_code
    with httpx.Client(base_url=lasting.url, headers=headers) as client:
        assert 202 == client.post("/.verdigris/drain", json={"seconds": 1}).status_code
        assert client.get("/.verdigris/state").json()["leaving"]
        assert [503, 200] == [client.get(path).status_code for path in ("/ready", "/page")]
        assert 202 == client.post("/.verdigris/resume").status_code
        assert 200 == client.get("/ready").status_code
        eventually_sync(lambda: in_flight(client) == 0, "what was answered to be over")


def in_flight(client):
    return client.get("/.verdigris/state").json()["in_flight"]["http"]


def test_a_request_in_flight_at_sigterm_is_answered_to_the_end(server, environ, kind):
    with ThreadPoolExecutor(1) as thread:
        slow = thread.submit(httpx.get, f"{server.url}/slow", timeout=30)
        pipe = eventually_sync(lambda: asked_for(environ["SLOW"]), "the request to be in flight")
        server.process.send_signal(signal.SIGTERM)
        if kind != "gunicorn sync":  # which does one thing at a time
            eventually_sync(
                lambda: httpx.get(f"{server.url}/ready").status_code == 503, "readiness to say 503"
            )
        if kind == "wsgiref":  # which nobody can ask to let nobody in
            over = time.monotonic() + 2 * KEEPS_SERVING
            eventually_sync(lambda: time.monotonic() > over, "the time to be over in which it keeps serving")
        elif kind != "gunicorn sync":
            eventually_sync(lambda: not answers(server.port), "nobody new to be let in")
        assert server.running
        assert not slow.done()
        os.write(pipe, b"to the end")
        os.close(pipe)
        assert b"to the end" == slow.result().content
    eventually_sync(lambda: not server.running, "the process to end")


@pytest.mark.parametrize("kind", ["hypercorn"], indirect=True)
async def test_websockets_are_closed_with_1012(server):
    url = server.url.replace("http", "ws")
    sockets = await asyncio.gather(*(connect(url, open_timeout=30) for _ in range(20)))
    server.process.send_signal(signal.SIGTERM)
    for socket in sockets:
        with pytest.raises(websockets.exceptions.ConnectionClosed):
            await socket.recv()
    assert {1012} == {socket.close_code for socket in sockets}
