"""Whoever is asked is on another machine, and its packets are dropped: probes, deep checks, receivers of alerts."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from tests.faults.ground import Ground
from tests.faults.network import Cable, Fault, cabled
from tests.faults.registry import tried_by
from tests.faults.scenarios.probes_health import first
from tests.unit.adapters.environments.test_probes import CHECK, GOOD, probed, probing, response, target
from tests.unit.adapters.notifiers.test_webhook import ALERT, hook
from tests.waiting import eventually
from verdigris_kit.health import Health

row = tried_by("network")

WITHIN = 3.0
"""Seconds in which something with a deadline of a few tenths has to be over, on two busy cores."""


class Well:
    """A server on the other machine that is well, and keeps a connection for as long as one likes."""

    def __init__(self) -> None:
        self.address = ""
        self.asked = 0
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while await reader.readuntil(b"\r\n\r\n"):
                self.asked += 1
                writer.write(response(GOOD))


@asynccontextmanager
async def well(cable: Cable) -> AsyncIterator[Well]:
    server, listening = Well(), cable.listen()
    async with await asyncio.start_server(server.serve, sock=listening):
        server.address = await cable.address(listening)
        yield server
        for writer in server.writers:
            writer.transport.abort()


# --- probes ---------------------------------------------------------------------------------------------------


@row("F-52")
async def nothing_of_it_arrives(ground: Ground) -> None:
    """No connection ever comes to be; or one direction is lost: the probe is over with its deadline all the same."""
    async with cabled(ground) as (_, cable), well(cable) as server:
        for fault in (Fault.DROPPED, Fault.DEAF):
            await cable.strike(fault, server.address)
            for check in (CHECK, replace(CHECK, grpc="")):
                async with probing(check) as prober:
                    prober.follow([target(server.address)])
                    health = await first(prober, target(server.address))
                    assert 0 == health.passes, health
            await cable.mend()


@row("F-59")
async def it_was_well_a_moment_ago(ground: Ground) -> None:
    """A kept connection would not notice: each probe makes its own, so the next one fails, and later ones pass."""
    async with cabled(ground) as (_, cable), well(cable) as server:
        one = target(server.address)
        async with probing(replace(CHECK, interval=0.05)) as prober:
            prober.follow([one])
            await probed(prober, one, lambda health: health.passes > 1)
            await cable.strike(Fault.DROPPED, server.address)
            health = await probed(prober, one, lambda health: not health.passes)
            assert "no complete answer within 0.5 s, nothing came back" in health.sentence, health
            await cable.mend()
            await probed(prober, one, lambda health: health.passes > 1)


# --- what an instance depends on ------------------------------------------------------------------------------


@row("F-60")
async def a_database_falls_silent_under_deep_checks(ground: Ground) -> None:
    """Whoever asks is answered in time, and twenty who ask at once make one connection to it and not one each."""
    begun = 0
    async with cabled(ground) as (_, cable), well(cable) as database:
        host, _, port = database.address.rpartition(":")

        async def reaches() -> bool:
            nonlocal begun
            begun += 1
            reader, writer = await asyncio.open_connection(host, int(port))
            with contextlib.closing(writer):
                writer.write(b"GET / HTTP/1.1\r\n\r\n")
                return bool(await reader.readuntil(b"\r\n\r\n"))

        health = Health({"database": reaches}, within=0.2, fresh_for=0.0)
        await eventually(lambda: well_again(health), "the database to be reached")
        await cable.strike(Fault.DROPPED, database.address)
        before, began = begun, time.monotonic()
        for _ in range(5):
            reports = await asyncio.gather(*(health.report() for _ in range(20)))
            assert {False} == {report["checks"]["database"] for report in reports}
        assert time.monotonic() - began < WITHIN
        assert 1 <= begun - before <= 5
        await cable.mend()
        await eventually(lambda: well_again(health), "the database to be there again")


async def well_again(health: Health) -> bool:
    return (await health.report())["status"] == "healthy"


# --- who is told ----------------------------------------------------------------------------------------------


@row("F-115")
async def a_receiver_of_alerts_is_cut_off(ground: Ground) -> None:
    """No connection to it comes to be: nobody waits for it, it is tried a bounded number of times, and said once."""
    failures: list[str] = []
    async with cabled(ground) as (_, cable), well(cable) as receiver:
        await cable.strike(Fault.DROPPED, receiver.address)
        url = f"http://{receiver.address}/hooks/x"
        async with hook(url, failures, pauses=(0.0, 0.0), within=0.2) as webhook:
            await asyncio.wait_for(webhook.notify(ALERT), 0.1)
            await eventually(lambda: failures, "the failure", WITHIN)
        assert (1, 0) == (len(failures), receiver.asked), failures
        assert "did not answer within 0.2 s" in failures[0]
