"""The record that a rollback without the controller leaves: one small file for each app, read when one is back."""

from __future__ import annotations

import json
from pathlib import Path

from verdigris.adapters.stores.files import replace_with
from verdigris.core.intake import Direct
from verdigris.core.world import Slot

__all__ = ["FileDirects"]

NAME = "rolled-back-{app}.json"


class FileDirects:
    """Reads, writes and clears the record. One that cannot be read is taken for none: the router shows what is."""

    def __init__(self, state: Path, app: str) -> None:
        self.path = state / NAME.format(app=app)

    def read(self) -> Direct | None:
        try:
            said = json.loads(self.path.read_text())
            return Direct(
                to=Slot(said["to"]),
                generation=int(said["generation"]),
                actor=str(said["actor"]),
                wall=float(said["wall"]),
                reason=str(said["reason"]),
            )
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return None

    def write(self, direct: Direct) -> None:
        """Leave the record; OSError when the disk does not take it."""
        said = {
            "to": direct.to.value,
            "generation": direct.generation,
            "actor": direct.actor,
            "wall": direct.wall,
            "reason": direct.reason,
        }
        replace_with(self.path, json.dumps(said))

    def clear(self) -> None:
        self.path.unlink(missing_ok=True)
