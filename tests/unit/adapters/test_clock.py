"""The machine's clocks."""

from __future__ import annotations

import time
from pathlib import Path

from verdigris.adapters.clock import MachineClock


def test_now_never_goes_back_and_is_the_time_of_this_boot():
    clock = MachineClock()
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    moments = [clock.now() for _ in range(100)]
    assert sorted(moments) == moments
    assert before <= moments[0] <= moments[-1] <= time.clock_gettime(time.CLOCK_BOOTTIME)


def test_the_base_is_this_boot_for_every_clock():
    said = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert (said, said) == (MachineClock().base(), MachineClock().base())


def test_wall_is_the_time_that_people_read():
    before = time.time()
    assert before <= MachineClock().wall() <= time.time()
