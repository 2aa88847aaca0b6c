"""Every key of the route reaches the router."""

from __future__ import annotations

from pathlib import Path

import pytest

from verdigris.adapters.environments.health_call import exchange
from verdigris.adapters.environments.health_service import message
from verdigris.adapters.routers.haproxy.binary import bundled
from verdigris.adapters.routers.haproxy.settings import Identity, Maintenance, Patience, Tls
from verdigris.bootstrap.sites import door_of, site_of
from verdigris.bootstrap.wiring import health_check


def test_the_router_lives_in_the_state_directory_and_is_the_one_that_came_with_us(make_house):
    house = make_house(port=8123)
    door = door_of(house)
    assert (house.state / "router", bundled()) == (door.directory, door.binary)
    assert [("orders", "127.0.0.1:8123", ())] == [(site.app, site.listen, site.hosts) for site in door.sites]


def test_a_router_that_is_named_is_the_one_that_runs(make_house):
    assert Path("/opt/haproxy") == door_of(make_house("router: {bin: /opt/haproxy}\n")).binary


def test_every_timeout_of_the_file_reaches_the_router(make_house):
    words = "connect: 1s, request: 2s, server: 3s, client: 4s, keep_alive: 5s, tunnel: 6s"
    timeouts = site_of(make_house(f"router: {{timeouts: {{{words}}}}}\n").settings).timeouts
    found = [getattr(timeouts, name) for name in timeouts.__slots__]
    assert (("connect", "request", "server", "client", "keep_alive", "tunnel"), [1, 2, 3, 4, 5, 6]) == (
        timeouts.__slots__,
        found,
    )


def test_an_ipv6_address_gets_its_brackets_back(make_house):
    house = make_house()
    house.config.write_text(house.config.read_text().replace("127.0.0.1:8080", "[::1]:8080"))
    assert "[::1]:8080" == site_of(house.settings).listen


@pytest.mark.parametrize(("instances", "places"), [(1, 4), (9, 9)])
def test_there_is_a_place_for_every_instance_without_a_reload(make_house, instances, places):
    house = make_house()
    text = house.config.read_text().replace("run: {", f"run: {{instances: {instances}, ")
    house.config.write_text(text)
    assert places == site_of(house.settings).places


ROUTE = """\
route:
  listen: 127.0.0.1:8080
  host: [api.example.com, "*.example.org"]
  path: /v1
  strip: true
  tls: {listen: "127.0.0.1:8443", certificate: a.pem, key: a.key, redirect: true, oldest: "1.3"}
  trust: [10.0.0.0/8]
  proxy_protocol: true
  max_body: 10MiB
  http2: true
  cohort: {by: "header:X-User", assign: true, allow: [ada], deny: [eve]}
  pause: {longest: 5s, most: 7}
  maintenance: {page: page.html, retry_after: 30s}
"""


def test_every_key_of_the_route_reaches_the_router(make_house, tmp_path):
    house = make_house()
    kept = [line for line in house.config.read_text().splitlines() if not line.startswith("route")]
    house.config.write_text("\n".join([*kept, ROUTE]))
    site = site_of(house.settings)
    assert (("api.example.com", "*.example.org"), "/v1", True) == (site.hosts, site.path, site.strip)
    assert Tls("127.0.0.1:8443", tmp_path / "a.pem", tmp_path / "a.key", True, "1.3") == site.tls
    assert (("10.0.0.0/8",), True, 10 << 20, True) == (
        site.trust,
        site.proxy_protocol,
        site.max_body,
        site.http2,
    )
    assert Identity("header", "X-User", True, ("ada",), ("eve",)) == site.identity
    assert (Patience(5.0, 7), Maintenance(tmp_path / "page.html", 30.0)) == (site.patience, site.maintenance)


def test_what_is_not_said_is_not_there(make_house):
    site = site_of(make_house().settings)
    assert (None, None, (), None, "/") == (site.tls, site.identity, site.trust, site.max_body, site.path)


def test_health_by_grpc_reaches_the_router_as_a_call(make_house):
    house = make_house()
    lines = [
        line for line in house.config.read_text().splitlines() if not line.startswith(("route", "health"))
    ]
    house.config.write_text(
        "\n".join([*lines, "route: {host: api.example.com, http2: true}", "health: {grpc: a.B}"])
    )
    site = site_of(house.settings)
    assert "/grpc.health.v1.Health/Check" == site.health_path
    assert (message("a.B"), exchange("a.B", "api.example.com")) == (
        site.health_call.message,
        site.health_call.exchange,
    )
    assert "a.B" == health_check(house.settings).grpc


def test_every_app_has_a_site_behind_the_one_door(make_house):
    house = make_house()
    apps = "".join(
        f"  {app}: {{run: {{command: [serve]}}, route: {{path: /{app}}}}}\n" for app in ("api", "search")
    )
    house.config.write_text(f"apps:\n{apps}".replace("[serve]", "[serve, '{port}']"))
    assert ["api", "search"] == [site.app for site in door_of(house).sites]
