"""A few requests a second from the first release on: whatever is put in, none of them may fail."""

from __future__ import annotations

import json
import threading
import urllib.request
from urllib.error import URLError

from tests.waiting import eventually_sync

__all__ = ["Callers"]

EVERY = 0.05
ANSWER_WITHIN = 5.0


class Callers:
    """Ask the front door again and again, each time on a fresh connection, and keep who answered or why nobody did."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: list[str] = []
        self.failures: list[str] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask, name="callers")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def untouched(self, since: int, version: str) -> None:
        """Nothing failed, and everything since then was answered by this release, up to this moment."""
        now = len(self.answers)
        eventually_sync(lambda: len(self.answers) > now + 1 or self.failures, "an answer from the front door")
        assert [] == self.failures
        assert {version} == set(self.answers[since:])

    def _ask(self) -> None:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while not self._over.wait(EVERY):
            try:
                with opener.open(self.url, timeout=ANSWER_WITHIN) as answer:
                    self.answers.append(json.load(answer)["release"])
            except (URLError, OSError, ValueError) as error:
                self.failures.append(f"{type(error).__name__}: {error}")
