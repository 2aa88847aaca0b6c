"""The contract in JavaScript that the Express example has for others to copy: headers, health, end, control."""

import concurrent.futures
import os
import re
import signal
import socket
from pathlib import Path

import pytest

from tests.waiting import eventually_sync
from verdigris_kit.secret import token

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "any-language.md"


def bearer(environ, purpose="control"):
    return {"Authorization": f"Bearer {token(purpose, environ)}"}


# --- the contract: headers and health --------------------------------------------------------------------------


def test_every_answer_says_who_gave_it_errors_too(start_node):
    server = start_node(API_VERSION="2.0.0", ENVIRONMENT_NAME="green")
    for target in ("/", "/health", "/ready", "/nothing", "/orders/%", "/.verdigris/state"):
        headers = server.ask("GET", target).headers
        assert ("2.0.0", "green") == (headers["x-api-version"], headers["x-environment"])


def test_the_application_that_the_guide_shows_keeps_the_contract(start_node, place, secret):
    (shown,) = re.findall(r"^```js\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    (place / "guide.mjs").write_text(shown)
    server = start_node(program="guide.mjs", API_VERSION="2.0.0", **secret)
    health = server.ask("GET", "/health")
    assert (200, True, "2.0.0") == (
        health.status,
        health.body["checks"]["clock"],
        health.headers["x-api-version"],
    )
    marked = {"X-Verdigris-Rehearsal": token("rehearsal", secret)}
    assert {"rehearsing": True} == server.ask("GET", "/", None, **marked).body
    assert 200 == state(server, secret).status
    server.process.send_signal(signal.SIGTERM)
    assert 0 == server.process.wait(20)


@pytest.mark.parametrize(("value", "shown"), [("2\n0", "2\\n0"), ("2 ", "2 "), (" 2", " 2")])
def test_what_could_not_stand_in_a_header_is_refused_at_start(start_node, tmp_path, value, shown):
    server = start_node(wait=False, API_VERSION=value)
    assert 0 != server.process.wait(20)
    said = (tmp_path / f"{server.port}.log").read_text()
    assert f'API_VERSION is "{shown}": a header value is printable' in said


def test_variables_that_are_missing_are_said_once(start_node, tmp_path):
    server = start_node()
    assert [200] * 3 == server.traffic(3)
    said = (tmp_path / f"{server.port}.log").read_text()
    assert 1 == said.count("API_VERSION and ENVIRONMENT_NAME not set: the defaults stand in.")


def test_health_is_deep_and_degraded_when_the_orders_are_gone(start_node, tmp_path):
    server = start_node(VERDIGRIS_RELEASE="a1b2", VERDIGRIS_SLOT="blue", ENVIRONMENT_NAME="blue")
    status, _, body = server.ask("GET", "/health")
    assert (200, "healthy", True) == (status, body["status"], body["checks"]["orders"])
    assert ("a1b2", "blue", "blue") == (body["release"], body["slot"], body["environment"])
    (tmp_path / "orders").unlink()
    eventually_sync(lambda: server.ask("GET", "/health").status == 503, "a 503")


def test_a_check_that_raises_hangs_or_answers_nonsense_is_false_with_its_reason_for_whoever_may_see_it(
    probe, secret
):
    server = probe(CHECKS="well hangs raises strange nonsense", **secret)
    status, _, body = server.ask("GET", "/health", None, **bearer(secret))
    assert (503, "degraded") == (status, body["status"])
    assert ["well", "uptime"] == [name for name, passed in body["checks"].items() if passed is not False]
    assert {
        "hangs": "it was not done within 300 ms",
        "raises": "Error: no\nroute",
        "strange": "it failed",
        "nonsense": "it answered true",
    } == body["reasons"]
    assert {"reasons", "milliseconds"}.isdisjoint(server.ask("GET", "/health").body)


def test_a_check_that_hangs_is_not_started_again_beside_itself(probe):
    server = probe(CHECKS="well hangs")
    looks = [server.ask("GET", "/health").body["age"] for _ in range(3)]
    eventually_sync(lambda: server.ask("GET", "/health").body and well(server) >= 3, "three looks")
    assert 1 == server.ask("GET", "/").body["asked"]["hangs"]
    assert all(0 <= age <= 0.3 for age in looks)


def test_many_who_ask_at_once_get_the_result_of_one_look(probe):
    server = probe(CHECKS="well hangs", WITHIN_MS="3000")
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: server.ask("GET", "/health").status, range(8)))
    assert ([503] * 8, 1) == (answers, well(server))


def well(server):
    return server.ask("GET", "/").body["asked"]["well"]


# --- the contract: the end ---------------------------------------------------------------------------------------


