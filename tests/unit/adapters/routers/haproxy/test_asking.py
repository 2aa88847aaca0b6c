"""What HAProxy asks an instance to learn whether it answers at all."""

from __future__ import annotations

import pytest

from verdigris.adapters.routers.haproxy.asking import HealthCall, check_lines, host_of
from verdigris.adapters.routers.haproxy.settings import Site


def site(**more):
    return Site(app="api", listen="127.0.0.1:8080", **more)


def test_an_app_of_http_is_asked_for_its_options():
    lines = "".join(check_lines(site(health_path="/ready")))
    assert "http-check send meth OPTIONS uri /ready ver HTTP/1.1 hdr Host api\n" in lines
    assert "tcp-check" not in lines


def test_an_app_of_grpc_is_called():
    lines = "".join(check_lines(site(http2=True, health_call=HealthCall(b"", b"PRI\0"))))
    assert "tcp-check send-binary 50524900\n" in lines
    assert "http-check" not in lines


@pytest.mark.parametrize(("hosts", "name"), [((), "api"), (("*.a.de",), "api"), (("*.a.de", "b.de"), "b.de")])
def test_it_asks_for_a_name_that_is_one(hosts, name):
    assert name == host_of(site(hosts=hosts))
