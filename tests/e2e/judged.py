"""A project whose releases are judged: what it ends with, after how long, and what Flagger makes of the same counts."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from load import Call
from tests.bench.judge.peers import INTERVAL, Minute, flagger
from tests.e2e.project import Project
from tests.e2e.sight import Document
from tests.waiting import eventually_sync
from verdigris.adapters.signals.router_lines import SOCKET
from verdigris.adapters.stores.board import FileBoard
from verdigris.core.world import Known, Second, Slot, Tally
from verdigris.ports import Snapshot

__all__ = ["Judged", "Sink"]

APP = Path(__file__).with_name("judged_app.py")
GLIMPSE = 10.0
"""Seconds between two looks at the counts, of which the picture has the last minute."""
WATCHED = 900
"""Seconds of Flagger's whole analysis: fifteen checks."""
BEFORE = 1500
"""Requests of live before a release: what it is like without one."""


class Judged(Project):
    """One service, its load, and every second that was counted of it."""

    def __init__(self, place: Path, **sections: Any) -> None:
        super().__init__(place, **sections)
        shutil.copy(APP, self.place)
        self.counted: dict[float, Second] = {}
        self._stamp = 0
        self._picture: Snapshot | None = None

    def fated(self, **fate: float) -> None:
        """How releases fare from now on."""
        self.configure(run={"env": {"FATE": json.dumps(fate)}})

    # --- a release ----------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def begun(self, rate: float, **fate: float) -> Iterator[subprocess.Popen[str]]:
        """The next release is shipped under this load, once live is known; the load ends with the block."""
        with self.load(rate, (Call(),)) if rate else contextlib.nullcontext():
            if rate:
                eventually_sync(lambda: self.requests() > BEFORE, "requests before the release", 60.0)
            self.fated(**fate)
            self.change()
            yield self.begin("deploy", "--version", self.version)

    def ended(self, shipping: subprocess.Popen[str], within: float = 400.0) -> int:
        """The exit code of the deployment; meanwhile its counts are gathered."""
        for _ in range(int(within / GLIMPSE)):
            with contextlib.suppress(subprocess.TimeoutExpired):
                return shipping.wait(GLIMPSE)
            self.look()
        raise AssertionError(f"the deployment did not end within {within:g} s; it is in {self.phase()}")

    def look(self) -> Snapshot | None:
        """The last picture; its seconds are kept."""
        with contextlib.suppress(FileNotFoundError):
            stamp = (self.state / "seen-orders.json").stat().st_mtime_ns
            if stamp == self._stamp:
                return self._picture
            self._stamp = stamp
        self._picture = picture = FileBoard(self.state).read("orders")
        if picture is not None and isinstance(signals := picture.world.signals, Known):
            self.counted |= {second.at: second for second in signals.value}
        return picture

    def requests(self) -> int:
        """All that were counted yet."""
        self.look()
        return sum(second.slots[slot].requests for second in self.counted.values() for slot in Slot)

    @property
    def report(self) -> Document:
        return self.json("report")

    def recomputed(self) -> Document:
        """What `verdigris judge` finds in the counts that are stored with the newest deployment."""
        counts = self.place / "counts.jsonl"
        counts.write_text(self.verdigris("report", "--counts").stdout)
        return self.json("judge", counts.name, "--quiet")

    # --- what was seen ------------------------------------------------------------------------------------

    def since_exposure(self) -> list[Second]:
        """Every second from exposure to the last one with requests of the candidate."""
        self.look()
        newest = self.desk.newest()
        trial = newest.deployment.trial if newest else None
        assert newest is not None and trial is not None and trial.exposed_at is not None
        slot = newest.deployment.candidate
        found = [second for at, second in sorted(self.counted.items()) if at >= trial.exposed_at]
        busy = [n for n, second in enumerate(found, 1) if second.slots[slot].requests]
        return found[: busy[-1]] if busy else found

    def told(self, what: str) -> str:
        """One line: how long it took, what was counted, and what Flagger's rule makes of it."""
        seconds, slot = self.since_exposure(), Slot(self.candidate)
        tallies = [second.slots[slot] for second in seconds]
        report = self.report
        ending = (
            f"rolled back ({report['cause']})"
            if report["cause"]
            else f"passed, {report['judge']['verdict']},"
        )
        requests, failed = sum(t.requests for t in tallies), sum(t.failures for t in tallies)
        return (
            f"judge, {what}: {ending} after {len(seconds)} s, {failed} of {requests} requests failed; "
            f"Flagger (99 %, 5 checks) on the same counts: {beside(tallies)}"
        )


class Sink:
    """Has the router's lines in place of the controller while the block lasts: `heard` bytes were for nobody.

    The controller is killed, the router finds this socket where that one's was, and stays with it when the next one
    listens: it asks for another only when a connection ends.
    """

    def __init__(self, service: Judged) -> None:
        self.service = service
        self.heard = 0
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._thread = threading.Thread(target=self._listen, name="sink")

    def __enter__(self) -> Sink:
        place = self.service.state / "router" / SOCKET
        self.service.kill_controller()
        place.unlink(missing_ok=True)
        directory = os.open(place.parent, os.O_RDONLY | os.O_DIRECTORY)
        self._door.bind(f"/proc/self/fd/{directory}/{SOCKET}")  # the whole path may be longer than one may be
        os.close(directory)
        self._door.listen()
        self._door.settimeout(30.0)
        self._router, _ = self._door.accept()
        self._thread.start()
        self.service.begin("up")
        return self

    def __exit__(self, *_: object) -> None:
        self._door.close()
        self._router.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._router.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while more := len(self._router.recv(65536)):
                self.heard += more


def beside(tallies: list[Tally]) -> str:
    """Flagger's rule with its interval of a minute, on what there is and had it gone on so; and with one of 10 s."""
    by_minute, by_ten = checks(tallies, INTERVAL), checks(tallies, INTERVAL // 6)
    whole = checks(tallies, len(tallies)) * (WATCHED // INTERVAL)
    found, quick = flagger(by_minute), flagger(by_ten)
    going_on = said(flagger(whole))
    return (
        f"{said(found)} ({going_on} had all minutes been like these), "
        f"checked each 10 s {said(quick and quick // 6)}"
    )


def checks(tallies: list[Tally], interval: int) -> list[Minute]:
    """One value each; where there were no requests it finds none, and that is a failed check."""
    rows = [tallies[i : i + interval] for i in range(0, len(tallies) - interval + 1, max(interval, 1))]
    return [Minute(rate(row), 0.0) for row in rows]


def rate(row: list[Tally]) -> float:
    users = sum(t.requests - t.own for t in row)
    return sum(t.failures - t.own_failed for t in row) / users if users else 1.0


def said(after: int | None) -> str:
    return "no rollback" if after is None else f"rollback after {after} s"
