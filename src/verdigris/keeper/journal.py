"""keeper.json: what shall run and what was started, written before each effect.

A keeper that was killed finds its children in it. The file is replaced as a whole; the one before it stays
beside it as `.previous`. One that cannot be read is never taken for an empty one.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from verdigris.keeper.children import Identity, boot_id
from verdigris.keeper.codec import build, plain
from verdigris.keeper.observed import State, Stop
from verdigris.keeper.protocol import KeeperError, Spec

__all__ = ["FORMAT", "Book", "Instance", "Journal", "Router", "Slot"]

FORMAT = 2


@dataclass(frozen=True, slots=True)
class Instance:
    """One place for a process of a slot.

    `until` is when its present state has to end, in seconds of this boot; `streak` counts the restarts since it was
    last up for long; `listed`: it stays in the list after it was stopped.
    """

    name: str
    mark: str
    state: State = State.STARTING
    since: float = 0.0
    until: float = 0.0
    port: int = 0
    process: Identity | None = None
    restarts: int = 0
    streak: int = 0
    exit_code: int | None = None
    sentence: str = ""
    log_from: int = 0
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """What one slot shall run. `proven`: an instance of it was up long enough once, so restarts never end."""

    name: str
    key: str
    generation: int
    count: int
    surge: int
    spec: Spec
    proven: bool = False
    restarts: int = 0
    instances: tuple[Instance, ...] = ()


@dataclass(frozen=True, slots=True)
class Router:
    """What the router is, and the processes that are it or were it and still finish their connections."""

    argv: tuple[str, ...]
    cwd: str
    listen: tuple[str, ...]
    takeover: tuple[str, ...]
    grace: float
    mark: str
    state: State = State.STARTING
    since: float = 0.0
    until: float = 0.0
    process: Identity | None = None
    leaving: tuple[Identity, ...] = ()
    restarts: int = 0
    streak: int = 0
    exit_code: int | None = None
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Book:
    """Everything the keeper knows that has to outlive it. `generations` are the highest that were heard, by realm."""

    format: int = FORMAT
    boot_id: str = field(default_factory=boot_id)
    generations: dict[str, int] = field(default_factory=dict)
    router: Router | None = None
    slots: dict[str, Slot] = field(default_factory=dict)
    stops: tuple[Stop, ...] = ()


class Journal:
    """The file of one state directory."""

    def __init__(self, state: Path) -> None:
        self.path = state / "keeper.json"
        self._previous = state / "keeper.json.previous"
        self._next = state / "keeper.json.next"

    def load(self) -> Book:
        """The last book; an empty one only when there has never been one. KeeperError `refused` otherwise."""
        if not self.path.exists() and not self._previous.exists():
            return Book()
        try:
            data = json.loads(self.path.read_bytes())
            if isinstance(data, dict) and data.get("format") != FORMAT:
                found = repr(data.get("format"))[:20]
                raise ValueError(
                    f"format {found} is of another version: end what runs with that one,"
                    f" this one reads format {FORMAT}"
                )
            return build(Book, data, "keeper.json")
        except (OSError, ValueError, RecursionError) as error:
            raise KeeperError(
                "refused",
                f"{self.path} cannot be read ({error}); compare it with {self._previous.name} and put a good one in"
                " its place. What runs goes on running.",
            ) from None

    def save(self, book: Book) -> None:
        """The book, on the disk when this returns. KeeperError `full` when it could not be; the last one is intact."""
        try:
            self._write(json.dumps(plain(book), indent=1).encode())
        except OSError as error:
            with contextlib.suppress(OSError):
                self._next.unlink(missing_ok=True)
            raise KeeperError(
                "full",
                f"{self.path} cannot be written: {error.strerror}; make room, what runs goes on running",
            ) from None

    def _write(self, text: bytes) -> None:
        with open(
            os.open(self._next, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb"
        ) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        self._previous.unlink(missing_ok=True)
        if self.path.exists():
            os.link(self.path, self._previous)
        os.replace(self._next, self.path)
        directory = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
