"""The exit codes, and which one an ending or an error has. Scripts rely on them: a code once released stays."""

from __future__ import annotations

from enum import IntEnum

from verdigris.core.deployment import Deployment
from verdigris.core.errors import ConfigError
from verdigris.core.lifecycle import ENDINGS, FORWARD

__all__ = ["UNTIL", "Exit", "ended", "of_error", "reached"]

UNTIL = ("cutover", "bake", "succeeded")
ORDER = [row.name for row in FORWARD]


class Exit(IntEnum):
    """What a verb came to."""

    GOOD = 0
    ERROR = 1
    USAGE = 2
    ROLLED_BACK = 10
    NOT_MOVED = 11
    STUCK = 12
    RUNNING = 13
    BUSY = 14
    REGRESSED = 15
    INVALID = 16
    LEFT = 130


MEANINGS = {
    Exit.GOOD: "good: what was asked for is so",
    Exit.ERROR: "anything else; the message says what",
    Exit.USAGE: "the command line, verdigris.yaml or a line of counts is wrong; nothing was done",
    Exit.ROLLED_BACK: "the release got traffic, was worse, and was rolled back",
    Exit.NOT_MOVED: "the release failed its gate or was aborted; no traffic moved",
    Exit.STUCK: "the deployment is stuck, its rollback failed, or a drill found no way back; a person is needed",
    Exit.RUNNING: "still running when --timeout was over; it goes on without you",
    Exit.BUSY: "another deployment is running",
    Exit.REGRESSED: "judge: the counts show that the candidate is worse",
    Exit.INVALID: "judge: the counts allow no verdict, since requests are not split as they were said to be",
}


def reached(d: Deployment, until: str) -> bool:
    """Whether the deployment has come past the phase that somebody waits for."""
    if d.phase not in ORDER or d.phase == "succeeded":
        return d.phase == "succeeded"
    return until != "succeeded" and ORDER.index(d.phase) > ORDER.index(until)


def ended(d: Deployment) -> Exit | None:
    """The code of an ending; None while there is none."""
    if d.phase not in ENDINGS:
        return None
    codes = {"rolled_back": Exit.ROLLED_BACK, "aborted": Exit.NOT_MOVED, "stuck": Exit.STUCK}
    return codes.get(d.phase, Exit.GOOD)


def of_error(error: Exception) -> Exit:
    return Exit.USAGE if isinstance(error, ConfigError) else Exit.ERROR
