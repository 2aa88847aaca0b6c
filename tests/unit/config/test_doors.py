"""What the apps of one file cannot have together, told with the name and the line of the other."""

from __future__ import annotations

import pytest

from verdigris.config import parse_config
from verdigris.config.doors import ADDRESSES_MOST
from verdigris.core.errors import ConfigError
from verdigris.keeper.sockets import MOST

SECURE = 'tls: {listen: "0.0.0.0:443", certificate: %s.pem}'
A, B = SECURE % "a", SECURE % "b"


def apps(*routes: str) -> bytes:
    """A file with an app at line 2, 5 and so on, whose route is a line below."""
    run = 'run: {command: ["{port}"]}'
    lines = [f"  {chr(97 + n)}:\n    {run}\n    route: {{{route}}}\n" for n, route in enumerate(routes)]
    return "".join(["apps:\n", *lines]).encode()


def refusal(*routes: str) -> str:
    with pytest.raises(ConfigError) as refused:
        parse_config(apps(*routes))
    return str(refused.value)


@pytest.mark.parametrize(
    ("routes", "place"),
    [
        (("host: x.de", "host: X.de"), "x.de, path / at 127.0.0.1:8080"),
        (("", "host: any"), "any host, path / at 127.0.0.1:8080"),
        (
            ("host: [w.de, x.de], path: /v1", "host: [x.de, y.de], path: /v1"),
            "x.de, path /v1 at 127.0.0.1:8080",
        ),
        (("host: '*.x.de'", "host: '*.x.de'"), "*.x.de, path / at 127.0.0.1:8080"),
        (('listen: "[::1]:80"', 'listen: "[0:0::1]:80"'), "any host, path / at [::1]:80"),
        (
            (f'listen: "10.0.0.1:80", {A}', f'listen: "10.0.0.2:80", {B}'),
            "any host, path / at 0.0.0.0:443",
        ),
    ],
)
def test_what_two_apps_claim_alike_is_refused_with_the_owner(routes, place):
    expected = (
        f"verdigris.yaml:7:5: apps.b.route: {place} belongs to a (line 4) already:"
        " give one of them another host, path or listen"
    )
    assert expected == refusal(*routes)


@pytest.mark.parametrize(
    "routes",
    [
        ("host: x.de", "host: y.de"),
        ("host: x.de", "host: any", "host: '*.de'"),
        ("path: /", "path: /search", "path: /search/deep"),
        ("host: x.de, path: /a", "host: x.de, path: /b"),
        ("", 'listen: "127.0.0.1:8081"'),
        (f"host: x.de, {A}", f"host: y.de, {B}"),
        ('listen: "0.0.0.0:80"', 'listen: "[::]:80"'),
    ],
)
def test_what_one_app_means_more_exactly_may_overlap(routes):
    assert len(routes) == len(parse_config(apps(*routes)))


def test_many_apps_at_one_door_are_told_once_each():
    assert 3 == len(refusal("", "", "", "").splitlines())


def test_https_has_an_address_of_its_own():
    expected = (
        "7:41: apps.b.route.tls.listen: must be an address of its own, but is route.listen of a (line 4):"
        " take another port"
    )
    assert expected in refusal('listen: "0.0.0.0:443", host: x.de', f'listen: "0.0.0.0:80", {B}')
    assert (
        "apps.a.route.tls.listen: must be an address of its own, but is route.listen of b (line 7)"
        in refusal(A, 'listen: "0.0.0.0:443", host: x.de')
    )


@pytest.mark.parametrize(
    ("routes", "name"),
    [
        (("host: x.de, trust: [10.0.0.0/8]", "host: y.de"), "trust"),
        (
            (
                "host: x.de, trust: [10.0.0.0/8], proxy_protocol: true",
                "host: y.de, trust: [10.0.0.0/8]",
            ),
            "proxy_protocol",
        ),
    ],
)
def test_what_is_decided_before_the_host_is_known_is_the_same_for_all(routes, name):
    expected = (
        f"apps.b.route.{name}: must be the same as for a (line 4), which is reached at 127.0.0.1:8080 too"
    )
    assert expected in refusal(*routes)


def test_each_app_at_an_address_has_its_own_oldest_tls():
    newer = B.replace("}", ', oldest: "1.3"}')
    assert 2 == len(parse_config(apps(f"host: x.de, {A}", f"host: y.de, {newer}")))


def test_proxies_may_be_named_in_another_order():
    routes = ("host: x.de, trust: [10.0.0.7, fd00::/8]", "host: y.de, trust: [fd00::/8, 10.0.0.7/32]")
    assert 2 == len(parse_config(apps(*routes)))


def test_all_addresses_take_the_port_of_each():
    expected = (
        "7:13: apps.b.route.listen: cannot be had beside 0.0.0.0:80, which takes the port of every address:"
        " take the same address for both, or another port"
    )
    assert expected in refusal('listen: "0.0.0.0:80", host: x.de', 'listen: "127.0.0.1:80", host: y.de')


def test_there_are_as_many_addresses_as_the_keeper_can_hold():
    routes = [f'listen: "127.0.0.1:{8000 + n}"' for n in range(MOST + 1)]
    assert MOST == ADDRESSES_MOST == len(parse_config(apps(*routes[:-1])))
    assert f"is one of {MOST + 1} addresses, of which a router has {MOST} at most" in refusal(*routes)


def test_one_router_serves_all_apps():
    text = apps("host: x.de", "host: y.de").decode() + "    router: {bin: /usr/sbin/haproxy}\n"
    with pytest.raises(
        ConfigError, match=r"8:14: apps\.b\.router\.bin: must be the same as for a: one router"
    ):
        parse_config(text.encode())
