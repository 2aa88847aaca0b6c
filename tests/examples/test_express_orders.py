"""The orders API on Express answers as the one in Python; its orders are in a file that both slots append to."""

import concurrent.futures
import json

import pytest

from tests.examples.serving import BAD_REQUESTS
from tests.node import EXPRESS


def test_an_order_taken_by_one_version_is_read_by_another(start_node):
    blue, green = start_node(API_VERSION="1.0.0"), start_node(API_VERSION="2.0.0")
    taken = blue.ask("POST", "/orders", {"item": "tea", "quantity": 2})
    assert (201, "1.0.0") == (taken.status, taken.body["made_by"])
    assert taken.body == green.ask("GET", f"/orders/{taken.body['id']}").body
    assert [taken.body] == green.ask("GET", "/orders").body["orders"]


def test_orders_taken_in_both_slots_at_once_have_numbers_of_their_own(start_node):
    blue, green = start_node(), start_node()

    def take(number):
        return (blue, green)[number % 2].ask("POST", "/orders", {"item": f"tea {number}"}).body

    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(take, range(60)))
    assert {*range(1, 61)} == {order["id"] for order in taken}
    assert taken == [green.ask("GET", f"/orders/{order['id']}").body for order in taken]


def test_a_line_that_a_crash_cut_off_costs_the_order_that_comes_behind_it_and_no_other(start_node, tmp_path):
    (tmp_path / "orders").write_text('{"item":"tea","quantity":1,"made_by":"1","mark":"a"}\n{"item":"cof')
    server = start_node()
    assert [500, 201] == [server.ask("POST", "/orders", {"item": "milk"}).status for _ in range(2)]
    assert [3, 1] == [order["id"] for order in server.ask("GET", "/orders").body["orders"]]
    assert 404 == server.ask("GET", "/orders/2").status


def test_64_kib_are_taken_and_more_than_1_mib_is_refused(calm):
    server, _ = calm
    assert {"bytes": 65536} == server.ask("POST", "/attachments", b"x" * 65536).body
    assert 413 == server.ask("POST", "/attachments", b"x" * (1024 * 1024 + 1)).status


@pytest.mark.parametrize(("method", "target", "body", "status"), BAD_REQUESTS)
def test_a_bad_request_gets_its_status_and_a_sentence(calm, method, target, body, status):
    answer = calm[0].ask(method, target, body)
    assert (status, str) == (answer.status, type(answer.body["error"]))


def test_a_behaviour_that_nobody_knows_is_refused_at_start(start_node, tmp_path):
    server = start_node("sulks", wait=False)
    assert 0 != server.process.wait(20)
    assert 'behaviour "sulks": one of good, fails' in (tmp_path / f"{server.port}.log").read_text()


def test_the_lock_has_the_hash_of_every_package_and_no_address():
    packages = json.loads((EXPRESS / "package-lock.json").read_text())["packages"]
    assert {"express"} == set(packages.pop("")["dependencies"])
    assert {True} == {package["integrity"].startswith("sha512-") for package in packages.values()}
    assert "://" not in json.dumps([{**package, "funding": None} for package in packages.values()])
