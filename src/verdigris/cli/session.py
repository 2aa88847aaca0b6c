"""What every verb is given: the global options, a voice, a clock, and the house that they are about."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from verdigris.cli.voice import Voice

if TYPE_CHECKING:
    from verdigris.bootstrap import House
    from verdigris.ports import Snapshot

__all__ = ["Session"]


def real_house(config: Path, state: Path, app: str | None) -> House:
    from verdigris.bootstrap import House

    return House(config, state, app)


@dataclass
class Session:
    """One call of the command line. `pause` and `clock` are parameters so that a test can be the world."""

    config: Path = Path("verdigris.yaml")
    state: Path = Path(".verdigris")
    app: str | None = None
    debug: bool = False
    voice: Voice = field(default_factory=Voice)
    build: Callable[[Path, Path, str | None], House] = real_house
    pause: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    @cached_property
    def house(self) -> House:
        """`ConfigError` when the configuration file is wrong."""
        return self.build(self.config, self.state, self.app)

    @property
    def name(self) -> str:
        return self.house.app

    def snapshot(self) -> Snapshot | None:
        """The last look of the controller at this app."""
        return self.house.board().read(self.name)

    @property
    def actor(self) -> str:
        """Who types: as the system knows them, behind sudo too."""
        import pwd

        user = os.environ.get("SUDO_USER")
        if user:
            return user
        try:
            return pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            return f"user {os.getuid()}"
