"""A poke says "look now" to the controller; one that nobody hears costs nothing, for the controller looks anyway.

The socket is reached through a descriptor of its directory, because a socket's path has room for 108 bytes only.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

__all__ = ["SOCKET", "listen", "poke"]

SOCKET = "controller.sock"


def poke(state: Path) -> bool:
    """Ask the controller to look now. False when none listens; True does not say that it heard."""
    try:
        with near(state) as name, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.sendto(b"look", name)
    except BlockingIOError:  # so many pokes are waiting that it will look in any case
        return True
    except OSError:
        return False
    return True


def listen(state: Path) -> socket.socket:
    """The socket that pokes arrive at, 0600 and not blocking. Only the holder of the lease may call this."""
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        with near(state) as name:
            Path(name).unlink(missing_ok=True)
            receiver.bind(name)
            os.chmod(name, 0o600)
        receiver.setblocking(False)
    except BaseException:
        receiver.close()
        raise
    return receiver


@contextlib.contextmanager
def near(state: Path) -> Iterator[str]:
    """A short name for the socket, however deep the state directory is."""
    directory = os.open(state, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{directory}/{SOCKET}"
    finally:
        os.close(directory)
