"""What slots and router stand on: the book and its journal, the clock, the events, the exits of processes.

The book is the only truth about what shall run. `intend` makes a change durable before its effect,
`note` records what has become true already and may be behind on a full disk.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from verdigris.keeper.children import Child
from verdigris.keeper.codec import plain
from verdigris.keeper.digest import Memory
from verdigris.keeper.directory import installation
from verdigris.keeper.journal import Book, Journal
from verdigris.keeper.observed import Event
from verdigris.keeper.protocol import KeeperError, Spec
from verdigris.keeper.restarts import Tuning

__all__ = ["Ground", "now"]

WATCHED_MOST = 256
"""Events that may wait for one slow watcher; then the oldest are dropped and `missed` says so."""


def now() -> float:
    """Seconds of this boot, suspend included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Ground:
    """Shared by everything in one keeper; used from its event loop only."""

    def __init__(self, state: Path, tuning: Tuning, umask: int) -> None:
        self.state = state
        self.tuning = tuning
        self.umask = umask
        self.since = now()
        self.environ = dict(os.environ)
        self.installation = installation(state)
        self.handed: dict[str, dict[str, str]] = {}
        self.secrets: dict[str, dict[str, str]] = {}
        self.untold: set[str] = set()
        self.trouble = ""
        self.woken = asyncio.Event()
        self.children: set[int] = set()
        self.watchers: set[asyncio.Queue[Event]] = set()
        self._journal = Journal(state)
        self.book = self._journal.load()
        self._saved: Book | None = None
        self._memory = Memory()

    def heard(self, realm: str, generation: int) -> dict[str, int]:
        """The book's generations with that of one realm as it is now."""
        return self.book.generations | {realm: generation}

    def intend(self, **changes: Any) -> None:
        """Change the book, durably. KeeperError `full` when that is impossible; then nothing has changed."""
        before = self.book
        self.note(**changes)
        if self.book == before:
            return  # nothing new is intended: the way back must not need room for that
        try:
            self._save()
        except KeeperError:
            self.book = before
            raise

    def note(self, **changes: Any) -> None:
        """Change the book; it is saved at the end of this pass or before the next effect."""
        book = replace(self.book, **changes)
        if book != self.book:
            self.book = book
            self.woken.set()

    def flush(self) -> bool:
        """Save what was noted. False on a full disk: `trouble` says so, and the next pass tries again."""
        try:
            self._save()
        except KeeperError as error:
            if not self.trouble:
                self.tell(Event("trouble", now(), sentence=error.sentence))
            self.trouble = error.sentence
        return not self.trouble

    def _save(self) -> None:
        if self.book != self._saved:
            self._journal.save(self.book)
            self._saved = self.book
        self.trouble = ""

    def tell(self, event: Event) -> None:
        """To the log and to everybody who watches."""
        fields = {k: v for k, v in plain(event).items() if v not in ("", None)}
        sys.stderr.write(json.dumps(fields) + "\n")
        sys.stderr.flush()
        for queue in self.watchers:
            if queue.full():
                queue.get_nowait()
                queue.get_nowait()
                queue.put_nowait(
                    Event("missed", event.at, sentence="this watcher was too slow: observe again")
                )
            queue.put_nowait(event)

    def watch(self, child: Child, ended: Callable[[Child], None]) -> None:
        """Call `ended` once, as soon as the child has ended."""
        loop = asyncio.get_running_loop()

        def notice() -> None:
            loop.remove_reader(child.pidfd)
            self.children.discard(child.identity.pid)
            ended(child)
            self.woken.set()

        self.children.add(child.identity.pid)
        loop.add_reader(child.pidfd, notice)

    def verify(self, spec: Spec) -> asyncio.Task[str]:
        """Reads the release directory beside the loop: "" when it is what was recorded, else a sentence."""
        task = asyncio.get_running_loop().create_task(asyncio.to_thread(self._verify, spec))
        task.add_done_callback(lambda _: self.woken.set())
        return task

    def _verify(self, spec: Spec) -> str:
        path = Path(spec.directory)
        try:
            found = self._memory.digest(path)
        except OSError as error:
            return (
                f"the release directory {path} cannot be read: {error.strerror}; deploy {spec.version} again"
            )
        if found == spec.digest:
            self._memory.trust(path)
            return ""
        names = self._memory.difference(path)
        return (
            f"the release directory {path} was changed since {spec.version} was recorded"
            f"{f' ({names})' if names else ''}: it is {found[:19]}, not {spec.digest[:19]}; deploy again"
        )
