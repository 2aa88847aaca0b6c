"""A directory with a small API and a verdigris.yaml in it, and the command line as a person calls it there.

The installed `verdigris` is run as a process of its own; what it says is kept with its exit code, and a traceback
in it fails the test at once.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.ports import free_port
from tests.waiting import eventually_sync

__all__ = ["API", "Project", "Ran"]

API = Path(__file__).parent / "apps" / "api.py"
VERDIGRIS = (sys.executable, "-m", "verdigris")
WITHIN = 60.0
"""No command of these tests takes a tenth of it; one that hangs fails its test."""


@dataclass(frozen=True)
class Ran:
    """One call of the command line: its exit code and all it said, with every run of blanks as one."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Everything it said, in one line: where a sentence is wrapped is nobody's business."""
        return " ".join(f"{self.err} {self.out}".split())

    def says(self, code: int, *parts: str) -> None:
        """It ended with this code and said each of these."""
        missing = [part for part in parts if part not in self.said]
        assert (self.code, missing) == (code, []), f"{self.words} -> {self.code}\n{self.err}\n{self.out}"


class Project:
    """A project of its own, with short times. `teardown` ends whatever runs of it."""

    def __init__(self, place: Path) -> None:
        """Lay it out: a good API, and a configuration with a free port for the front door."""
        self.place = place
        self.source = place / "source"
        self.state = place / ".verdigris"
        self.source.mkdir(parents=True)
        shutil.copy(API, self.source)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.configure()

    def configure(self, **changes: Any) -> None:
        """Write a configuration that is good but for these changes, which go into its sections. JSON is YAML."""
        document = merged(self.defaults(), changes)
        (self.place / "verdigris.yaml").write_text(json.dumps(document, indent=1))

    def defaults(self) -> dict[str, Any]:
        """A good configuration in which nothing takes long."""
        return {
            "app": "api",
            "run": {
                "source": "source",
                "command": [sys.executable, "-I", "-S", "api.py", "{port}"],
                "instances": 1,
                "grace": "1s",
            },
            "route": {"listen": f"127.0.0.1:{self.port}"},
            "health": {"timeout": "500ms", "interval": "500ms", "healthy": 1, "body": {"status": "healthy"}},
            "cutover": {"drain": "1s"},
            "bake": {"for": "0s"},
            "stabilize": "0s",
            "within": {"preflight": "5s"},
        }

    def becomes(self, what: str) -> None:
        """Change the source: from now on the API is like this."""
        (self.source / "is").write_text(what)

    def deploy(self, version: str, what: str = "good", *options: str, **environ: str) -> Ran:
        """Ship an API that is like this under a name."""
        self.becomes(what)
        return self.run("deploy", "--version", version, *options, **environ)

    def run(self, *words: str, **environ: str) -> Ran:
        """Call the command line in the directory of the project, and wait for its end."""
        done = subprocess.run(
            (*VERDIGRIS, *words),
            cwd=self.place,
            env=environment(environ),
            capture_output=True,
            text=True,
            timeout=WITHIN,
            check=False,
        )
        assert "Traceback" not in done.stderr + done.stdout, done.stderr + done.stdout
        return Ran(words, done.returncode, done.stdout, done.stderr)

    def start(self, *words: str, **environ: str) -> subprocess.Popen[str]:
        """Call it and do not wait, in a process group of its own as a shell would."""
        return subprocess.Popen(
            (*VERDIGRIS, *words),
            cwd=self.place,
            env=environment(environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def document(self, *words: str) -> dict[str, Any]:
        """The last JSON object of a command."""
        ran = self.run(*words, "--json")
        found: dict[str, Any] = json.loads(ran.out.splitlines()[-1])
        return found

    def comes_to(self, *parts: str) -> None:
        """`status` says each of these; it may take a controller that has just begun a moment to ask the instances."""
        eventually_sync(
            lambda: all(map(self.run("status").said.count, parts)), f"{', '.join(parts)} in `status`", WITHIN
        )

    def teardown(self) -> None:
        """Nothing of it runs any more, and nothing is left in its state directory."""
        if not self.state.exists():
            return
        self.configure()
        self.run("teardown", "--all", "--yes").says(0)


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """Ours without colours, with a wide screen."""
    ours = {name: value for name, value in os.environ.items() if name not in ("CI", "TERM")}
    return ours | {"COLUMNS": "120", "NO_COLOR": "1"} | dict(more)


def merged(good: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes in their place; `None` takes a key away."""
    found = dict(good)
    for name, value in changes.items():
        if isinstance(value, dict) and isinstance(good.get(name), dict):
            found[name] = merged(good[name], value)
        else:
            found[name] = value
    return {name: value for name, value in found.items() if value is not None}
