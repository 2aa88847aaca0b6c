"""From checked models to settings."""

from __future__ import annotations

import pytest

from verdigris.config.models import App
from verdigris.config.settings import Expected, resolved
from verdigris.config.values import settings_of

SMALL = {"app": "orders", "run": {"command": ["serve", "{port}"]}, "health": {"path": "/health"}}


def settings(**more):
    return settings_of("orders", App.model_validate({**SMALL, **more}), "/srv")


def run(**more):
    return settings(run={**SMALL["run"], **more}).run


def test_words_for_nothing_become_none():
    found = settings()
    assert (None, None) == (found.route.host, found.router.binary)
    assert (None, None, "v1") == (
        run(source="git").source,
        run(version="auto").version,
        run(version="v1").version,
    )
    assert settings(alerts={"webhook": "none"}).alerts.webhook is None


def test_durations_become_seconds():
    assert 90.0 == run(grace="1m30s").grace
    assert 0.25 == settings(router={"timeouts": {"connect": "250ms"}}).router.timeouts.connect


def test_a_port_that_is_named_as_a_variable_is_given_anyway():
    assert (("A", "1"),) == run(env={"PORT": "{port}", "A": "1"}).env


@pytest.mark.parametrize(
    ("listen", "pair"), [("127.0.0.1:8080", ("127.0.0.1", 8080)), ("[::1]:80", ("::1", 80))]
)
def test_an_address_is_taken_apart(listen, pair):
    route = settings(route={"listen": listen}).route
    assert pair == (route.address, route.port)


def test_a_host_is_compared_in_small_letters():
    assert (
        "api.example.com" == settings(route={"listen": "127.0.0.1:80", "host": "API.Example.com"}).route.host
    )


@pytest.mark.parametrize(("written", "service"), [(False, None), (True, ""), ("a.B", "a.B")])
def test_a_grpc_service_is_named_empty_for_the_whole_server(written, service):
    assert service == settings(health={"grpc": written}).health.grpc


def test_a_body_is_a_list_of_what_is_expected_at_which_place():
    body = settings(health={"path": "/h", "body": {"status": "ok", "db": {"up": True}}}).health.body
    assert (Expected(("status",), "ok"), Expected(("db", "up"), True)) == body


def test_every_key_is_told_with_its_origin():
    rows = {row.key: row for row in resolved(settings(stabilize="2h"))}
    assert ("orders", "file") == (rows["app"].value, rows["app"].origin)
    assert ("2h", "file") == (rows["stabilize"].value, rows["stabilize"].origin)
    assert "default" == rows["bake.for"].origin


def test_routes_are_as_the_file_writes_them():
    routes = ["GET /", "GET /orders/{id}", "/static/*", "POST /shop.v1.Orders/Get", "/a/{b}/c/"]
    assert tuple(routes) == settings(judge={"routes": routes}).routes
    assert () == settings().routes
