"""Ports for those who are started later: nobody else is given one meanwhile, in whatever process he asks.

Port 0 will not do. The kernel gives the same one to whoever asks next, in the seconds until it is listened at.
"""

from __future__ import annotations

import random
import socket

__all__ = ["free_port"]

PORTS = range(10_000, 20_000)
"""Below those that the kernel gives to connections and to port 0, and below those that a keeper gives to instances."""


def free_port() -> int:
    """A port of this machine that nobody listens at. It stays ours for as long as this process lives."""
    for number in random.sample(PORTS, len(PORTS)):
        if claimed(number) and unused(number):
            return number
    raise AssertionError("all ports are taken")


def claimed(number: int) -> bool:
    """Whether nobody had claimed it before. The kernel ends a claim with the process that made it."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0verdigris-tests-port-{number}")
    except OSError:
        claim.close()
        return False
    claim.detach()
    return True


def unused(number: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", number))
        except OSError:
            return False
    return True
