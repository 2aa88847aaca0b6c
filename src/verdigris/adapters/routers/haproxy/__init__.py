"""The default router: an embedded HAProxy, driven through its runtime socket.

Its one pointer is a row in a map. It keeps what it was told in files, so that a restart comes up right, and
turns to the other slot by itself when the chosen one is dead. It never decides where traffic should go.
"""

from verdigris.adapters.routers.haproxy.adapter import HaproxyRouter
from verdigris.adapters.routers.haproxy.door import FrontDoor
from verdigris.adapters.routers.haproxy.runner import KeeperRunner, Runner
from verdigris.adapters.routers.haproxy.settings import (
    Door,
    Identity,
    Maintenance,
    Patience,
    Site,
    Timeouts,
    Tls,
)

__all__ = [
    "Door",
    "FrontDoor",
    "HaproxyRouter",
    "Identity",
    "KeeperRunner",
    "Maintenance",
    "Patience",
    "Runner",
    "Site",
    "Timeouts",
    "Tls",
]
