"""Our clocks in another process: under a wall clock that jumps, in another boot's time, in other zones."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time

import pytest

from tests.faults.ground import Ground
from tests.faults.registry import tried_by
from verdigris.adapters.notifiers.webhook import message
from verdigris.cli.show.amounts import duration, moment
from verdigris.ports import Alert

row = tried_by("clock")
rooted = tried_by("clock", needs_root=True)

LOOKS = """
import json, sys
from verdigris.adapters.clock import MachineClock
clock = MachineClock()
for line in sys.stdin:
    print(json.dumps([clock.now(), clock.wall()]), flush=True)
"""
DAY = 86_400.0


def needed(program: str, package: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"needs the Debian package {package}")
    return found


class Elsewhere:
    """A process that says what time it is there, as often as it is asked."""

    def __init__(self, *before: str, **environ: str) -> None:
        self.process = subprocess.Popen(
            [*before, sys.executable, "-c", LOOKS],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **environ},
        )  # fmt: skip

    def __enter__(self) -> Elsewhere:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()
        assert 0 == self.process.returncode

    def look(self) -> tuple[float, float]:
        """The clock that decisions go by, and the wall's."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("now\n")
        self.process.stdin.flush()
        now, wall = json.loads(self.process.stdout.readline())
        return now, wall


@row("F-79")
def the_wall_clock_is_a_day_off_and_jumps(ground: Ground) -> None:
    """The wall follows every jump, and the clock that decisions go by does not notice one of them."""
    needed("faketime", "faketime")
    offset = ground.place / "offset"
    offset.write_text("+0\n")
    library = next(path for path in FAKETIME if os.path.exists(path))
    faked = {
        "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1",
    }  # fmt: skip
    with Elsewhere(**faked) as there:
        seen = []
        for jump in ("+0", "+86400", "-86400", "+0"):
            offset.write_text(f"{jump}\n")
            seen.append(there.look())
    first, walls = seen[0], [wall - seen[0][1] for _, wall in seen]
    assert [0, 1, -1, 0] == [round(off / DAY) for off in walls]
    assert all(0 <= now - first[0] < 60 for now, _ in seen), seen


FAKETIME = tuple(f"/usr/lib/{cpu}-linux-gnu/faketime/libfaketime.so.1" for cpu in ("x86_64", "aarch64"))


@rooted("F-80")
def a_machine_that_slept_for_two_hours(ground: Ground) -> None:
    """In a time namespace the clock that runs through suspend is ahead of the one that does not: we go by it."""
    unshare = needed("unshare", "util-linux")
    with Elsewhere() as here, Elsewhere(unshare, "-T", "--boottime", "7200") as there:
        awake, slept = here.look(), there.look()
    assert 7200 == pytest.approx(slept[0] - awake[0], abs=30)
    assert 0 == pytest.approx(slept[1] - awake[1], abs=30)


AUTUMN = [1698539400.0, 1698543000.0]
"""Two moments an hour apart; in Berlin both clocks say 2:30 in the night of 29 October 2023."""


@row("F-82")
def summer_time_ends_and_machines_are_elsewhere(ground: Ground) -> None:
    """What is sent bears UTC whatever the zone; an hour is an hour though the clocks say the same twice."""
    ground.stack.callback(time.tzset)
    shown = {}
    for zone in ("UTC", "Europe/Berlin", "Asia/Kathmandu"):
        ground.patch.setenv("TZ", zone)
        time.tzset()
        sent = [message(Alert("api", "d-1", "alert", "x", wall))["at"] for wall in AUTUMN]
        assert ["2023-10-29T00:30:00+00:00", "2023-10-29T01:30:00+00:00"] == sent
        shown[zone] = [moment(wall, wall) for wall in AUTUMN]
    ground.patch.delenv("TZ")
    assert ["02:30:00", "02:30:00"] == shown["Europe/Berlin"]
    assert "1 h" == duration(AUTUMN[1] - AUTUMN[0])
