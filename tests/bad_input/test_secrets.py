"""Secrets are given by reference and reach the instance. Nowhere else may one be found."""

from __future__ import annotations

import json
import secrets
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.bad_input.project import Project

SHOWING = (
    "status --json",
    "explain",
    "report --json",
    "report --markdown",
    "history",
    "config --json",
    "plan",
    "logs",
)


def test_no_secret_is_found_anywhere_but_in_the_instance(project: Project):
    in_variable, in_file, in_hook = (f"canary-{secrets.token_hex(12)}" for _ in range(3))
    canaries = (in_variable, in_file, in_hook)
    (project.place / "key").write_text(f"{in_file}\n")
    project.configure(
        run={"env": {"DB_PASSWORD": "env:DB_PASSWORD", "API_KEY": f"file:{project.place / 'key'}"}},
        alerts={"webhook": "env:HOOK", "after": "0s"},
    )
    environ = {"DB_PASSWORD": in_variable, "HOOK": f"https://127.0.0.1:9/{in_hook}"}
    said = [project.deploy("1.0.0", "good", "--debug", **environ)]
    assert [in_variable, in_file] == known_to_the_instance(project)
    project.configure(
        run={"env": {"DB_PASSWORD": "env:DB_PASSWORD"}},
        within={"validate": "1s"},
        alerts={"webhook": "env:HOOK"},
    )
    said += [project.deploy("2.0.0", "degraded", "--json", **environ)]
    said += [project.deploy("3.0.0", "crashes", "--debug", **environ)]
    said += [project.run(*line.split()) for line in SHOWING]
    assert [0, 11, 11] == [ran.code for ran in said[:3]]
    for canary in canaries:
        assert [] == [ran.words for ran in said if canary in ran.out + ran.err]
        assert [] == [str(path) for path in files(project.state) if canary.encode() in path.read_bytes()]
        assert [] == [line for line in command_lines() if canary in line]


def known_to_the_instance(project: Project) -> list[str]:
    """What the application finds in its environment, by its own account."""
    with urllib.request.urlopen(f"{project.url}environment", timeout=5) as answer:
        found = json.load(answer)
    return [found["DB_PASSWORD"], found["API_KEY"]]


def files(state: Path) -> Iterator[Path]:
    return (path for path in state.rglob("*") if path.is_file() and not path.is_symlink())


def command_lines() -> Iterator[str]:
    """What everybody can read of every process."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes().decode(errors="replace")
        except OSError:  # it is gone
            continue
