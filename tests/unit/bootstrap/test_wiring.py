"""What the adapters are made of, from the settings of a house."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from verdigris.adapters.routers.haproxy.binary import bundled
from verdigris.bootstrap.wiring import health_check, router_settings, webhook
from verdigris.core.errors import ConfigError


def test_the_router_lives_in_the_state_directory_and_is_the_one_that_came_with_us(make_house):
    house = make_house(port=8123)
    settings = router_settings(house)
    assert ("orders", house.state / "router") == (settings.app, settings.directory)
    assert ("127.0.0.1:8123", None, bundled()) == (settings.listen, settings.host, settings.binary)


def test_a_router_that_is_named_is_the_one_that_runs(make_house):
    assert Path("/opt/haproxy") == router_settings(make_house("router: {bin: /opt/haproxy}\n")).binary


def test_every_timeout_of_the_file_reaches_the_router(make_house):
    words = "connect: 1s, request: 2s, server: 3s, client: 4s, keep_alive: 5s, tunnel: 6s"
    timeouts = router_settings(make_house(f"router: {{timeouts: {{{words}}}}}\n")).timeouts
    found = [getattr(timeouts, name) for name in timeouts.__slots__]
    assert (("connect", "request", "server", "client", "keep_alive", "tunnel"), [1, 2, 3, 4, 5, 6]) == (
        timeouts.__slots__,
        found,
    )


def test_an_ipv6_address_gets_its_brackets_back(make_house):
    house = make_house()
    house.config.write_text(house.config.read_text().replace("127.0.0.1:8080", "[::1]:8080"))
    assert "[::1]:8080" == router_settings(house).listen


@pytest.mark.parametrize(("instances", "places"), [(1, 4), (9, 9)])
def test_there_is_a_place_for_every_instance_without_a_reload(make_house, instances, places):
    house = make_house()
    text = house.config.read_text().replace("run: {", f"run: {{instances: {instances}, ")
    house.config.write_text(text)
    assert places == router_settings(house).places


def test_the_probe_asks_what_the_file_says(make_house):
    house = make_house()
    wanted = (
        'health: {path: /ready, timeout: 2s, interval: 3s, healthy: 4, unhealthy: 5, body: {"a": {"b": 1}}}'
    )
    house.config.write_text(house.config.read_text().replace("health: {path: /health}", wanted))
    check = health_check(house.settings)
    assert ("/ready", 2.0, 3.0, 4, 5) == (
        check.path,
        check.timeout,
        check.interval,
        check.healthy,
        check.unhealthy,
    )
    assert ((("a", "b"), 1),) == check.body
    assert "" == check.host


async def test_without_an_address_alerts_stay_in_the_event_log(make_house):
    async with AsyncExitStack() as stack:
        assert await webhook(make_house().settings, stack) is None


@pytest.mark.parametrize("word", ["https://hooks.example.com/s3cret", "env:HOOK"])
async def test_an_address_is_a_secret_however_it_is_written(make_house, word):
    async with AsyncExitStack() as stack:
        hook = await webhook(make_house(f"alerts: {{webhook: {word}}}\n").settings, stack)
        assert hook is not None
        assert "s3cret" not in repr(vars(hook)["_reference"])


def test_a_place_that_is_no_https_address_is_refused_by_the_file(make_house):
    with pytest.raises(ConfigError, match=r"alerts\.webhook"):
        _ = make_house("alerts: {webhook: http://example.com}\n").settings
