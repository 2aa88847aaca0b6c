"""Paths of strangers become a few routes, and the same ones from second to second."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.adapters.signals.routes import NAMED, OTHER, PATHS, REMEMBERED, Routes, named_by


@pytest.mark.parametrize(
    ("asked", "route"),
    [
        ("GET /", "GET /"),
        ("GET /orders", "GET /orders"),
        ("GET /orders/", "GET /orders"),
        ("POST /orders/17/items/4", "POST /orders/{id}/items/{id}"),
        ("GET /v1/orders.json", "GET /v1/orders.json"),
        ("GET /api-v2/getOrdersOfTheCustomer", "GET /api-v2/getOrdersOfTheCustomer"),
        ("GET /2026/11/28", "GET /{id}/{id}/{id}"),
        ("GET /users/f47ac10b-58cc-4372-a567-0e02b2c3d479", "GET /users/{id}"),
        ("GET /commits/9fceb02d0ae598e95dc970b74767f19372d61af8", "GET /commits/{id}"),
        ("GET /reset/dGhpcyBpcyBhIHRva2Vu", "GET /reset/{id}"),
        ("GET /reset/eyJhbGciOiJIUzI1NiJ9.e30.abc_-9", "GET /reset/{id}"),
        ("GET /reset/QkJCREFGRkdBQUFBSEhKSktMTE", "GET /reset/{id}"),
        ("GET /reset/wkyWD-ZvTq_mZbRcUxQ42A", "GET /reset/{id}"),
        ("GET /com.example.shop.OrderService/Get", "GET /com.example.shop.OrderService/Get"),
        ("GET /chapter-10-introduction", "GET /chapter-10-introduction"),
        ("GET /users/anna@example.com", "GET /users/{id}"),
        ("GET /users/anna%40example.com", "GET /users/{id}"),
        ("GET /say/#22hello#22", "GET /say/{id}"),
        ("GET /a/b/c/d/e/f", "GET /a/b/c/d/e/f"),
        ("GET /a/b/c/d/e/f/g/h", "GET /a/b/c/d/e/f/…"),
        ("GET //a//b", "GET /a/b"),
        ("GET /" + "x" * 41, "GET /{id}"),
        ("POST /shop.v1.Orders/Get", "POST /shop.v1.Orders/Get"),
        ("GET /;admin=1", "GET /{id}"),
        ("<BADREQ> <BADREQ>", OTHER),
        ("GET ", OTHER),
        ("", OTHER),
        ("PROPFINDPROPFIND /", OTHER),
        ("get /", OTHER),
        ("GET x", OTHER),
    ],
)
def test_what_names_one_thing_among_many_is_no_part_of_a_route(asked, route):
    assert route == named_by((), asked.encode())


PATTERNS = ("GET /orders/mine", "GET /orders/{order}", "/static/*", "/{tenant}/reports", "POST /*")


@pytest.mark.parametrize(
    ("asked", "route"),
    [
        ("GET /orders/mine", "GET /orders/mine"),
        ("GET /orders/yours", "GET /orders/{order}"),
        ("GET /orders", "GET /orders"),
        ("PUT /orders/17", "PUT /orders/{id}"),
        ("GET /orders/17/items", "GET /orders/{id}/items"),
        ("GET /static/a/b/c.css", "/static/*"),
        ("HEAD /static", "/static/*"),
        ("GET /statics/a", "GET /statics/a"),
        ("GET /17/reports", "/{tenant}/reports"),
        ("POST /anything/at/all", "POST /*"),
    ],
)
def test_a_route_that_the_configuration_names_is_told_by_that_name(asked, route):
    assert route == named_by(PATTERNS, asked.encode())


@given(st.binary(max_size=200))
def test_no_path_is_too_strange_and_no_name_is_longer_than_what_is_made_of_it(asked):
    for patterns in ((), PATTERNS):
        name = named_by(patterns, asked)
        assert name.isprintable()
        assert len(name) <= 11 + 7 * 41


def word(number):
    """Different words for different numbers."""
    return "".join(chr(97 + (number >> 4 * digit) % 16) for digit in range(5))


def ask(routes, path, times=1):
    return [routes.of(b"GET " + path.encode()) for _ in range(times)][-1]


def test_the_first_routes_have_names_and_the_others_are_one():
    routes = Routes()
    told = [ask(routes, f"/{word(number)}") for number in range(NAMED + 10)]
    assert ([f"GET /{word(n)}" for n in range(NAMED)], {OTHER}) == (told[:NAMED], set(told[NAMED:]))


def test_whoever_has_by_far_more_requests_gets_the_name_of_who_has_the_fewest():
    routes = Routes()
    for number in range(NAMED):
        ask(routes, f"/{word(number)}", 100 if number else 2)
    assert OTHER == ask(routes, "/orders", 300)
    routes.settle()
    assert ("GET /orders", OTHER) == (ask(routes, "/orders"), ask(routes, f"/{word(0)}"))
    assert f"GET /{word(1)}" == ask(routes, f"/{word(1)}")


def test_paths_that_differ_by_a_number_are_remembered_once_unless_one_of_them_has_a_name():
    for patterns, remembered in (((), 2), (("GET /orders/17",), 102)):
        routes = Routes(patterns)
        told = {ask(routes, f"/orders/{number}") for number in range(100)}
        told |= {ask(routes, "/users/f47ac10b-58cc-4372-a567-0e02b2c3d479"), ask(routes, "/users/17")}
        assert {"GET /orders/{id}", "GET /users/{id}", *patterns} == told
        assert remembered == len(routes._of)


def test_names_stay_where_nobody_has_by_far_more_requests():
    routes = Routes()
    for number in range(NAMED * 2):
        ask(routes, f"/{word(number)}", 100 if number < NAMED else 150)
    routes.settle()
    assert {OTHER} == {ask(routes, f"/{word(number)}") for number in range(NAMED, NAMED * 2)}


def test_a_route_that_nobody_asks_for_any_more_leaves_its_name():
    routes = Routes()
    for number in range(NAMED + 1):
        ask(routes, f"/{word(number)}")
    routes.fade()
    assert "GET /orders" == ask(routes, "/orders")


def test_a_flood_of_paths_takes_no_memory_and_no_name_from_what_users_ask_for():
    routes = Routes()
    for number in range(20_000):
        ask(routes, f"/{word(number)}")
        ask(routes, f"/{number}/{number * 7}")
        if number % 10 == 0:
            ask(routes, "/orders/17")
        if number % 1000 == 999:
            routes.settle()
    assert "GET /orders/{id}" == ask(routes, "/orders/18")
    assert (True, True) == (len(routes._routes) <= REMEMBERED, len(routes._of) <= PATHS)
