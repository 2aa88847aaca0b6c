"""What the orders API hears from others: payments, signed, each counted once whichever slot it comes to."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from verdigris_kit.secret import token
from verdigris_kit.webhooks import Signatures

SECRET = "whsec_" + "cGF5bWVu" * 5
TEA = {"item": "tea", "quantity": 2}
PAGE = "/webhooks/payments"


def paid(order, amount=5, type="payment.received"):
    return json.dumps({"type": type, "data": {"order": order, "amount": amount}}).encode()


def deliver(server, body, id="msg_1", by=SECRET, **more):
    return server.ask("POST", PAGE, body, **Signatures(by).headers(id, body), **more)


def sums(server):
    return server.ask("GET", "/payments").body


def test_a_payment_that_comes_to_both_versions_is_counted_once(start):
    blue, green = start(PAYMENTS_SECRET=SECRET), start(PAYMENTS_SECRET=SECRET)
    body = paid(blue.ask("POST", "/orders", TEA).body["id"])
    assert [204, 204, 204] == [deliver(server, body).status for server in (blue, green, green)]
    assert [{"payments": 1, "amount": 5}] * 2 == [sums(blue), sums(green)]
    assert 204 == deliver(green, body, id="msg_2").status
    assert {"payments": 2, "amount": 10} == sums(blue)


def test_one_that_comes_many_times_at_once_is_counted_once_and_the_others_are_told_to_come_again(start):
    server = start(PAYMENTS_SECRET=SECRET)
    body = paid(server.ask("POST", "/orders", TEA).body["id"])
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: deliver(server, body), range(8)))
    assert {204, 409} >= {answer.status for answer in answers}
    assert {"5"} >= {answer.headers["retry-after"] for answer in answers if answer.status == 409}
    assert {"payments": 1, "amount": 5} == sums(server)


@pytest.mark.parametrize(
    ("body", "status"),
    [(paid(7), 422), (paid(1, -1), 422), (paid(1, type="order.gone"), 422), (b"[]", 422), (b"{", 400)],
)
def test_a_payment_that_makes_no_sense_is_refused_and_may_come_again(start, body, status):
    server = start(PAYMENTS_SECRET=SECRET)
    server.ask("POST", "/orders", TEA)
    assert [status] * 2 == [deliver(server, body).status for _ in range(2)]
    assert {"payments": 0, "amount": 0} == sums(server)


def test_a_payment_of_a_stranger_is_refused_with_a_sentence(start):
    server = start(PAYMENTS_SECRET=SECRET)
    server.ask("POST", "/orders", TEA)
    forged = deliver(server, paid(1), by="whsec_" + "b3RoZXJz" * 5)
    assert (401, "no signature of it is by a secret of ours") == (forged.status, forged.body["error"])
    assert 401 == server.ask("POST", PAGE, paid(1)).status
    assert 404 == server.ask("POST", "/webhooks/others", paid(1)).status
    assert {"payments": 0, "amount": 0} == sums(server)


def test_a_payment_that_is_rehearsed_is_taken_back_and_still_counted_when_it_comes(start, secret):
    server = start(PAYMENTS_SECRET=SECRET, **secret)
    body = paid(server.ask("POST", "/orders", TEA).body["id"])
    assert 204 == deliver(server, body, **{"X-Verdigris-Rehearsal": token("rehearsal", secret)}).status
    assert {"payments": 0, "amount": 0} == sums(server)
    assert 204 == deliver(server, body).status
    assert {"payments": 1, "amount": 5} == sums(server)


def test_without_a_secret_nobody_is_believed_and_all_else_works(start):
    server = start()
    assert [503, 200] == [server.ask("POST", PAGE, paid(1)).status, server.ask("GET", "/orders").status]


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("PUBLIC_URL", "https://10.0.0.7", "an address that only an inner network knows"),
        ("PUBLIC_URL", "http://shop.example.com", "it is not https"),
        ("PAYMENTS_SECRET", "hunter2", "whsec_"),
    ],
)
def test_what_could_not_work_is_refused_at_start(start, tmp_path, variable, value, says):
    server = start(wait=False, **{variable: value})
    assert 0 != server.process.wait(20)
    assert says in (tmp_path / f"{server.port}.log").read_text()
