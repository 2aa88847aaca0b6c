"""Releases as they are made, used again, refused and removed; nothing half made is ever left or taken for whole."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import eventually_sync
from verdigris.adapters.environments.process.build import BuildFailed
from verdigris.adapters.environments.process.recipe import IDENTITY
from verdigris.core.errors import ActionError, ConfigError, Conflict, Refused
from verdigris.keeper.digest import tree_digest

HERE = Path(".")
SHELL = ("sh", "-c")


@pytest.fixture(autouse=True)
def application(workshop):
    workshop.write("app.py")


def test_a_release_is_complete_recorded_and_as_its_digest_says(workshop):
    made = workshop.make(version="v1", source=HERE, env=(("A", "env:A"),), grace=3.0, api_version="2")
    release = made.release
    assert ("v1", str(workshop.state / "releases/api/v1")) == (release.version, release.directory)
    assert release.digest == tree_digest(Path(release.directory))
    assert release == workshop.releases.find("v1")
    assert ["v1", "v1.json"] == workshop.left()
    assert 0o600 == stat.S_IMODE((workshop.state / "releases/api/v1.json").stat().st_mode)


def test_nothing_in_a_complete_release_may_be_written(workshop):
    workshop.write("pkg/mod.py")
    directory = Path(workshop.make(version="v1", source=HERE).release.directory)
    modes = [path.stat().st_mode for path in (directory, *directory.rglob("*"))]
    assert 5 == len(modes)
    assert not any(mode & 0o222 for mode in modes)


def test_the_same_files_run_in_another_way_are_another_release(workshop):
    one = workshop.make(version="v1", source=HERE).release
    two = workshop.make(version="v2", source=HERE, env=(("A", "b"),)).release
    assert one.digest != two.digest
    assert "b" not in json.loads((Path(two.directory) / IDENTITY).read_text()).values()


def test_the_steps_run_in_the_final_place_with_a_clean_environment(workshop, monkeypatch):
    monkeypatch.setenv("SECRET", "s3cret")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1/simple")
    steps = ((*SHELL, "pwd; env; echo built > out"), ("cat", "out"))
    made = workshop.make(version="v1", source=HERE, build=steps)
    assert made.release.directory in workshop.said
    assert {"PIP_INDEX_URL=http://127.0.0.1/simple", "VERDIGRIS_RELEASE=v1", "built"} <= set(workshop.said)
    assert not any("s3cret" in line for line in workshop.said)


def test_a_virtual_environment_works_where_it_was_built(workshop):
    steps = ((sys.executable, "-m", "venv", "--without-pip", ".venv"), (".venv/bin/python", "app.py"))
    made = workshop.make(version="v1", source=HERE, build=steps)
    done = subprocess.run(
        [f"{made.release.directory}/.venv/bin/python", "-c", "import sys; print(sys.prefix)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert f"{made.release.directory}/.venv" == done.stdout.strip()
    assert made.release.digest == tree_digest(Path(made.release.directory))


def test_the_same_source_and_recipe_is_used_again_without_a_build(workshop):
    first = workshop.make(version="v1", source=HERE, build=(("echo", "building"),))
    again = workshop.make(version="v1", source=HERE, build=(("echo", "building"),))
    assert (first.release, True) == (again.release, again.reused)
    assert 1 == workshop.said.count("building")


@pytest.mark.parametrize(("change", "said"), [("files", "its files"), ("recipe", "how it is built or run")])
def test_another_release_under_the_same_name_is_refused(workshop, change, said):
    made = workshop.make(version="v1", source=HERE)
    if change == "files":
        workshop.write("app.py", "changed")
    with pytest.raises(Refused, match=rf"there is a release v1 already, and {said} would change.*--version"):
        workshop.make(
            version="v1", source=HERE, command=("other",) if change == "recipe" else made.release.command
        )
    assert made.release == workshop.releases.find("v1")


def test_a_failing_step_tells_its_end_and_leaves_nothing(workshop):
    step = (*SHELL, "for i in $(seq 30); do echo line $i; done; exit 7")
    with pytest.raises(BuildFailed, match=r"build step `sh -c .*` ended with 7") as failed:
        workshop.make(version="v1", source=HERE, build=(step,))
    assert (7, step) == (failed.value.exit_code, failed.value.argv)
    assert [f"line {i}" for i in range(11, 31)] == list(failed.value.tail)
    assert [] == workshop.left()


def test_a_build_that_was_killed_is_begun_again(workshop):
    script = (
        "import os, sys; from pathlib import Path\n"
        "from verdigris.adapters.environments.process.recipe import Recipe\n"
        "from verdigris.adapters.environments.process.releases import Releases\n"
        "step = ('sh', '-c', 'touch half; echo begun; exec sleep 60')\n"
        "recipe = Recipe(Path(sys.argv[1]), ('x',), Path('.'), (step,), version='v1')\n"
        "Releases(Path(sys.argv[2]), 'api').make(recipe, os.environ, lambda line: print(line, flush=True))\n"
    )
    command = [sys.executable, "-c", script, str(workshop.app), str(workshop.state)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as maker:
        assert any(line == "begun\n" for line in maker.stdout)
        with pytest.raises(Conflict, match="v1 is being built by somebody else"):
            workshop.make(version="v1", source=HERE)
        os.kill(maker.pid, 9)
        maker.wait()
        for sleeper in _children_in(workshop.state / "releases/api/v1"):
            os.kill(sleeper, 9)
    assert {"v1", "v1.building"} <= set(workshop.left())
    assert workshop.releases.find("v1") is None
    made = workshop.make(version="v1", source=HERE)
    assert not (Path(made.release.directory) / "half").exists()


def _children_in(directory: Path) -> list[int]:
    def look():
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                found += [int(name)] if os.readlink(f"/proc/{name}/cwd") == str(directory) else []
            except OSError:
                continue
        return found

    return eventually_sync(look, "the step that was left behind")


def test_a_directory_that_nobody_wrote_down_is_left_alone(workshop):
    stray = workshop.state / "releases/api/v1"
    stray.mkdir(parents=True)
    (stray / "precious").write_text("mine")
    with pytest.raises(Refused, match="was not written down"):
        workshop.make(version="v1", source=HERE)
    assert "mine" == (stray / "precious").read_text()


def test_a_record_that_cannot_be_read_is_not_taken_for_none(workshop):
    workshop.make(version="v1", source=HERE)
    (workshop.state / "releases/api/v1.json").write_text('{"version": ')
    with pytest.raises(Refused, match=r"v1\.json cannot be read"):
        workshop.make(version="v1", source=HERE)


@pytest.mark.parametrize(
    "version", ["", "../x", "a/b", ".hidden", "x" * 65, "v1.json", "v1.building", "ü", "a\n"]
)
def test_a_name_that_could_be_something_else_is_refused(workshop, version):
    with pytest.raises(ConfigError, match=r"must be 1-64 letters"):
        workshop.make(version=version or "-", source=HERE)
    assert [] == workshop.left()
    assert workshop.releases.find(version) is None


def test_only_the_newest_and_those_in_use_are_kept(workshop):
    for n in range(1, 6):
        workshop.make(version=f"v{n}", source=HERE)
        os.utime(workshop.state / f"releases/api/v{n}.json", (n, n))
    assert ("v3", "v2") == workshop.releases.prune(2, in_use={"v1"})
    assert ["v1", "v1.json", "v4", "v4.json", "v5", "v5.json"] == workshop.left()


def test_using_a_release_again_makes_it_new_for_pruning(workshop):
    for n in (1, 2):
        workshop.make(version=f"v{n}", source=HERE)
        os.utime(workshop.state / f"releases/api/v{n}.json", (n, n))
    workshop.make(version="v1", source=HERE)
    assert ("v2",) == workshop.releases.prune(1, in_use=())


@pytest.mark.needs_root
@pytest.mark.parametrize("moment", ["copying", "building"])
def test_a_full_disk_is_said_so_and_nothing_is_left(workshop, moment):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(workshop.state)], check=True)
    try:
        workshop.write("large", "x" * (1_000_000 if moment == "copying" else 1))
        fill = (*SHELL, f"head -c 1000000 /dev/zero > {workshop.state}/releases/api/v1/zero || true")
        with pytest.raises(
            ActionError, match=r"the disk of .*releases/api is full, so no release was made\. Make room"
        ):
            workshop.make(version="v1", source=HERE, build=(fill,) if moment == "building" else ())
        assert [] == workshop.left()
    finally:
        subprocess.run(["umount", str(workshop.state)], check=True)


@pytest.mark.needs_root
def test_a_full_disk_while_git_writes_the_files_is_said_so(workshop):
    workshop.write("large", "x" * 1_000_000)
    workshop.commit()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(workshop.state)], check=True)
    try:
        with pytest.raises(ActionError, match=re.escape("is full, so no release was made")):
            workshop.make()
        assert [] == workshop.left()
    finally:
        subprocess.run(["umount", str(workshop.state)], check=True)
