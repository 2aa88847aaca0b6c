"""Trees that are copied, sealed and removed, and links that are never followed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from verdigris.adapters.environments.process import tree
from verdigris.core.errors import Refused


@pytest.fixture
def source(tmp_path) -> Path:
    root = tmp_path / "source"
    (root / "pkg" / "deep").mkdir(parents=True)
    (root / "pkg" / "deep" / "a.py").write_text("a")
    (root / "run.sh").write_text("run")
    (root / "run.sh").chmod(0o700)
    (root / "link").symlink_to("pkg/deep")
    (root / "node_modules").mkdir()
    (root / "state").mkdir()
    return root


def names(root: Path) -> list[str]:
    return [os.path.relpath(entry.path, root) for entry in tree.entries(root)]


def copied(source: Path, tmp_path: Path) -> Path:
    target = tmp_path / "target"
    target.mkdir()
    tree.copy(source, target, ("node_modules",), source / "state")
    return target


def test_a_directory_comes_before_what_is_in_it_and_a_link_is_not_entered(source):
    expected = ["link", "node_modules", "pkg", "pkg/deep", "pkg/deep/a.py", "run.sh", "state"]
    assert expected == names(source)


def test_a_copy_has_everything_but_what_was_named(source, tmp_path):
    target = copied(source, tmp_path)
    assert ["link", "pkg", "pkg/deep", "pkg/deep/a.py", "run.sh"] == names(target)
    assert ("pkg/deep", "a") == (os.readlink(target / "link"), (target / "pkg/deep/a.py").read_text())


def test_a_copy_keeps_who_can_be_run_and_no_other_right(source, tmp_path):
    target = copied(source, tmp_path)
    modes = [path.stat().st_mode & 0o777 for path in (target / "run.sh", target / "pkg/deep/a.py")]
    assert [0o755, 0o644] == modes


def test_what_is_neither_file_nor_directory_nor_link_is_refused(source, tmp_path):
    os.mkfifo(source / "pipe")
    with pytest.raises(Refused, match="pipe is neither file, directory nor link"):
        copied(source, tmp_path)


@pytest.mark.parametrize("points_at", ["/etc/passwd", "../elsewhere", "pkg/../../elsewhere"])
def test_a_link_that_leads_out_is_named(source, points_at):
    (source / "out").symlink_to(points_at)
    assert f"out is a link to {points_at}, outside of it" in tree.unfit(source)


def test_links_inside_are_fit(source):
    (source / "pkg" / "self").symlink_to("..")
    assert "" == tree.unfit(source)


def test_a_sealed_tree_can_be_removed_and_what_a_link_points_at_stays(source, tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir(mode=0o755)
    (source / "out").symlink_to(kept)
    tree.seal(source)
    assert {0} == {
        e.stat(follow_symlinks=False).st_mode & 0o222 for e in tree.entries(source) if not e.is_symlink()
    }
    tree.remove(source)
    tree.remove(source)
    assert (False, 0o755) == (source.exists(), kept.stat().st_mode & 0o777)


def test_a_file_with_several_names_is_not_sealed(source, tmp_path):
    os.link(source / "run.sh", tmp_path / "cache")
    tree.seal(source)
    assert 0o700 == (tmp_path / "cache").stat().st_mode & 0o777


def test_a_file_is_replaced_whole_and_private(tmp_path):
    path = tmp_path / "v1.json"
    path.write_bytes(b"before")
    tree.replace_file(path, b"after")
    assert (b"after", 0o600) == (path.read_bytes(), path.stat().st_mode & 0o777)
    assert ["v1.json"] == os.listdir(tmp_path)
