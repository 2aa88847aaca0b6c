"""What the adapters are made of, from the settings of a house."""

from __future__ import annotations

from contextlib import AsyncExitStack

import pytest

from verdigris.bootstrap.wiring import health_check, webhook
from verdigris.core.errors import ConfigError


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
