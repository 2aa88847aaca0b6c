"""The whole kit in one line, asked over real servers, by the controller and by strangers."""

import os
import signal
import sys
from pathlib import Path

import httpx
import pytest

from tests.servers.server import Server, free_port
from tests.waiting import eventually_sync
from verdigris_kit import secret

SITES = Path(__file__).with_name("sites.py")
KINDS = ["asgi", "wsgi"]
WHO = {
    "API_VERSION": "2.0.0",
    "ENVIRONMENT_NAME": "green",
    "VERDIGRIS_RELEASE": "a1b2c3",
    "VERDIGRIS_SLOT": "green",
    "VERDIGRIS_INSTANCE": "green-1",
}


def answers(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def environ(tmp_path):
    path = tmp_path / "secret"
    path.touch(0o600)
    path.write_text("5ec4e7")
    (tmp_path / "role").write_text("retained")
    return {**WHO, "VERDIGRIS_SECRET_FILE": str(path), "VERDIGRIS_ROLE_FILE": str(tmp_path / "role")}


@pytest.fixture
def server(kind, environ, tmp_path):
    yield from serving(kind, environ, tmp_path)


@pytest.fixture
def server_without_secret(kind, tmp_path):
    yield from serving(kind, WHO, tmp_path)


def serving(kind, environ, tmp_path):
    port = free_port()
    served = Server(
        name=kind,
        command=[sys.executable, str(SITES), kind, str(port)],
        port=port,
        url=f"http://127.0.0.1:{port}",
        answers=answers,
        log=tmp_path / "log",
        environ={**os.environ, **environ},
    )
    served.start()
    yield served
    if served.running:
        served.process.kill()
        served.process.wait()


@pytest.fixture
def controller(server, environ):
    """A client that has the token."""
    headers = {"authorization": f"Bearer {secret.token('control', environ)}"}
    with httpx.Client(base_url=server.url, headers=headers) as client:
        yield client


def test_the_controller_is_told_the_state(controller):
    state = controller.get("/.verdigris/state").json()
    assert {
        "version": 1,
        "role": "retained",
        "release": "a1b2c3",
        "slot": "green",
        "instance": "green-1",
        "leaving": False,
        "in_flight": {"http": 0, "websocket": 0, "events": 0},
        "counts": {},
        "grpc": {},
    } == state


def test_a_drained_process_is_not_ready_but_healthy_until_it_is_resumed(controller):
    assert 200 == controller.get("/ready").status_code
    assert 202 == controller.post("/.verdigris/drain", json={"seconds": 30}).status_code
    assert controller.get("/.verdigris/state").json()["leaving"]
    assert [503, 200] == [controller.get(path).status_code for path in ("/ready", "/health")]
    assert 202 == controller.post("/.verdigris/resume").status_code
    assert 200 == controller.get("/ready").status_code
    assert not controller.get("/.verdigris/state").json()["leaving"]


def test_draining_again_and_resuming_again_change_nothing(controller):
    assert [202, 202] == [controller.post("/.verdigris/drain").status_code for _ in range(2)]
    assert [202, 202] == [controller.post("/.verdigris/resume").status_code for _ in range(2)]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[" * 4000, "no JSON"),
        (b"[]", "no object"),
        (b'{"seconds": "soon"}', "from 0 to 86400"),
        (b'{"seconds": true}', "from 0 to 86400"),
        (b'{"seconds": -1}', "from 0 to 86400"),
        (b'{"seconds": 86401}', "from 0 to 86400"),
        (b'{"seconds": NaN}', "from 0 to 86400"),
        (b'{"seconds": 1' + b"0" * 400 + b"}", "from 0 to 86400"),
    ],
    ids=lambda value: value[:14] if isinstance(value, bytes) else "",
)
def test_a_request_to_drain_that_makes_no_sense_is_refused_with_a_sentence(controller, server, body, told):
    answer = controller.post("/.verdigris/drain", content=body)
    assert 400 == answer.status_code
    assert told in answer.json()["error"]
    state = controller.get("/.verdigris/state").json()
    assert (False, {"control.malformed": 1}) == (state["leaving"], state["counts"])
    assert "Traceback" not in server.log.read_text()


def test_a_large_body_is_refused(controller):
    assert 413 == controller.post("/.verdigris/drain", content=b" " * 4097).status_code
    assert not controller.get("/.verdigris/state").json()["leaving"]


def test_the_declared_payloads_are_told(controller):
    document = controller.get("/.verdigris/events").json()
    assert ["order.paid"] == list(document["events"])


def test_another_method_is_told_which_one_it_is(controller):
    answer = controller.get("/.verdigris/drain")
    assert (405, "POST") == (answer.status_code, answer.headers["allow"])


PAGES = [("GET", "state"), ("POST", "drain"), ("POST", "resume"), ("GET", "events"), ("GET", "nothing")]


def seen_by(url, authorization):
    headers = [("authorization", value) for value in authorization]
    answers = [httpx.request(method, f"{url}/.verdigris/{page}", headers=headers) for method, page in PAGES]
    return {
        (answer.status_code, answer.content, frozenset(set(answer.headers) - {"date"})) for answer in answers
    }


def test_strangers_see_one_404_whatever_they_ask_and_are_counted(server, controller, environ):
    rehearsal, control = secret.token("rehearsal", environ), secret.token("control", environ)
    shown = [
        [],
        [""],
        ["Bearer"],
        ["Bearer " + "0" * 64],
        [f"Bearer {rehearsal}"],
        ["Bearer 5ec4e7"],
        [f"Basic {control}"],
        ["Bearer 0", f"Bearer {control}"],
    ]
    answers = set().union(*(seen_by(server.url, authorization) for authorization in shown))
    assert 1 == len(answers)
    assert 404 == next(iter(answers))[0]
    state = controller.get("/.verdigris/state").json()
    assert (False, {"control.refused": len(shown) * len(PAGES)}) == (state["leaving"], state["counts"])
    # The application was never asked: its own 404 says the path.
    assert b"/.verdigris" not in controller.get("/.verdigris/nothing").content


def test_without_a_secret_there_is_nothing_for_anybody(server_without_secret, environ):
    token = secret.token("control", environ)
    assert {404} == {status for status, *_ in seen_by(server_without_secret.url, [f"Bearer {token}"])}


def test_every_answer_says_who_gave_it(server, controller):
    for path in ("/.verdigris/state", "/ready", "/health", "/anything"):
        headers = controller.get(path).headers
        assert ("2.0.0", "green") == (headers["x-api-version"], headers["x-environment"])


def test_sigterm_leaves_and_there_is_no_way_back(server, controller, kind):
    server.process.send_signal(signal.SIGTERM)
    eventually_sync(lambda: controller.get("/ready").status_code == 503, "readiness to say 503")
    answer = controller.post("/.verdigris/resume")
    assert 409 == answer.status_code
    if kind == "wsgi":  # its time is short
        eventually_sync(lambda: not server.running, "the process to end")
