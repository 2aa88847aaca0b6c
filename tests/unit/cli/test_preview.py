"""How a person sees a slot that nobody else is sent to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Type
from tests.unit.cli.house import FakeHouse
from verdigris.cli.preview import near, reached
from verdigris.config import RouteSettings, TlsSettings

SECRET = "5ecret"


@pytest.fixture
def written(house: FakeHouse, tmp_path) -> FakeHouse:
    house.state = tmp_path
    for slot in ("blue", "green"):
        house.preview_header(slot).write_text(f"X-Verdigris-Preview: {SECRET};{slot}\n")
    return house


def test_header_cookie_and_a_command_that_keeps_the_secret_off_the_command_line(written, type_: Type):
    typed = type_("preview", "--slot", "green")
    assert 0 == typed.code
    assert f"X-Verdigris-Preview: {SECRET};green" in typed.out
    assert f"verdigris-preview={SECRET}.green" in typed.out
    curl = next(line for line in typed.out.splitlines() if "curl " in line)
    assert "preview-green.header http://127.0.0.1:8080/" in curl
    assert SECRET not in curl


def test_the_slot_that_does_not_serve_is_meant_where_none_is_named(written, type_: Type):
    written.ship("1.0")
    assert "green" == json.loads(type_("preview", "--json").out)["slot"]
    written.ship("2.0", phase="bake")
    assert "blue" == json.loads(type_("preview", "--json").out)["slot"]


def test_before_anything_serves_a_slot_has_to_be_named(written, type_: Type):
    typed = type_("preview")
    assert 1 == typed.code
    assert "Say which one is meant with --slot" in " ".join(typed.err.split())


def test_without_a_router_there_is_no_secret_yet(house: FakeHouse, tmp_path, type_: Type):
    house.state = tmp_path
    typed = type_("preview", "--slot", "blue")
    assert 1 == typed.code
    assert "The router writes it when it is first started" in " ".join(typed.err.split())


TLS = TlsSettings("0.0.0.0:8443", Path("a.pem"))


@pytest.mark.parametrize(
    ("route", "address", "more"),
    [
        (RouteSettings("127.0.0.1", 8080), "http://127.0.0.1:8080/", []),
        (RouteSettings("127.0.0.1", 8080, path="/api"), "http://127.0.0.1:8080/api/", []),
        (RouteSettings("0.0.0.0", 80), "http://127.0.0.1:80/", []),
        (RouteSettings("::1", 8080, hosts=("*.example.org",)), "http://[::1]:8080/", []),
        (
            RouteSettings("127.0.0.1", 80, hosts=("a.example.org",), tls=TLS),
            "https://a.example.org:8443/",
            ["--resolve", "a.example.org:8443:127.0.0.1"],
        ),
    ],
    ids=["plain", "path", "every address", "wildcard", "tls"],
)
def test_the_address_leads_to_this_router_and_this_app(route, address, more):
    assert (address, more) == reached(route)


def test_a_path_is_shown_as_it_is_shortest_to_type(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert ("a/b", "/elsewhere/b") == (near(tmp_path / "a" / "b"), near(Path("/elsewhere/b")))
