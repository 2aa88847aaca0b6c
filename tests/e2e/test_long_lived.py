"""What outlasts a switch: WebSockets, event streams, and a request that takes longer than the drain.

The peers cut the first (F6), wait for the second (F7), and answer the third with an error (F8).
"""

from __future__ import annotations

import shutil
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.audience import Audience
from tests.e2e.project import Project, project_in
from tests.e2e.sight import WITHIN
from tests.e2e.switches import switches_in
from tests.waiting import eventually_sync

SOCKETS, STREAMS = 200, 20
ALL = SOCKETS + STREAMS
RATE = 200.0
APART = 0.05
"""Seconds between two closings, as the guide says: twenty a second."""
CLOSING = "one after the other"
DRAIN = 60.0
"""Seconds, and many times what a switch takes: who waited for streams would need all of them."""
MORE_AT_MOST = DRAIN / 4

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory):
    """An API whose answers last; it serves."""
    ours = {
        "run": {"command": [sys.executable, "feed.py", "{port}"]},
        "cutover": {"drain": f"{DRAIN:g}s", "drain_long_lived": "10m"},
    }
    with project_in(tmp_path_factory.mktemp("feed"), **ours) as project:
        shutil.copy(Path(__file__).with_name("feed.py"), project.place)
        project.ship()
        yield project


def long_lived(project: Project) -> tuple[int, int]:
    """How many `status` counts on the slot that serves, and on the other one."""
    slots = project.json("status")["slots"].values()
    on, off = sorted(slots, key=lambda slot: -int(slot["weight"]))
    return on["long_lived"], off["long_lived"]


def shown(project: Project, verb: str) -> str:
    """What a command shows, in one line."""
    return " ".join(project.verdigris(verb).stdout.split())


def took(project: Project) -> float:
    """Seconds from the last decision to move all traffic to the end of the bake, with which `deploy` returns."""
    behind = time.time() - time.monotonic()
    begun = [e.wall for e in project.events() if e.kind == "phase" and e.sentence.startswith("stabilize")]
    return begun[-1] - behind - switches_in(project.events())[-1].at


def test_f6_f7_a_switch_and_a_rollback_cut_no_stream_and_wait_for_none(feed, figure):
    with feed.load(RATE) as load, Audience(feed.port) as audience:
        feed.ship()
        without = took(feed)
        audience.join(SOCKETS, STREAMS)
        old = feed.serves
        feed.ship()
        beside = took(feed)
        audience.all_speak()
        audience.join(5, 5)
        eventually_sync(lambda: (10, ALL) == long_lived(feed), "both to be counted, each on its slot")
        began = time.monotonic()
        assert 0 == feed.verdigris("rollback").returncode
        back = time.monotonic() - began
        assert old == feed.serves
        audience.all_speak()
        eventually_sync(lambda: (ALL, 10) == long_lived(feed), "the slots to have changed their places")
        feed.until("rolled_back")  # whoever ships next is refused while it is on its way there
        assert {} == audience.ended
    figure(
        f"long-lived: {SOCKETS} WebSockets and {STREAMS} SSE across a switch and a rollback, none cut; from switch "
        f"to done {beside:.2f} s, {beside / without:.2f} times as long as without; the rollback {back:.2f} s"
    )
    assert {} == dict(load.result.by_error)
    assert max(beside - without, back) < MORE_AT_MOST


def test_f6_f7_at_their_deadline_streams_end_one_at_a_time_and_are_counted(feed, figure):
    deadline = 3.0
    with (
        feed.configured(cutover={"drain_long_lived": f"{deadline:g}s"}),
        feed.load(RATE) as load,
        Audience(feed.port) as audience,
    ):
        audience.join(SOCKETS, STREAMS)
        shipping = feed.begin_ship()
        eventually_sync(lambda: CLOSING in shown(feed, "status"), "word of it in `status`", WITHIN)
        eventually_sync(lambda: ALL == len(audience.ended), "the end of all", ALL * APART * 4)
        eventually_sync(lambda: (0, 0) == long_lived(feed), "nothing to be left")
        assert 0 == shipping.wait(WITHIN)
    ends, switched = sorted(audience.ended.values()), switches_in(feed.events())[-1].at
    busiest = max(sum(end <= other < end + 1 for other in ends) for end in ends)
    figure(
        f"long-lived: the first of {ALL} ended {ends[0] - switched:.2f} s after the switch (may from {deadline:g} s), "
        f"the last {ends[-1] - ends[0]:.1f} s later; at most {busiest} in a second"
    )
    assert ends[0] - switched >= deadline
    assert ends[-1] - ends[0] >= (ALL - 1) * APART * 0.9
    assert busiest <= 2 / APART
    assert 0 == audience.broken
    cut = f"the router has {ALL} long-lived connections on "
    eventually_sync(lambda: cut in shown(feed, "report"), "their number in `report`")
    assert {} == dict(load.result.by_error)


def waiting_for(project: Project, file: Path) -> str:
    """The version that answers a request which lasts until there is such a file."""
    with urllib.request.urlopen(
        f"http://127.0.0.1:{project.port}/until?file={file}", timeout=WITHIN
    ) as answer:
        return str(answer.headers["X-API-Version"])


def in_flight(project: Project) -> int:
    return sum(slot["in_flight"] or 0 for slot in project.json("status")["slots"].values())


def test_f8_a_request_longer_than_the_drain_is_answered_by_the_old_slot(feed, tmp_path):
    """It is no longer waited for, and runs on: the old slot is kept hot."""
    old, done = feed.serves, tmp_path / "done"
    with ThreadPoolExecutor(1) as elsewhere, feed.configured(cutover={"drain": "1s"}):
        answer = elsewhere.submit(waiting_for, feed, done)
        eventually_sync(lambda: 1 == in_flight(feed), "the request to be inside")
        new = feed.ship()
        assert new == feed.serves
        eventually_sync(
            lambda: 1 == in_flight(feed), "nothing but the request to be inside: we probe as well"
        )
        done.touch()
        assert old == answer.result()
