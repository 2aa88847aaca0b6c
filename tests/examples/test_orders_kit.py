"""What the orders API does with the kit: cache, sessions, webhook, job, health and what the controller is told."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.servers.redis import redis_server
from tests.waiting import eventually_sync
from verdigris_kit.secret import token
from verdigris_kit.webhooks import Signatures

KEYS = json.dumps([{"kid": "one", "secret": "of the orders' tests, " * 2}])
GOOD = "whsec_" + "c2VjcmV0" * 5
TEA = {"item": "tea", "quantity": 2}


def state(server, secret):
    """What the controller is told."""
    shown = {"Authorization": f"Bearer {token('control', secret)}"}
    return server.ask("GET", "/.verdigris/state", None, **shown).body


def said(server, tmp_path):
    return (tmp_path / f"{server.port}.log").read_text()


# --- the cache -----------------------------------------------------------------------------------------------------


def test_an_order_is_looked_up_once(start, secret):
    server = start(**secret)
    taken = server.ask("POST", "/orders", TEA).body
    assert [taken] * 3 == [server.ask("GET", f"/orders/{taken['id']}").body for _ in range(3)]
    told = state(server, secret)
    assert (1, 2) == (told["counts"]["cache.miss"], told["counts"]["cache.hit"])
    assert f"order:{taken['id']}" == told["hottest"]["caches"]["orders"][0]["key"]


def test_what_is_not_there_is_not_remembered(start):
    server = start()
    assert 404 == server.ask("GET", "/orders/1").status
    assert 1 == server.ask("POST", "/orders", TEA).body["id"]
    assert 200 == server.ask("GET", "/orders/1").status


def test_two_versions_share_one_redis_and_do_without_it(start, secret, tmp_path):
    with redis_server(tmp_path) as redis:
        blue, green = (start(ORDERS_REDIS=redis.url, **secret) for _ in range(2))
        number = blue.ask("POST", "/orders", TEA).body["id"]
        answers = [server.ask("GET", f"/orders/{number}").body for server in (blue, green)]
        assert {"cache.hit": 1} == state(green, secret)["counts"]
        redis.stop()
        assert answers == [server.ask("GET", f"/orders/{number}").body for server in (blue, green)]


# --- sessions ------------------------------------------------------------------------------------------------------


def test_who_logged_in_to_one_version_is_known_to_the_other(start):
    blue, green = start(SESSION_KEYS=KEYS), start(SESSION_KEYS=KEYS)
    shown = {"Authorization": f"Bearer {blue.ask('POST', '/login', {'name': 'ada'}).body['token']}"}
    assert ["ada", "ada"] == [
        server.ask("GET", "/me", None, **shown).body["user"] for server in (blue, green)
    ]


@pytest.mark.parametrize(("method", "target", "body", "status"), [
    ("GET", "/me", None, 401),
    ("POST", "/login", {"name": ""}, 422),
    ("POST", "/login", ["ada"], 422),
    ("POST", "/login", b"{", 400),
])  # fmt: skip
def test_a_stranger_is_told_what_is_wrong(start, method, target, body, status):
    answer = start(SESSION_KEYS=KEYS).ask(method, target, body, Authorization="Bearer of.bad.news")
    assert (status, str) == (answer.status, type(answer.body["error"]))


def test_without_keys_nobody_can_log_in_and_all_else_works(start):
    server = start()
    answers = [
        server.ask("POST", "/login", {"name": "ada"}),
        server.ask("GET", "/me"),
        server.ask("GET", "/orders"),
    ]
    assert [503, 503, 200] == [answer.status for answer in answers]


# --- the webhook ---------------------------------------------------------------------------------------------------


@pytest.fixture
def receiver():
    """A receiver of webhooks that notes what came: its address, and the deliveries."""
    came = []

    class Notes(BaseHTTPRequestHandler):
        def do_POST(self):
            came.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *words):
            """The deliveries are the log."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Notes) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hooks", came
        server.shutdown()


