"""Where the controller pins its last look and the command line reads it: one file for each app, replaced whole.

It is a picture for people, many times a minute: never synced to disk, never read by a decision.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from verdigris.adapters.stores.files import replace_with
from verdigris.adapters.stores.records import dump, load
from verdigris.core.errors import Refused, StoreUnavailable
from verdigris.core.world import Known, World
from verdigris.ports import Snapshot

__all__ = ["FileBoard"]

SHOWN = 60.0
"""Seconds of request counts that are kept in the picture."""
APP = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)


class FileBoard:
    """`ports.Board` in a state directory."""

    def __init__(self, state: Path) -> None:
        self.state = state

    def pin(self, snapshot: Snapshot) -> None:
        """Replace the picture of the app. `StoreUnavailable` when it cannot be written; the old one stays then."""
        path = self._path(snapshot.deployment.app)
        try:
            replace_with(path, dump(replace(snapshot, world=lately(snapshot.world))))
        except OSError as error:
            raise StoreUnavailable(
                f"{path} cannot be written: {error.strerror}. Status shows an older look"
            ) from error

    def read(self, app: str) -> Snapshot | None:
        """The last picture; None when there is none that this version understands."""
        try:
            return load(Snapshot, self._path(app).read_text(), newer=True)
        except (OSError, UnicodeDecodeError, StoreUnavailable):
            return None

    def _path(self, app: str) -> Path:
        if not APP.fullmatch(app):
            raise Refused(
                f"{app!r} cannot be the name of an app. Use letters, digits, dot, dash and underscore"
            )
        return self.state / f"seen-{app}.json"


def lately(world: World) -> World:
    """The world with the newest request counts only."""
    seen = world.signals
    if not isinstance(seen, Known):
        return world
    recent = tuple(second for second in seen.value if second.at >= world.now - SHOWN)
    return replace(world, signals=replace(seen, value=recent))
