"""The twelve failures of kamal-proxy that the study of it reproduced, and where each is tried here.

Their tests are named after them, in whatever room they stand: `pytest -k f5_` runs those of F5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
NAME = re.compile(r"^(?:async )?def test((?:_f\d+)+)_", re.MULTILINE)

FAILURES = {
    "F1": "what nobody waits for any more goes live later, by itself",
    "F2": "an older deployment overtakes a newer one",
    "F3": "a crash in the middle of deployments empties the file with the routes",
    "F4": "a full disk loses the routes, and nobody is told",
    "F5": "every request after a resume fails until the drain is over",
    "F6": "a switch cuts every WebSocket at once",
    "F7": "one event stream makes a deployment take the whole drain",
    "F8": "a request that takes longer than the drain fails",
    "F9": "force gives traffic to what is dead",
    "F10": "a new version that dies after the switch takes all traffic along",
    "F11": "a restart of the router refuses connections",
    "F12": "shares of users are skewed, and the same users are always the first",
}


def tried(file: Path) -> Iterator[str]:
    """The failures after which tests of this file are named."""
    for numbers in NAME.findall(file.read_text()):
        yield from numbers.upper().strip("_").split("_")


def test_every_failure_of_the_peers_has_a_test_that_is_named_after_it():
    found = {failure for file in TESTS.rglob("test_*.py") for failure in tried(file)}
    assert set(FAILURES) == found