def test_an_order_is_told_once_and_signed(start, receiver):
    url, came = receiver
    taken = start(WEBHOOK_URL=url, WEBHOOK_SECRET=GOOD).ask("POST", "/orders", TEA).body
    eventually_sync(lambda: len(came) == 1, "the delivery")
    [(headers, body)] = came
    assert Signatures(GOOD).verify(headers, body)
    assert {"type": "order.placed", "data": taken} == json.loads(body)


def test_who_is_told_of_an_order_is_told_where_to_pay_it_and_not_at_which_slot(start, receiver):
    url, came = receiver
    server = start(WEBHOOK_URL=url, WEBHOOK_SECRET=GOOD, PUBLIC_URL="https://shop.example.com/api")
    server.ask("POST", "/orders", TEA)
    eventually_sync(lambda: len(came) == 1, "the delivery")
    told = json.loads(came[0][1])["data"]["callback"]
    assert "https://shop.example.com/api/webhooks/payments" == told


def test_a_rehearsal_goes_all_the_way_and_leaves_nothing_behind(start, receiver, secret, tmp_path):
    url, came = receiver
    server = start(WEBHOOK_URL=url, WEBHOOK_SECRET=GOOD, **secret)
    mark = {"X-Verdigris-Rehearsal": token("rehearsal", secret)}
    assert 201 == server.ask("POST", "/orders", TEA, **mark).status
    eventually_sync(
        lambda: state(server, secret)["counts"].get("guard.held") == 1, "the call to be held back"
    )
    assert ([], []) == (came, server.ask("GET", "/orders").body["orders"])
    words = "was not told: POST 127.0.0.1: held back"
    eventually_sync(lambda: words in said(server, tmp_path), "the line in the log")


def test_a_receiver_that_is_not_there_costs_no_order(start, tmp_path):
    server = start(WEBHOOK_URL="http://127.0.0.1:1/", WEBHOOK_SECRET=GOOD)
    assert 201 == server.ask("POST", "/orders", TEA).status
    eventually_sync(lambda: "order.placed 1 was not told" in said(server, tmp_path), "the line in the log")


@pytest.mark.parametrize(
    ("url", "secret", "says"),
    [("ftp://a/b", GOOD, "WEBHOOK_URL is 'ftp://a/b'"), ("https://a/b", "", "secret")],
)
def test_a_webhook_that_could_not_work_is_refused_at_start(start, tmp_path, url, secret, says):
    server = start(wait=False, WEBHOOK_URL=url, WEBHOOK_SECRET=secret)
    assert 0 != server.process.wait(20)
    assert says in said(server, tmp_path)


# --- the job, health and the controller ----------------------------------------------------------------------------


def test_the_job_runs_where_the_role_is_live(start, tmp_path):
    role = tmp_path / "role"
    role.write_text("candidate\n")
    waiting = start(VERDIGRIS_ROLE_FILE=str(role), VERDIGRIS_SLOT="green")
    working = start(VERDIGRIS_SLOT="blue")
    waiting.ask("POST", "/orders", TEA)
    eventually_sync(lambda: "job in blue: 1 orders" in said(working, tmp_path), "the job")
    assert "job in" not in said(waiting, tmp_path)
    role.write_text("live\n")
    eventually_sync(lambda: "job in green: 1 orders" in said(waiting, tmp_path), "the job, once it is live")


def test_health_notices_that_the_database_is_gone(start, tmp_path):
    server = start()
    before = server.ask("GET", "/health")
    assert (200, {"disk"}) == (before.status, set(before.body["informational"]))
    for file in tmp_path.glob("orders.db*"):
        file.unlink()
    eventually_sync(lambda: server.ask("GET", "/health").status == 503, "health to say so")


def test_the_controller_is_told_what_is_sent_to_others(start, secret):
    shown = {"Authorization": f"Bearer {token('control', secret)}"}
    events = start(**secret).ask("GET", "/.verdigris/events", None, **shown).body["events"]
    assert {"order.placed": "sent", "payment.received": "received"} == {
        name: event["direction"] for name, event in events.items()
    }
