"""What a release is made of: real repositories, real directories."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.unit.adapters.environments.process.workshop import files
from verdigris.adapters.environments.process.releases import Releases
from verdigris.core.errors import ConfigError, Refused


def content(made, name="app.py"):
    return (Path(made.release.directory) / name).read_text()


def test_a_release_is_the_tracked_files_of_the_commit_and_named_after_it(workshop):
    workshop.write("app.py")
    workshop.write("pkg/deep/er.py")
    workshop.write("run.sh").chmod(0o755)
    (workshop.app / "link").symlink_to("pkg/deep")
    version = workshop.commit()
    made = workshop.make()
    assert version == made.release.version
    assert ["app.py", "link", "pkg/deep/er.py", "run.sh"] == files(made.release.directory)
    assert os.access(f"{made.release.directory}/run.sh", os.X_OK)
    assert () == made.warnings


def test_uncommitted_changes_are_taken_named_and_warned_of(workshop):
    workshop.write("app.py", "old\n")
    head = workshop.commit()
    workshop.write("app.py", "new\n")
    workshop.write("forgotten.py")
    index = (workshop.app / ".git/index").read_bytes()
    objects = sorted(path.name for path in (workshop.app / ".git/objects").rglob("*"))
    made = workshop.make()
    assert made.release.version.startswith(f"{head}-dirty-")
    assert "new\n" == content(made)
    assert ["app.py"] == files(made.release.directory)
    assert [
        f"app.py is changed since {head}: the release has what is there now, which is in no commit",
        "forgotten.py is not known to git and not in the release: `git add` what belongs to it",
    ] == list(made.warnings)
    assert index == (workshop.app / ".git/index").read_bytes()
    assert objects == sorted(path.name for path in (workshop.app / ".git/objects").rglob("*"))


def test_the_state_directory_beside_the_application_is_no_forgotten_file(workshop):
    workshop.write("app.py")
    workshop.commit()
    workshop.state = workshop.app / ".verdigris"
    workshop.releases = Releases(workshop.state, "api")
    assert () == workshop.make().warnings
    assert () == workshop.make().warnings
    assert 0o700 == stat.S_IMODE(workshop.state.stat().st_mode)


def test_a_change_in_the_second_of_the_commit_that_leaves_the_size_is_seen(workshop):
    """Git knows whole seconds and sizes; what changed so is told by the age of its index alone."""
    at = 1_700_000_000
    for text in ("old\n", "new\n"):
        os.utime(workshop.write("app.py", text), (at, at))
        if text == "old\n":
            workshop.commit()
            workshop.git("config", "core.trustctime", "false")
            os.utime(workshop.app / ".git" / "index", (at, at))
    assert "new\n" == Path(workshop.make().release.directory, "app.py").read_text()


def test_the_same_uncommitted_changes_are_the_same_release(workshop):
    workshop.write("app.py", "old\n")
    workshop.commit()
    workshop.write("app.py", "new\n")
    first, again = workshop.make(), workshop.make()
    workshop.write("app.py", "newer\n")
    assert (first.release, True) == (again.release, again.reused)
    assert first.release.version != workshop.make().release.version


def test_added_and_deleted_files_are_as_in_the_work_tree(workshop):
    workshop.write("app.py")
    workshop.write("old.py").unlink() if workshop.commit() else None
    workshop.write("new.py")
    workshop.git("add", "new.py")
    workshop.write("app.py").unlink()
    assert ["new.py"] == files(workshop.make().release.directory)


def test_an_application_below_the_top_of_its_repository_is_taken_alone(workshop):
    workshop.write("other/secret.py")
    workshop.write("services/api/app.py")
    workshop.write("services/api/pkg/mod.py")
    version = workshop.commit()
    workshop.write("other/secret.py", "changed elsewhere")
    made = workshop.make(directory=workshop.app / "services/api")
    assert (version, ["app.py", "pkg/mod.py"]) == (made.release.version, files(made.release.directory))
    workshop.write("services/api/app.py", "changed here")
    changed = workshop.make(directory=workshop.app / "services/api")
    assert changed.release.version.startswith(f"{version}-dirty-")
    assert "changed here" == content(changed)


def test_inside_of_a_git_hook_the_repository_is_still_the_right_one(workshop, monkeypatch):
    workshop.write("app.py")
    version = workshop.commit()
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nonexistent/index")
    assert version == workshop.make().release.version


def test_line_ends_are_those_of_a_checkout(workshop):
    workshop.write(".gitattributes", "*.bat text eol=crlf\n")
    workshop.write("run.bat", "one\ntwo\n")
    workshop.commit()
    made = workshop.make()
    assert b"one\r\ntwo\r\n" == (Path(made.release.directory) / "run.bat").read_bytes()


def test_a_submodule_is_refused_because_its_files_would_be_missing(workshop):
    workshop.write("app.py")
    head = workshop.commit()
    workshop.git(
        "update-index", "--add", "--cacheinfo", f"160000,{workshop.git('rev-parse', head)},vendor/lib"
    )
    workshop.git("commit", "-m", "a submodule")
    (workshop.app / "vendor/lib").mkdir(parents=True)
    with pytest.raises(Refused, match="vendor/lib is a git submodule"):
        workshop.make()
    assert [] == workshop.left()


@pytest.mark.parametrize("prepare", ["none", "empty"])
def test_without_a_commit_it_is_said_what_to_do(workshop, prepare):
    if prepare == "empty":
        workshop.git("init")
    with pytest.raises(
        ConfigError, match=r"(no readable git repository|no commit yet).*set `run.source` to a path"
    ):
        workshop.make()
    assert [] == workshop.left()


def test_a_path_is_copied_without_what_belongs_to_no_release(workshop):
    for name in (
        "app.py",
        ".git/HEAD",
        ".venv/bin/python",
        "pkg/__pycache__/a.pyc",
        ".verdigris/x",
        "pkg/mod.py",
    ):
        workshop.write(name)
    made = workshop.make(source=Path("."))
    assert ["app.py", "pkg/mod.py"] == files(made.release.directory)
    assert 12 == len(made.release.version)
    assert made.release == workshop.make(source=workshop.app).release


def test_a_state_directory_inside_of_the_source_is_not_copied(workshop):
    workshop.write("app.py")
    made = workshop.make(source=workshop.root)
    assert ["app/app.py"] == files(made.release.directory)


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../etc", "pkg/out/../../.."])
def test_a_link_that_leads_out_of_the_source_is_refused(workshop, target):
    workshop.write("pkg/mod.py")
    (workshop.app / "pkg/out").symlink_to("..")
    (workshop.app / "bad").symlink_to(target)
    with pytest.raises(Refused, match="bad is a link to .*, outside of it"):
        workshop.make(source=Path("."))
    workshop.commit()
    with pytest.raises(Refused, match="bad is a link to"):
        workshop.make()
    assert [] == workshop.left()


def test_a_pipe_is_refused_and_never_opened(workshop):
    os.mkfifo(workshop.app / "pipe")
    with pytest.raises(Refused, match="pipe is neither file, directory nor link"):
        workshop.make(source=Path("."))


def test_a_path_that_is_none_and_one_that_is_empty_are_refused(workshop):
    with pytest.raises(ConfigError, match="nowhere is not a directory"):
        workshop.make(source=Path("nowhere"))
    with pytest.raises(Refused, match="has no files"):
        workshop.make(source=Path("."))


def test_a_directory_that_cannot_be_a_source_is_refused(workshop):
    with pytest.raises(ConfigError, match="inside of the state directory"):
        workshop.make(source=workshop.state / "releases")


def test_a_changed_repository_never_changes_what_was_made(workshop):
    workshop.write("app.py", "old\n")
    workshop.commit()
    made = workshop.make()
    workshop.write("app.py", "new\n")
    workshop.commit()
    subprocess.run(["git", "gc", "-q"], cwd=workshop.app, check=True)
    assert "old\n" == content(made)
