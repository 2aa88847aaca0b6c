"""Single keys from the terminal while a screen is up. The terminal is left as it was found."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["CTRL_C", "keys"]

CTRL_C = "\x03"

Pressed = Callable[[float], str]
"""Waits at most so many seconds for a key: the key, or "" when none came."""


@contextmanager
def keys() -> Iterator[Pressed]:
    """Keys without echo and without Enter, Ctrl-C among them. Where nobody can type it only waits.

    As an interrupt it could come in the middle of anything, and whatever swallows it there leaves a screen that stays.
    Pressed again before anybody looked it is one all the same: then something hangs.
    """
    interrupts: list[str] = []

    def heard(number: int, frame: object) -> None:
        if interrupts:
            raise KeyboardInterrupt
        interrupts.append(CTRL_C)

    before = signal.signal(signal.SIGINT, heard)
    try:
        with typed() as pressed:
            yield lambda seconds: pressed(seconds) if not interrupts else interrupts[0]
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def typed() -> Iterator[Pressed]:
    if not sys.stdin.isatty():
        yield wait
        return
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield lambda seconds: key(descriptor, seconds)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def wait(seconds: float) -> str:
    time.sleep(seconds)
    return ""


def key(descriptor: int, seconds: float) -> str:
    ready, _, _ = select.select([descriptor], [], [], seconds)
    return os.read(descriptor, 16).decode(errors="replace") if ready else ""
