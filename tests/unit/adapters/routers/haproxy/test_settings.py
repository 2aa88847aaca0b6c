"""What cannot stand in the router's configuration is refused before it gets there."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.adapters.routers.haproxy import Door, Identity, Site, Timeouts
from verdigris.adapters.routers.haproxy.render import render as whole
from verdigris.adapters.routers.haproxy.settings import split_address
from verdigris.adapters.routers.haproxy.table import Row, Table
from verdigris.core.errors import ConfigError

EMPTY = Table(Row(0))


def settings(**more):
    return Site(**{"app": "api", "listen": "127.0.0.1:80", **more})


def render(site, table, places):
    return whole(Door(Path("/x"), (site,)), {"api": table}, {"api": places})


@pytest.mark.parametrize(
    "more",
    [
        {"app": "api\n    stats enable"},
        {"app": "Api"},
        {"app": ""},
        {"app": "a" * 41},
        {"hosts": ("a b",)},
        {"hosts": ("-a",)},
        {"hosts": ("a}",)},
        {"hosts": ("a\n",)},
        {"hosts": ("*.*.a",)},
        {"path": "/a/"},
        {"path": "/a b"},
        {"health_path": "/a b"},
        {"health_path": "health"},
        {"health_path": "/health\r\nX: y"},
        {"health_path": '/"'},
        {"health_path": "/{ready}"},
        {"health_path": "/#"},
        {"health_path": "/'"},
        {"health_path": "/\\"},
        {"probe_path": "/a\x00"},
        {"listen": "localhost:80"},
        {"listen": "127.0.0.1"},
        {"listen": "127.0.0.1:0"},
        {"listen": "127.0.0.1:65536"},
        {"listen": "::1:80"},
        {"listen": "[127.0.0.1]:80"},
        {"listen": "[fe80::1%eth0]:80"},
        {"places": 0},
        {"places": 257},
        {"max_body": -1},
    ],
)
def test_a_value_outside_its_grammar_is_refused(more):
    with pytest.raises(ConfigError, match=next(iter(more)).split("_")[0] if "listen" in more else "must"):
        settings(**more)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_timeout_is_a_time(seconds):
    with pytest.raises(ConfigError, match="timeouts.server"):
        Timeouts(server=seconds)


@pytest.mark.parametrize(("text", "pair"), [("10.0.0.1:1", ("10.0.0.1", 1)), ("[::1]:65535", ("::1", 65535))])
def test_an_address_is_an_ip_address_and_a_port(text, pair):
    assert pair == split_address(text)


@given(st.text(max_size=60))
def test_whatever_passes_as_a_path_adds_no_word_to_the_configuration(path):
    plain = render(settings(), EMPTY, 2).replace("/health", "").split()
    try:
        given_path = settings(health_path=path)
    except ConfigError:
        return
    assert plain == render(given_path, EMPTY, 2).replace(f"uri {path} ver", "uri  ver").split()


def test_what_is_not_configured_leaves_no_line():
    bare, full = render(settings(), EMPTY, 2), render(settings(max_body=1), EMPTY, 2)
    words = {
        "unknown-host",
        "body_size",
        "ssl",
        "expect-proxy",
        "xxh32",
        "regsub",
        "Set-Cookie",
        "h2",
        "redirect",
    }
    assert set() == words & {word for line in bare.splitlines() for word in re.split(r"[^A-Za-z0-9_-]", line)}
    assert len(full.splitlines()) == len(bare.splitlines()) + 6 * 3 + 1


async def test_every_combination_is_valid_for_haproxy(make_house):
    house = await make_house(
        hosts=("api.example.com", "*.example.org"),
        path="/v1",
        strip=True,
        max_body=5,
        health_path="/a/b?c=d&e=%20:@!$,;~",
        places=9,
        trust=("10.0.0.0/8", "fd00::/8"),
        proxy_protocol=True,
        http2=True,
        identity=Identity("cookie", "uid", True, ("ada",), ("bob",)),
    )
    assert 0 == house.runner.reloads
