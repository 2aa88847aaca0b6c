"""The orders API as a process, as the environment starts it: its README's promises, and its bad habits."""

import json
import signal
import socket
import time
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.examples.serving import BAD_REQUESTS
from tests.waiting import eventually_sync


def test_an_order_taken_by_one_version_is_read_by_another(start):
    blue, green = start(API_VERSION="1.0.0"), start(API_VERSION="2.0.0")
    taken = blue.ask("POST", "/orders", {"item": "tea", "quantity": 2})
    assert (201, "1.0.0") == (taken.status, taken.body["made_by"])
    assert taken.body == green.ask("GET", f"/orders/{taken.body['id']}").body
    assert [taken.body] == green.ask("GET", "/orders").body["orders"]


def test_every_answer_says_who_gave_it_errors_too(start):
    server = start(API_VERSION="2.0.0", ENVIRONMENT_NAME="green")
    for target in ("/", "/health", "/nothing", "/orders/999"):
        headers = server.ask("GET", target).headers
        assert ("2.0.0", "green") == (headers["x-api-version"], headers["x-environment"])


def test_health_is_deep_and_names_release_and_slot(start):
    server = start(VERDIGRIS_RELEASE="a1b2", VERDIGRIS_SLOT="blue", ENVIRONMENT_NAME="blue")
    status, _, body = server.ask("GET", "/health")
    assert (200, "healthy", True) == (status, body["status"], body["checks"]["database"])
    assert ("a1b2", "blue", "blue") == (body["release"], body["slot"], body["environment"])


def test_64_kib_are_taken_and_more_than_1_mib_is_refused(start):
    server = start()
    assert {"bytes": 65536} == server.ask("POST", "/attachments", b"x" * 65536).body
    assert 413 == server.ask("POST", "/attachments", b"x" * (1024 * 1024 + 1)).status


@pytest.mark.parametrize(("method", "target", "body", "status"), BAD_REQUESTS)
def test_a_bad_request_gets_its_status_and_a_sentence(start, method, target, body, status):
    answer = start().ask(method, target, body)
    assert (status, str) == (answer.status, type(answer.body["error"]))


def test_text_that_is_none_is_no_order_and_no_name(start):
    """Half of a pair of surrogates: JSON can write it, and nobody can store it."""
    server = start(SESSION_KEYS=json.dumps([{"kid": "one", "secret": "s" * 32}]))
    asked = [("/orders", b'{"item": "\\ud800"}'), ("/login", b'{"name": "\\ud800"}')]
    assert [400, 400] == [server.ask("POST", target, body).status for target, body in asked]


def test_a_websocket_is_refused_and_no_error(start, tmp_path):
    server = start()
    with pytest.raises(InvalidStatus, match="HTTP 403"):
        connect(f"ws://127.0.0.1:{server.port}/", proxy=None)
    assert "Traceback" not in (tmp_path / f"{server.port}.log").read_text()


def test_a_slow_request_in_flight_is_finished_when_the_server_is_told_to_go(start):
    server = start()
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(b"GET /slow?ms=400 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert 200 == server.ask("GET", "/").status  # by now the slow one is in flight
        server.process.send_signal(signal.SIGTERM)
        assert client.recv(65536).startswith(b"HTTP/1.1 200 OK")
    assert server.process.wait(20) in (0, -signal.SIGTERM)


def test_fails_answers_500_to_its_share_after_some_traffic(start):
    server = start({"is": "fails", "requests": 3, "seconds": 0, "share": 1.0})
    assert [200, 200, 200] == server.traffic(3)
    eventually_sync(lambda: server.traffic(1) == [500], "a 500")
    assert 200 == server.ask("GET", "/health").status


def order(server):
    answer = server.ask("POST", "/orders", {"item": "tea", "quantity": 2})
    return answer.status, answer.headers.get("x-verdigris-outcome")


def test_an_order_that_is_taken_came_to_something_good_and_a_declined_one_is_200_all_the_same(start):
    server = start({"is": "declines", "requests": 2, "seconds": 0, "share": 1.0})
    assert (201, "good") == order(server)
    eventually_sync(lambda: order(server) == (200, "bad"), "an order to be declined")
    assert [200] == server.traffic(1)


def test_slow_takes_longer(start):
    server, began = start({"is": "slow", "milliseconds": 400}), time.monotonic()
    assert [200] == server.traffic(1)
    assert time.monotonic() - began >= 0.4


def test_never_healthy_serves_and_says_503(start):
    server = start("never-healthy")
    health = server.ask("GET", "/health")
    assert (503, "degraded", False) == (
        health.status,
        health.body["status"],
        health.body["checks"]["database"],
    )
    assert [200] == server.traffic(1)


def test_dies_exits_after_some_traffic(start):
    server = start({"is": "dies", "requests": 2, "seconds": 0})
    server.traffic(2)
    assert 70 == server.process.wait(20)


def test_hangs_stops_as_it_is_after_some_traffic(start):
    server = start({"is": "hangs", "requests": 2, "seconds": 0})
    server.traffic(2)
    stat = Path(f"/proc/{server.process.pid}/stat")
    eventually_sync(lambda: stat.read_text().rpartition(") ")[2].startswith("T"), "the process to be stopped")


def test_ignores_sigterm_goes_on_serving(start):
    server = start("ignores-sigterm")
    server.process.send_signal(signal.SIGTERM)
    assert [200] * 5 == server.traffic(5)


def test_slow_start_listens_in_the_end(start):
    assert [200] == start({"is": "slow-start", "seconds": 0.5}).traffic(1)


def test_a_behaviour_that_nobody_knows_is_refused_at_start(start, tmp_path):
    server = start("sulks", wait=False)
    assert 0 != server.process.wait(20)
    assert "behaviour 'sulks': one of good, fails" in (tmp_path / f"{server.port}.log").read_text()


def test_without_its_database_it_ends_and_does_not_serve_half(start, tmp_path):
    server = start(wait=False, ORDERS_DB=str(tmp_path / "nowhere" / "orders.db"))
    assert 0 != server.process.wait(20)
    assert "unable to open database file" in (tmp_path / f"{server.port}.log").read_text()
