"""What users got, counted by a Prometheus, decides over a release whose every answer is well."""

from __future__ import annotations

import time

import pytest

from tests.e2e.project import project_in
from tests.servers.prometheus import prometheus_in_a_thread
from tests.waiting import eventually_sync

pytestmark = pytest.mark.timeout(300)

QUERY = 'orders_total{result="%s",slot="{slot}"}'
SECTIONS = {
    "run": {"instances": 1, "surge": 1},
    "cutover": {"ramp": [{"to": "50%", "for": "5m"}, "100%"]},
    "judge": {"grace": "1s"},
    "alerts": {"after": "1s"},
}


@pytest.fixture
def server():
    with prometheus_in_a_thread() as made:
        made.now = time.time
        yield made


def counted_by(server):
    asked = {"url": server.url, "good": QUERY % "approved", "bad": QUERY % "declined"}
    return {"signals": {"prometheus": asked, "every": "1s", "stale_after": "3s"}}


def waiting(service):
    return service.json("status").get("waiting_for") or ""


def test_an_approval_rate_that_falls_goes_back_and_while_nobody_counts_nothing_goes_on(
    server, tmp_path, figure
):
    with project_in(tmp_path, **SECTIONS, **counted_by(server)) as service:
        service.ship()
        unready = service.verdigris("plan")
        assert 0 != unready.returncode
        assert "signals.prometheus.good returned nothing for blue" in " ".join(unready.stdout.split())

        server.grow("blue", 99, 1)
        server.grow("green", 99, 1)
        assert 0 == service.verdigris("plan").returncode
        shipping = service.begin_ship()
        service.until("cutover")
        server.spoilt = b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n"
        eventually_sync(
            lambda: "nobody counts what users get" in waiting(service), "the evidence to stand still"
        )
        assert "answered 503" in waiting(service)
        assert "cutover" == service.phase()

        server.spoilt = None
        eventually_sync(lambda: "nobody counts" not in waiting(service), "the evidence to go on")
        server.grow("green", 93, 7)
        began = time.monotonic()
        assert 10 == shipping.wait(120)
        figure(
            f"an approval rate that falls by 6 points is rolled back after {time.monotonic() - began:.0f} s"
        )
        assert "Users fare worse in green" in service.json("report")["cause"]
