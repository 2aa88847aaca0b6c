"""Which HAProxy serves in these tests: the one of the wheel, and for some of them Debian's 2.6 as well.

With VERDIGRIS_TEST_ROUTER, a path, all of them run on that one.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from verdigris.adapters.routers.haproxy.binary import bundled

__all__ = ["DEBIAN", "WANTED", "on_each", "on_the_wheels", "program"]

BUNDLED, DEBIAN = "bundled", "/usr/sbin/haproxy"
WANTED = os.environ.get("VERDIGRIS_TEST_ROUTER", BUNDLED)


def on(**routers: str) -> pytest.MarkDecorator:
    found = routers if WANTED == BUNDLED else {"given": WANTED}
    return pytest.mark.parametrize("router", found.values(), ids=found, indirect=True, scope="module")


on_each = on(wheel=BUNDLED, debian=DEBIAN)
"""For what has to hold on the oldest HAProxy as well. Few tests: each of them takes its time twice."""
on_the_wheels = on(wheel=BUNDLED)
"""For tests that share a project with such as run on each."""


def program(router: str) -> Path:
    """The file that is to run."""
    return (bundled() if router == BUNDLED else Path(router)).resolve()
