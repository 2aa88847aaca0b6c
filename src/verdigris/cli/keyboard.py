"""Single keys from the terminal while a screen is up. The terminal is left as it was found."""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["keys"]

Pressed = Callable[[float], str]
"""Waits at most so many seconds for a key: the key, or "" when none came."""


@contextmanager
def keys() -> Iterator[Pressed]:
    """Keys without echo and without Enter. Where nobody can type it only waits."""
    if not sys.stdin.isatty():
        yield wait
        return
    import termios
    import tty

    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)  # Ctrl-C goes on being an interrupt
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
