"""Network namespaces of a thread: two machines with a cable between them, without a name that could be left behind.

They end with the last socket and process in them, so that nothing of them survives a test that is killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

__all__ = ["HERE", "inside", "run", "two_machines"]

HERE = "/proc/thread-self/ns/net"
NEWNET = 0x40000000


@contextlib.contextmanager
def two_machines(near: str, far: str) -> Iterator[int]:
    """This thread and all that it starts move to a machine with the address `near`; the other one's namespace.

    `OSError` where that is not allowed. Afterwards the thread is at home again.
    """
    with ExitStack() as stack:
        home = stack.enter_context(opened(HERE))
        stack.callback(enter, home)
        unshare()
        other = stack.enter_context(opened(HERE))
        unshare()
        run("ip link set lo up")
        run(f"ip link add vgnear type veth peer name vgfar netns /proc/{os.getpid()}/fd/{other}")
        up("vgnear", near)
        with inside(other):
            run("ip link set lo up")
            up("vgfar", far)
        yield other


def up(name: str, address: str) -> None:
    run(f"ip addr add {address}/30 dev {name}")
    run(f"ip link set {name} up")


def run(command: str) -> None:
    """A command in the network of this thread; `OSError` with its words when it fails."""
    done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"`{command}`: {done.stderr.strip()}")


@contextlib.contextmanager
def opened(path: str) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def inside(namespace: int) -> Iterator[None]:
    """What is made meanwhile, sockets and processes, is of that machine for ever."""
    with opened(HERE) as before:
        enter(namespace)
        try:
            yield
        finally:
            enter(before)


def enter(namespace: int) -> None:
    succeed("setns", namespace, NEWNET)


def unshare() -> None:
    succeed("unshare", NEWNET)


def succeed(name: str, *values: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*values) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
