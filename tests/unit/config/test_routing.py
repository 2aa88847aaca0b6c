"""The keys that say where requests come in: what they are when nobody says anything, and what becomes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from verdigris.config import (
    CohortSettings,
    MaintenanceSettings,
    PauseSettings,
    RouteSettings,
    TlsSettings,
    load_config,
    parse_config,
)
from verdigris.config.routing import Cohort, Maintenance, Pause, Route, Tls
from verdigris.core.errors import ConfigError

APP = 'app: api\nrun: {command: ["{port}"]}\n'


def route(text: str) -> RouteSettings:
    return parse_config(f"{APP}route: {{{text}}}\n".encode(), directory="/srv/api")[0].route


@pytest.mark.parametrize("section", [Cohort, Maintenance, Pause, Route, Tls])
def test_nothing_has_to_be_said(section):
    assert section.model_validate({}) == section()


def test_nobody_is_reached_from_everywhere_or_believed_by_accident():
    assert RouteSettings("127.0.0.1", 8080) == route("")


def test_hosts_and_prefix_are_told():
    found = route("host: [API.de, '*.api.de'], path: /v1, strip: true")
    assert (("api.de", "*.api.de"), "/v1", True) == (found.hosts, found.path, found.strip)


@pytest.mark.parametrize(
    ("host", "named"), [("any", None), ("'*.a.de'", None), ("b.de", "b.de"), ("['*.a.de', b.de]", "b.de")]
)
def test_a_probe_names_a_host_that_is_one(host, named):
    assert named == route(f"host: {host}").host


def test_an_address_can_be_written_again():
    assert ["[::1]:80", "127.0.0.1:80"] == [
        route(f"listen: '{a}'").listen for a in ("[0:0::1]:80", "127.0.0.1:80")
    ]


def test_files_are_looked_for_from_where_the_configuration_stands(tmp_path):
    (tmp_path / "verdigris.yaml").write_text(
        f"{APP}route:\n"
        '  tls: {listen: "0.0.0.0:443", certificate: certs/a.pem, key: /etc/a.key, redirect: true, oldest: "1.3"}\n'
        "  maintenance: {page: back-soon.html, retry_after: 2m}\n"
    )
    found = load_config(tmp_path / "verdigris.yaml").route
    expected = TlsSettings("0.0.0.0:443", tmp_path / "certs/a.pem", Path("/etc/a.key"), True, "1.3")
    assert expected == found.tls
    assert MaintenanceSettings(tmp_path / "back-soon.html", 120.0) == found.maintenance


def test_proxies_are_networks_in_one_form_and_order():
    found = route("trust: [10.1.0.0/16, 10.0.0.7, 10.0.0.7/32], proxy_protocol: true")
    assert (("10.0.0.7/32", "10.1.0.0/16"), True) == (found.trust, found.proxy_protocol)


def test_a_body_is_measured_in_bytes():
    assert [None, 10 << 20, 0] == [route(f"max_body: {text}").max_body for text in ("none", "10MiB", "0B")]


@pytest.mark.parametrize(
    ("cohort", "expected"),
    [
        ("none", None),
        ("{assign: true}", CohortSettings("none", "", True)),
        ("header:X-User", CohortSettings("header", "X-User")),
        (
            "{by: cookie:sid, assign: true, allow: [ada], deny: [eve]}",
            CohortSettings("cookie", "sid", True, ("ada",), ("eve",)),
        ),
    ],
)
def test_users_are_told_apart_by_what_they_send_or_by_a_cookie_of_ours(cohort, expected):
    assert expected == route(f"cohort: {cohort}").cohort


def test_a_pause_may_be_longer_than_a_client_is_waited_for():
    assert PauseSettings(300.0, 5) == route("pause: {longest: 5m, most: 5}").pause


def test_an_app_may_be_spoken_to_in_http2():
    assert route("http2: true").http2


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            'route: {listen: "[127.0.0.1]:80"}',
            "3:9: route.listen: needs brackets around IPv6 only: write 127.0.0.1:80",
        ),
        ('route: {listen: "::1:80"}', "3:9: route.listen: needs brackets around IPv6: write [::1]:80"),
        ('route: {listen: "127.0.0.1:080"}', "route.listen: must end with a port from 1 to 65535, got '080'"),
        (
            'route: {host: "a b"}',
            "3:9: route.host: must be any, a host like api.example.com or *.example.com, or a list of these, got 'a b'",
        ),
        ("route: {hosts: a.de}", "3:9: route.hosts: unknown key, did you mean host?"),
        (
            "route: {path: /shop/}",
            "3:9: route.path: must be a path like /search, of letters, digits and . _ ~ -, without a slash at its end",
        ),
        ("route: {strip: yes}", "3:9: route.strip: must be true or false, got 'yes'"),
        ("route: {tls: 443}", "3:9: route.tls: must be a mapping of keys, got 443"),
        (
            "route: {tls: {listen: 443}}",
            "3:15: route.tls.listen: must be an address and a port like 127.0.0.1:8080",
        ),
        (
            "route: {tls: {cert: a.pem}}",
            "3:15: route.tls.cert: unknown key. Known here: listen, certificate, key,",
        ),
        (
            "route: {tls: {certficate: a.pem}}",
            "3:15: route.tls.certficate: unknown key, did you mean certificate?",
        ),
        (
            "route: {certificate: a.pem}",
            "3:9: route.certificate: unknown key here, did you mean route.tls.certificate?",
        ),
        ('route: {tls: {key: ""}}', "3:15: route.tls.key: must be none or a path, got ''"),
        ("route: {tls: {redirect: 1}}", "3:15: route.tls.redirect: must be true or false, got 1"),
        ("route: {tls: {oldest: 1.2}}", '3:15: route.tls.oldest: must be "1.2" or "1.3": write it in quotes'),
        ('route: {tls: {oldest: "1.1"}}', '3:15: route.tls.oldest: must be "1.2" or "1.3", got \'1.1\''),
        ("route: {trust: 10.0.0.0/8}", "3:9: route.trust: must be a list, got '10.0.0.0/8'"),
        (
            "route: {trust: [10.0.0.1/8]}",
            "3:17: route.trust[0]: names an address inside of its network: write 10.0.0.0/8",
        ),
        (
            "route: {trust: [proxy]}",
            "3:17: route.trust[0]: must be a network like 10.0.0.0/8 or 10.0.0.7, got 'proxy'",
        ),
        (
            "route: {proxy-protocol: true}",
            "3:9: route.proxy-protocol: unknown key, did you mean proxy_protocol?",
        ),
        ("route: {max_body: 10}", "3:9: route.max_body: needs a unit: write 10B instead of 10"),
        (
            "route: {max_body: 10M}",
            "3:9: route.max_body: must be a size like 10MiB, 512KB or 4096B, got '10M'",
        ),
        ("route: {max_body: 1025GiB}", "3:9: route.max_body: must be 0B to 1024GiB, got 1025GiB"),
        ("route: {http2: h2c}", "3:9: route.http2: must be true or false, got 'h2c'"),
        (
            "route: {cohort: {by: X-User}}",
            "3:18: route.cohort.by: must be none, header:NAME or cookie:NAME, got 'X-User': write header:X-User",
        ),
        ("route: {cohort: heder:X-User}", "3:9: route.cohort: must be none, header:NAME or cookie:NAME, got"),
        (
            "route: {cohort: {assign: always}}",
            "3:18: route.cohort.assign: must be true or false, got 'always'",
        ),
        (
            "route: {cohort: {by: header:U, allow: [17]}}",
            "3:40: route.cohort.allow[0]: must be text: write it in quotes",
        ),
        ("route: {cohort: {by: header:U, deny: ada}}", "3:32: route.cohort.deny: must be a list, got 'ada'"),
        ("route: {pause: 10s}", "3:9: route.pause: must be a mapping of keys, got '10s'"),
        ("route: {pause: {longest: 10}}", "3:17: route.pause.longest: needs a unit: write 10s instead of 10"),
        ("route: {pause: {longest: 2h}}", "3:17: route.pause.longest: must be 100ms to 1h, got 2h"),
        ("route: {pause: {most: 0}}", "3:17: route.pause.most: must be at least 1, got 0"),
        (
            "route: {maintenance: {page: 1}}",
            "3:23: route.maintenance.page: must be none or a path: write it in quotes",
        ),
        (
            "route: {maintenance: {retry_after: 0s}}",
            "3:23: route.maintenance.retry_after: must be 1s to 30d, got 0s",
        ),
    ],
)
def test_a_wrong_key_is_refused_with_its_place_and_the_next_step(more, expected):
    with pytest.raises(ConfigError) as refused:
        parse_config(f"{APP}{more}\n".encode())
    assert expected in str(refused.value)
