"""The replayer of an app, made from the settings of a house."""

from __future__ import annotations

import pytest

from verdigris.bootstrap.replaying import front_of
from verdigris.traffic.sender import Front


def test_what_is_replayed_comes_as_the_router_would_send_it(make_house):
    assert Front() == front_of(make_house().settings)
    house = make_house()
    named = 'route: {host: ["*.example.com", api.example.com], path: /api, strip: true, '
    house.config.write_text(house.config.read_text().replace("route: {", named, 1))
    assert Front("api.example.com", "http", "/api") == front_of(house.settings)


@pytest.mark.parametrize(
    ("route", "scheme"),
    [("", "http"), ("tls: {listen: 127.0.0.1:8443, certificate: /etc/cert.pem}", "https")],
)
def test_it_says_how_the_client_came(make_house, route, scheme):
    house = make_house()
    house.config.write_text(
        house.config.read_text().replace("route: {", f"route: {{{route}{', ' * bool(route)}", 1)
    )
    assert scheme == front_of(house.settings).scheme