def test_a_slow_request_in_flight_is_finished_when_the_server_is_told_to_go(start_node):
    server = start_node()
    silent = socket.create_connection(("127.0.0.1", server.port))  # nothing ever comes on it
    with silent, socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(b"GET /slow?ms=3000 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert 200 == server.ask("GET", "/").status  # by now the slow one is in flight
        server.process.send_signal(signal.SIGTERM)
        eventually_sync(lambda: not server.listens(), "nobody new to be let in")
        received = client.recv(65536)
        assert received.startswith(b"HTTP/1.1 200 OK")
        assert b"\r\nConnection: close\r\n" in received
        assert 0 == server.process.wait(20)


def test_it_goes_on_serving_for_the_time_that_it_is_given(probe):
    server = probe(KEEP_SERVING_MS="600000")
    server.process.send_signal(signal.SIGTERM)
    eventually_sync(lambda: server.ask("GET", "/ready").status == 503, "readiness to say so")
    answer = server.ask("GET", "/")
    assert (200, "close") == (answer.status, answer.headers["connection"])
    server.process.send_signal(signal.SIGTERM)  # said twice, it is not said more strongly
    assert 200 == server.ask("GET", "/").status


def test_it_does_not_go_on_serving_until_it_is_killed(probe):
    server = probe(KEEP_SERVING_MS="600000", VERDIGRIS_GRACE="0.4")
    server.process.send_signal(signal.SIGTERM)
    assert 0 == server.process.wait(20)


# --- the contract: what the controller writes and asks -----------------------------------------------------------


@pytest.mark.parametrize("word", ["live", "candidate", "retained"])
def test_jobs_run_in_the_live_slot_only_and_the_role_is_read_anew(probe, tmp_path, word):
    role = tmp_path / "role"
    role.write_text("candidate\n")
    server = probe(VERDIGRIS_ROLE_FILE=str(role))
    assert ("candidate", "left") == job(server)
    role.with_suffix(".next").write_text(f"{word}\n")
    role.with_suffix(".next").replace(role)
    assert (word, "done" if word == "live" else "left") == job(server)


def test_without_a_role_file_jobs_run_and_with_one_that_cannot_be_read_they_wait(probe, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "word").write_text("king")
    assert ("live", "done") == job(probe())
    for name in ("nowhere", "pipe", "word"):
        assert ("candidate", "left") == job(probe(VERDIGRIS_ROLE_FILE=str(tmp_path / name)))


def job(server):
    body = server.ask("GET", "/").body
    return body["role"], body["job"]


def test_a_rehearsal_is_one_only_with_the_token_and_the_mark_is_taken_off(probe, secret):
    server = probe(**secret)
    shown = {"the token": token("rehearsal", secret), "another": token("control", secret), "none": "yes"}
    seen = {
        name: server.ask("GET", "/", None, **{"X-Verdigris-Rehearsal": value}).body
        for name, value in shown.items()
    }
    assert {"the token": True, "another": False, "none": False} == {
        n: b["rehearsing"] for n, b in seen.items()
    }
    assert {False} == {body["marked"] for body in seen.values()}
    assert 2 == state(server, secret).body["counts"]["rehearsal.refused"]


def state(server, secret):
    return server.ask("GET", "/.verdigris/state", None, **bearer(secret))


def test_the_controller_is_told_how_the_process_is(start_node, secret):
    variables = {"VERDIGRIS_RELEASE": "a1b2", "VERDIGRIS_SLOT": "green", "VERDIGRIS_INSTANCE": "green-1"}
    server = start_node(**variables, **secret)
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(b"GET /slow?ms=5000 HTTP/1.1\r\nHost: a\r\n\r\n")
        eventually_sync(lambda: state(server, secret).body["in_flight"]["http"] == 1, "it to be counted")
    assert {
        "version": 1, "role": "live", "release": "a1b2", "slot": "green", "instance": "green-1",
        "leaving": False, "counts": {}, "grpc": {},
    } == {k: v for k, v in state(server, secret).body.items() if k != "in_flight"}  # fmt: skip
    eventually_sync(
        lambda: state(server, secret).body["in_flight"] == {"http": 0, "websocket": 0, "events": 0},
        "it to be over",
    )


def test_without_the_token_there_is_nothing_there_and_who_tried_is_counted(start_node, secret):
    server = start_node(**secret)
    wrong = [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {'0' * 64}"},
        bearer(secret, "rehearsal"),
    ]
    answers = [server.ask("GET", "/.verdigris/state", None, **headers) for headers in wrong]
    assert {(404, "not found")} == {(answer.status, answer.body["error"]) for answer in answers}
    assert {"control.refused": 4} == state(server, secret).body["counts"]


@pytest.mark.parametrize("mode", [0o644, 0o660])
def test_a_secret_that_others_may_use_is_none(start_node, secret, tmp_path, mode):
    right = bearer(secret)
    (tmp_path / "secret").chmod(mode)
    assert 404 == start_node(**secret).ask("GET", "/.verdigris/state", None, **right).status


def test_a_process_leaves_when_asked_and_comes_back(start_node, secret):
    server, headers = start_node(**secret), bearer(secret)
    drained = server.ask("POST", "/.verdigris/drain", {"seconds": 30}, **headers)
    assert (202, True) == (drained.status, state(server, secret).body["leaving"])
    assert [503, 200, 200] == [server.ask("GET", path).status for path in ("/ready", "/health", "/")]
    assert 202 == server.ask("POST", "/.verdigris/resume", b"", **headers).status
    assert (200, False) == (server.ask("GET", "/ready").status, state(server, secret).body["leaving"])


@pytest.mark.parametrize(
    ("method", "page", "body", "status"),
    [
        ("POST", "drain", b"x" * 5000, 413),
        *(("POST", "drain", wrong, 400) for wrong in (b"[", None, [], "x", 5)),
        *(("POST", "drain", {"seconds": wrong}, 400) for wrong in (-1, "30", 86401, True)),
        ("GET", "drain", b"", 405),
        ("POST", "state", b"", 405),
        ("GET", "constructor", b"", 404),
    ],
)
def test_a_control_request_that_makes_no_sense_is_refused_and_changes_nothing(
    calm, method, page, body, status
):
    server, secret = calm
    assert status == server.ask(method, f"/.verdigris/{page}", body, **bearer(secret)).status
    assert (200, False) == (server.ask("GET", "/ready").status, state(server, secret).body["leaving"])
