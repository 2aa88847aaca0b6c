"""How the command line speaks: the result on stdout, the progress on stderr, and JSON lines instead when asked for.

Colours and drawing are for terminals; everywhere else a line of progress begins with its time of day.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TextIO

from verdigris.cli.show.ink import Ink, Line, line, painted, plain
from verdigris.core.errors import ConfigError

__all__ = ["Voice"]

NARROWEST, WIDEST = 40, 120


@dataclass
class Voice:
    """Where words go. The streams are those of the moment when it is made."""

    as_json: bool = False
    quiet: bool = False
    color: bool = True
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    wall: Callable[[], float] = time.time
    app: str = ""
    """The app that was named: what is said to be typed next names it too."""

    @property
    def draws(self) -> bool:
        """Whether progress may be drawn in place."""
        return not self.as_json and not self.quiet and capable(self.err)

    @property
    def width(self) -> int:
        return min(max(shutil.get_terminal_size((100, 24)).columns, NARROWEST), WIDEST)

    def may_ask(self, verb: str) -> None:
        """A ConfigError where nobody is there to say yes."""
        if self.as_json or not sys.stdin.isatty():
            raise ConfigError(f"{verb}: nobody can be asked here. Add --yes")

    def tell(self, lines: Sequence[Line], document: dict[str, Any] | None = None) -> None:
        """The result: the lines for a person, or the document where JSON is wanted."""
        if self.as_json:
            self.object(document or {"type": "result", "text": plain(lines)})
        else:
            self._write(self.out, lines)

    def say(self, sentence: str, ink: Ink = Ink.PLAIN, at: float | None = None) -> None:
        """One line of progress, about this moment or about what happened `at` another."""
        wall = self.wall() if at is None else at
        if self.as_json:
            self.object({"type": "progress", "wall": wall, "sentence": sentence})
        elif not self.quiet:
            for text in sentence.splitlines() or [""]:
                stamp = "" if capable(self.err) else time.strftime("%H:%M:%S ", time.localtime(wall))
                self._write(self.err, [line(stamp, (text, ink))])

    def fail(self, lines: Sequence[Line], document: dict[str, Any]) -> None:
        """Why it did not work: always said, whatever was asked to be quiet."""
        if self.as_json:
            self.object(document)
        else:
            self._write(self.err, lines)

    def object(self, document: dict[str, Any]) -> None:
        """One JSON object on one line. ASCII only: no control character of another program passes."""
        if self.app and "next" in document:
            document = document | {"next": [self.named(command) for command in document["next"]]}
        print(json.dumps(document), file=self.out, flush=True)

    def addressed(self, line: Line) -> Line:
        """The line with its commands meant for the named app."""
        return tuple(
            replace(span, text=self.named(span.text)) if span.ink is Ink.COMMAND else span for span in line
        )

    def named(self, command: str) -> str:
        """A command for the named app; what stands behind it stays."""
        bare = command.rstrip()
        if (
            not self.app
            or not bare.startswith("verdigris ")
            or bare.startswith("verdigris --")
            or "--app" in bare
        ):
            return command
        return f"{bare} --app {self.app}{command[len(bare) :]}"

    def _write(self, stream: TextIO, lines: Sequence[Line]) -> None:
        lines = [self.addressed(line) for line in lines] if self.app else lines
        colored = self.color and capable(stream)
        print(painted(lines) if colored else plain(lines), file=stream, flush=True)


def capable(stream: TextIO) -> bool:
    """Whether a stream is a terminal that can be drawn on."""
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
