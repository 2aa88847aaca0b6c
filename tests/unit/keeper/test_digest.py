"""The content hash of a release directory."""

import os
import shutil
import time
from pathlib import Path

import pytest

from tests.waiting import eventually_sync
from verdigris.keeper.digest import Memory, tree_digest


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "pkg" / "empty").mkdir(parents=True)
    (tmp_path / "app.py").write_text("print(1)")
    (tmp_path / "pkg" / "data").write_bytes(b"\0" * 5000)
    (tmp_path / "link").symlink_to("app.py")
    return tmp_path


def test_the_same_content_has_the_same_digest_wherever_it_lies(
    tree: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "link").symlink_to("app.py")
    (other / "pkg" / "empty").mkdir(parents=True)
    (other / "pkg" / "data").write_bytes(b"\0" * 5000)
    (other / "app.py").write_text("print(1)")
    assert tree_digest(tree) == tree_digest(other)
    assert tree_digest(tree).startswith("sha256:") and len(tree_digest(tree)) == 71


CHANGES = {
    "content": lambda t: (t / "app.py").write_text("print(2)"),
    "executable": lambda t: (t / "app.py").chmod(0o755),
    "name": lambda t: (t / "app.py").rename(t / "app2.py"),
    "place": lambda t: (t / "app.py").rename(t / "pkg" / "app.py"),
    "added": lambda t: (t / "pkg" / "new").touch(),
    "removed": lambda t: (t / "pkg" / "data").unlink(),
    "empty directory": lambda t: (t / "pkg" / "empty").rmdir(),
    "link target": lambda t: ((t / "link").unlink(), (t / "link").symlink_to("pkg")),
    "kind": lambda t: ((t / "link").unlink(), (t / "link").write_text("app.py")),
    "pipe": lambda t: os.mkfifo(t / "pipe"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_changes_the_digest(tree: Path, change: str) -> None:
    memory = Memory()
    before = tree_digest(tree, memory)
    CHANGES[change](tree)
    assert tree_digest(tree, memory) == tree_digest(tree) != before


def test_what_interpreters_write_changes_nothing(tree: Path) -> None:
    before = tree_digest(tree)
    (tree / "pkg" / "__pycache__").mkdir()
    (tree / "pkg" / "__pycache__" / "x.cpython-311.pyc").touch()
    (tree / "old.pyc").touch()
    assert tree_digest(tree) == before


def test_names_and_contents_cannot_be_exchanged(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for root, names in ((one, ("a", "bc")), (two, ("ab", "c"))):
        root.mkdir()
        for name in names:
            (root / name).touch()
    assert tree_digest(one) != tree_digest(two)


def test_what_has_not_changed_is_not_read_again(tree: Path) -> None:
    memory = Memory()
    big = tree / "pkg" / "big"
    big.write_bytes(b"x")
    os.truncate(big, 300 << 20)
    begun = time.time()
    eventually_sync(lambda: time.time() - begun > 0.2, "the file no longer fresh")
    first = _cpu(lambda: tree_digest(tree, memory))
    again = _cpu(lambda: tree_digest(tree, memory))
    assert again < first / 5


def _cpu(work) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def test_a_change_with_the_old_size_and_time_is_found(tree: Path) -> None:
    memory, path = Memory(), tree / "app.py"
    begun = time.time()
    eventually_sync(lambda: time.time() - begun > 0.2, "the file no longer fresh")
    before, seen = tree_digest(tree, memory), path.stat()
    path.write_text("print(7)")
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert tree_digest(tree, memory) != before


def test_the_names_that_differ_from_the_trusted_tree_are_told(tree: Path) -> None:
    memory = Memory()
    tree_digest(tree, memory)
    assert memory.difference(tree) == ""
    memory.trust(tree)
    (tree / "app.py").write_text("print(3)")
    (tree / "new").touch()
    tree_digest(tree, memory)
    assert memory.difference(tree) == "app.py, new"


def test_a_release_that_is_gone_is_not_remembered_for_ever(tmp_path: Path) -> None:
    memory = Memory()
    for number in range(5):
        release = tmp_path / str(number)
        release.mkdir()
        (release / "app.py").touch()
        memory.digest(release)
        memory.trust(release)
        if number:
            shutil.rmtree(release)
    assert [{"0", "4"}] * 2 == [
        {Path(os.fsdecode(root)).name for root in trees} for trees in (memory._trees, memory._good)
    ]
