"""Whoever is told to end with all his streams open, and was not drained before, is done before SIGKILL comes."""

import asyncio
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from tests.kit.leaving.test_streams import LIMITS, LONG, closed, read
from tests.unit.keeper.house import House
from tests.waiting import eventually

SITE = Path(__file__).with_name("serve.py")
SOCKETS, STREAMS = 40, 10
GRACE = 8.0
"""Seconds. Shorter than the kit's own spread, as `run.grace` is where nobody has thought of it."""

# An instance's environment is clean; so it is told here where the kit is.
APP = f"""
    import runpy, sys
    sys.path[:0] = {sys.path!r}
    sys.argv[2:] = ["5", "10"]
    runpy.run_path({str(SITE)!r}, run_name="__main__")
"""


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path)
    house.open()
    yield house
    house.close()


async def test_every_stream_is_ended_orderly_within_the_grace(house):
    spec = house.release(APP)
    await house.start(replace(spec, grace=GRACE, command=(sys.executable, "app.py", "{port}")))
    [one] = await house.until("running")
    url = f"http://127.0.0.1:{one.port}"
    sockets = await asyncio.gather(
        *(connect(url.replace("http", "ws"), open_timeout=30) for _ in range(SOCKETS))
    )
    async with httpx.AsyncClient(base_url=url, limits=LIMITS, timeout=LONG) as client:
        begun = set()
        reading = asyncio.gather(*(read(client, f"/busy?{n}", begun) for n in range(STREAMS)))
        await eventually(lambda: len(begun) == STREAMS, "every stream to begin")
        await house.stop()
        ends = await asyncio.gather(*(closed(socket, 0) for socket in sockets))
        assert {1012: SOCKETS} == Counter(code for code, _ in ends)
        assert all(body.endswith(b"data: whole\n\n") for body in await reading)
    seen = await house.until_gone()
    assert ["after SIGTERM"] == [
        stop.how[stop.how.find("after") :].partition(" in ")[0] for stop in seen.last_stops
    ]
