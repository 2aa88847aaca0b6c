"""Runs the commands of a page as a reader would, in their order, and holds what comes out against what it says.

A comment before a fenced block says what it is: `<!-- file: NAME -->` is written; `<!-- run -->` is run and has to end
with 0, `<!-- run: exit N -->` with N; `<!-- run: in the background -->` runs until the page is over; `<!-- expect -->`
holds lines of which each has to match a line of the last output, in their order, with `…` for anything. Other blocks
are left alone.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Block", "Reader", "blocks", "lacking", "shimmed"]

BLOCK = re.compile(r"<!-- (file|run|expect)(?:: (.+?))? -->\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WITHIN = 60.0


@dataclass(frozen=True)
class Block:
    """One marked block of a page."""

    kind: str
    how: str
    text: str


def blocks(page: str) -> list[Block]:
    return [Block(kind, how, text) for kind, how, text in BLOCK.findall(page)]


def lacking(expected: str, output: str) -> list[str]:
    """The expected lines that no line of the output matches, each searched after the one before it."""
    rest, missing = output.splitlines(), []
    for line in expected.splitlines():
        pattern = re.compile(".*".join(re.escape(part) for part in line.strip().split("…")))
        found = next((n for n, seen in enumerate(rest) if pattern.fullmatch(seen.strip())), None)
        if found is None:
            missing.append(line)
        else:
            rest = rest[found + 1 :]
    return missing


@dataclass
class Reader:
    """Somebody who does what a page says. `instead` replaces texts first: a free port, short times."""

    place: Path
    environ: dict[str, str]
    instead: dict[str, str] = field(default_factory=dict)
    output: str = ""
    waiting: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def follow(self, page: str) -> None:
        for block in blocks(page):
            text = self._mine(block.text)
            if block.kind == "file":
                (self.place / block.how).write_text(text)
            elif block.kind == "expect":
                assert [] == lacking(text, self.output), f"\n{text}\nis not in\n{self.output}"
            else:
                self._run(text, block.how)

    def stop(self) -> None:
        """End what runs in the background."""
        for process in self.waiting:
            process.kill()
            process.wait()

    def _run(self, text: str, how: str) -> None:
        if how == "in the background":
            with (self.place / "background.log").open("ab") as log:
                self.waiting.append(
                    subprocess.Popen(text.split(), cwd=self.place, env=self.environ, stdout=log)
                )
            return
        done = self._shell(text)
        self.output = done.stdout
        code = int(how.removeprefix("exit ")) if how else 0
        assert code == done.returncode, f"{text}\nended with {done.returncode}, not {code}:\n{done.stdout}"

    def _shell(self, text: str) -> subprocess.CompletedProcess[str]:
        # A file and not a pipe: what is started in the background keeps it, and nobody waits for that.
        path = self.place / "output.log"
        with path.open("w") as output:
            done = subprocess.run(
                ["sh", "-eu", "-c", text],
                cwd=self.place,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=WITHIN,
                check=False,
            )
        return subprocess.CompletedProcess(text, done.returncode, path.read_text(), "")

    def _mine(self, text: str) -> str:
        for theirs, ours in self.instead.items():
            text = text.replace(theirs, ours)
        return text


def shimmed(directory: Path, python: str) -> dict[str, str]:
    """An environment in which `verdigris` and `python3` are those that are tested, on a screen of a usual width."""
    directory.mkdir()
    for name, arguments in (("verdigris", "-m verdigris "), ("python3", "")):
        path = directory / name
        path.write_text(f'#!/bin/sh\nexec {python} {arguments}"$@"\n')
        path.chmod(0o755)
    return {**os.environ, "PATH": f"{directory}:{os.environ['PATH']}", "NO_COLOR": "1", "COLUMNS": "100"}
