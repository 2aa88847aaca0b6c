"""Health probes over a faulty network, to servers that hang, dawdle, flood, redirect, flap, or are somebody else."""

from __future__ import annotations

import asyncio
import json
import resource
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from tests.faults.ground import Ground
from tests.faults.proxy import Proxy, Weather
from tests.faults.registry import calling, tried_by
from tests.unit.adapters.environments import test_probes as probes
from tests.unit.adapters.environments import test_response
from tests.unit.adapters.environments.test_probes import (
    CHECK,
    GOOD,
    probed,
    probing,
    response,
    says,
    serving,
    target,
)
from tests.unit.kit.health import test_endpoint
from tests.waiting import eventually
from verdigris.core.world import Health

row = tried_by("probes")

WELL = says(response(GOOD))
WITHIN = 3.0
"""Seconds in which a probe with a deadline of half a second has to be over, on two busy cores."""
PATIENT = 10.0
"""The deadline of a probe that is answered."""


@asynccontextmanager
async def behind(answer: probes.Answer, weather: Weather) -> AsyncIterator[Proxy]:
    """A server that would be well, and the network before it."""
    async with serving(answer) as address:
        proxy = await Proxy(int(address.rpartition(":")[2]), weather=weather).start()
        try:
            yield proxy
        finally:
            await proxy.close()


async def probe_through(weather: Weather, answer: probes.Answer = WELL, **check: object) -> Health:
    """What one probe comes to in this weather."""
    prober = probes.Prober(replace(CHECK, **check), time.monotonic)
    try:
        async with behind(answer, weather) as proxy:
            one = target(f"127.0.0.1:{proxy.at}")
            prober.follow([one])
            return await first(prober, one)
    finally:
        await prober.close()


async def first(prober: probes.Prober, one: probes.Target) -> Health:
    try:
        return await asyncio.wait_for(probed(prober, one), WITHIN)
    except TimeoutError:
        raise AssertionError(f"the probe is not over after {WITHIN} s") from None


@row("F-52")
async def it_never_answers(ground: Ground) -> None:
    """Nothing arrives; it arrives and nothing comes back; both over HTTP and over gRPC."""
    for weather in (Weather(swallows=True), Weather(deaf=True)):
        health = await probe_through(weather)
        assert (0, True) == (health.passes, "no complete answer within 0.5 s" in health.sentence), health
        assert 0 == (await probe_through(weather, grpc="")).passes


@row("F-53")
async def it_answers_byte_by_byte(ground: Ground) -> None:
    health = await probe_through(Weather(throttle=20.0))
    assert (0, True) == (health.passes, "no complete answer within 0.5 s" in health.sentence), health
    health = await probe_through(Weather(latency=0.3))
    assert 0 == health.passes, health


@row("F-54")
async def its_answer_has_no_end(ground: Ground) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    health = await probe_through(Weather(throttle=8e6), probes.streams, timeout=2.0)
    assert "the body has more than 64 KiB" in health.sentence, health
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10


row("F-54")(
    calling(
        test_response.test_each_fault_has_its_sentence,
        b"\x1f\x8b",
        200,
        test_response.JSON | {"content-encoding": "gzip"},
        "the body is compressed (gzip)",
    )
)


@row("F-55")
async def it_redirects_to_somebody_who_is_well(ground: Ground) -> None:
    """He would pass, and is never asked."""
    asked: list[bytes] = []

    async def well(head: bytes, writer: asyncio.StreamWriter) -> None:
        asked.append(head)
        writer.write(response(GOOD))

    async with serving(well) as elsewhere:
        for status in ("301 Moved", "302 Found", "307 Temporary", "308 Permanent"):
            away = says(response(b"", status, f"Location: http://{elsewhere}/health"))
            health = await probe_through(Weather(), away, timeout=PATIENT)
            assert (0, True) == (health.passes, "which is not followed" in health.sentence), health
    assert [] == asked


@row("F-56")
def it_says_200_and_its_body_says_otherwise(ground: Ground) -> None:
    for body, kind, said in (
        ({"status": "degraded"}, "application/json", 'status is "degraded"'),
        ({"status": "healthy", "checks": {"database": False}}, "application/json", "database is false"),
        (b"{", "application/json", "not valid JSON"),
        (b"", "application/json", "not valid JSON"),
        (b"<html>all is well</html>", "text/html", "the body is HTML"),
        (b"[]", "application/json", "a JSON list, not an object"),
    ):
        test_response.test_each_fault_has_its_sentence(body, 200, {"content-type": kind}, said)


row("F-40")(
    calling(
        test_response.test_each_fault_has_its_sentence,
        json.loads(GOOD) | {"release": "v1"},
        200,
        test_response.JSON,
        'it answers as release "v1"',
    )
)


@row("F-57")
async def it_passes_and_fails_in_turns(ground: Ground) -> None:
    """The rows of passes are of length one, however often it is asked."""
    turns: list[int] = []
    longest = 0

    async def flap(head: bytes, writer: asyncio.StreamWriter) -> None:
        turns.append(len(turns) % 2)
        writer.write(response(GOOD) if turns[-1] else response(b"{}", "503 Busy"))

    async with serving(flap) as address, probing(replace(CHECK, interval=0.02)) as prober:
        one = target(address)
        prober.follow([one])
        while len(turns) < 20:
            longest = max(longest, (await probed(prober, one)).passes)
            before = len(turns)
            await eventually(lambda before=before: len(turns) > before, "the next probe")
    assert longest <= 1


row("F-58")(
    calling(probes.test_smoke_paths_are_asked_before_an_instance_counts_as_healthy_and_not_afterwards)
)
row("F-59")(lambda ground: probes.test_no_proxy_of_the_environment_is_asked(ground.patch))
row("F-59")(calling(probes.test_passes_are_counted_and_told_and_every_probe_has_a_connection_of_its_own))
row("F-60")(calling(probes.test_a_hanging_candidate_does_not_delay_the_probes_of_the_live_slot))
row("F-60")(calling(test_endpoint.test_many_who_ask_at_once_share_one_run))


@row("F-60")
async def a_slot_of_many_is_asked_a_few_at_a_time(ground: Ground) -> None:
    """Forty instances that are slow to answer: never more than four of them are asked at once."""
    inside, most = 0, 0

    async def slow(head: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal inside, most
        inside, most = inside + 1, max(most, inside + 1)
        await asyncio.wait([asyncio.ensure_future(writer.wait_closed())], timeout=0.02)
        writer.write(response(GOOD))
        inside -= 1

    async with serving(slow) as address, probing(replace(CHECK, timeout=10.0)) as prober:
        many = [target(address, pid, f"blue-{pid}") for pid in range(40)]
        prober.follow(many)
        for one in many:
            await probed(prober, one)
    assert 1 <= most <= 4
