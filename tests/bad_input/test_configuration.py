"""A verdigris.yaml that is wrong: exit code 2, the line, the key, and what to write instead. Nothing is done."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bad_input.project import Project

GOOD = 'app: api\nrun: {command: [server, "{port}"]}\n'

TEXTS: dict[str, tuple[str, ...]] = {
    "an unknown key": (
        f"{GOOD}stabilise: 1h\n",
        "verdigris.yaml:3:1: stabilise: unknown key, did you mean stabilize?",
    ),
    "an unknown key inside": (
        f"{GOOD}health: {{pth: /up}}\n",
        "verdigris.yaml:3:10: health.pth: unknown key, did you mean path?",
    ),
    "a duplicate key": (
        f"{GOOD}app: shop\n",
        "verdigris.yaml:3:1: app: stands here twice, first at line 1.",
    ),
    "an anchor": (
        'app: api\nrun: &run {command: [server, "{port}"]}\n',
        "verdigris.yaml:2:6: anchors and aliases are not read",
    ),
    "a tag": ("app: !!python/object:os.system api\n", "verdigris.yaml:1:6: the tag", "is not read"),
    "100 KB of [": ("[" * 100_000, "verdigris.yaml:1:", "nest"),
    "seconds without a unit": (
        f"{GOOD}stabilize: 300\n",
        "verdigris.yaml:3:1: stabilize: needs a unit: write 300s instead of 300",
    ),
    "a unit of its own": (
        f"{GOOD}bake: {{for: 15 minutes}}\n",
        "3:8: bake.for: must be a duration like 300s",
        "'15 minutes'",
    ),
    "a share without a unit": (f"{GOOD}bake: {{max_error_rate: 0.5}}\n", "write 0.5% instead of 0.5"),
    "a ramp that falls": (f"{GOOD}cutover: {{ramp: [50%, 10%, 100%]}}\n", "must grow from step to step"),
    "no port": (
        "app: api\nrun: {command: [server, --port, $PORT]}\n",
        "verdigris.yaml:2:7: run.command: {port} is missing",
        "instead of '$PORT'",
    ),
    "no command": ("app: api\nrun: {}\n", "run.command: is missing"),
    "a secret": (
        f"{GOOD[:-2]}, env: {{DB_PASSWORD: hunter2}}}}\n",
        "seems to be a secret",
        "env:DB_PASSWORD",
    ),
    "no reference": (f"{GOOD[:-2]}, env: {{TOKEN: 'env:not a name'}}}}\n", "is no reference: write env:NAME"),
    "a tab": ("app: api\n\trun: x\n", "verdigris.yaml:2:1: a tab cannot indent YAML. Use spaces."),
    "nothing": ("", "must hold keys and values. `verdigris init` writes a file to begin with"),
    "not UTF-8": ("app: \udcff", "verdigris.yaml:1:6: is not UTF-8"),
    "two documents": (f"{GOOD}---\n{GOOD}", "a second document begins here"),
}


@pytest.mark.parametrize(("text", "parts"), [(t, parts) for t, *parts in TEXTS.values()], ids=TEXTS)
def test_a_wrong_file_is_told_with_its_line(live: Project, text: str, parts: list[str]):
    write(live, text)
    live.run("deploy").says(2, *parts)


def test_a_secret_is_not_repeated_when_it_is_refused(live: Project):
    write(live, TEXTS["a secret"][0])
    assert "hunter2" not in live.run("deploy").said


def test_everything_wrong_is_told_at_once(live: Project):
    write(live, f"{GOOD}stabilise: 1h\nbake: {{for: 15}}\n")
    live.run("plan").says(2, "3:1: stabilise: unknown key", "4:8: bake.for: needs a unit")


def test_a_missing_file_is_told_with_how_to_write_one(project: Project):
    (project.place / "verdigris.yaml").unlink()
    project.run("deploy").says(2, "verdigris.yaml: there is no such file", "verdigris init", "--config")
    project.run("status", "--config", "no/where.yaml").says(2, "no/where.yaml: there is no such file")


def test_a_directory_in_its_place_is_told(project: Project):
    (project.place / "verdigris.yaml").unlink()
    (project.place / "verdigris.yaml").mkdir()
    project.run("deploy").says(2, "verdigris.yaml: is not a file. Name the configuration with --config.")
    (project.place / "verdigris.yaml").rmdir()


def test_a_file_that_cannot_be_read_is_told(project: Project):
    path = project.place / "verdigris.yaml"
    path.unlink()
    path.symlink_to(path.name)  # nobody can read it, not even root
    project.run("deploy").says(2, "verdigris.yaml: cannot be read", "Name a readable file with --config")
    path.unlink()


def test_a_looking_verb_does_not_hang_on_the_file(live: Project):
    write(live, "[" * 100_000)
    live.run("status").says(0, "1.0.0")
    live.run("rollback").says(1, "nothing to roll back")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"source": "nowhere"}, "nowhere is not a directory. Correct the path"),
        ({"source": ".verdigris"}, "is inside of the state directory"),
        ({"source": None}, "is in no readable git repository"),
    ],
)
def test_a_source_that_is_none_is_told(live: Project, changes: dict[str, Any], sentence: str):
    live.configure(run=changes)
    live.run("deploy").says(2, sentence)


def write(project: Project, text: str) -> None:
    (project.place / "verdigris.yaml").write_text(text, errors="surrogateescape")
