"""The book and its journal, and the events that everybody who watches gets."""

from __future__ import annotations

import asyncio
import json

import pytest

from verdigris.keeper.digest import tree_digest
from verdigris.keeper.ground import Ground
from verdigris.keeper.journal import Journal
from verdigris.keeper.observed import Event
from verdigris.keeper.protocol import KeeperError, Spec
from verdigris.keeper.restarts import Tuning


@pytest.fixture
def ground(tmp_path) -> Ground:
    (tmp_path / "state").mkdir()
    return Ground(tmp_path / "state", Tuning(), 0o077)


def full(ground: Ground) -> None:
    """Nothing can be written from now on: a directory is in the way."""
    (ground.state / "keeper.json.next").mkdir()


def test_what_is_intended_is_on_the_disk_when_it_is_said_so(ground):
    ground.intend(generations={"": 7})
    assert {"": 7} == Journal(ground.state).load().generations


def test_what_cannot_be_written_was_never_intended(ground):
    ground.intend(generations={"": 7})
    full(ground)
    with pytest.raises(KeeperError, match="cannot be written") as caught:
        ground.intend(generations={"": 8})
    assert ("full", {"": 7}) == (caught.value.kind, ground.book.generations)


def test_what_is_noted_wakes_the_loop_and_is_saved_later(ground):
    ground.note(generations={"": 7})
    assert ground.woken.is_set()
    assert not (ground.state / "keeper.json").exists()
    assert ground.flush()
    assert {"": 7} == Journal(ground.state).load().generations


def test_a_note_that_changes_nothing_wakes_nobody(ground):
    ground.note(generations=dict(ground.book.generations))
    assert not ground.woken.is_set()


def test_a_full_disk_is_trouble_that_is_told_once_and_goes_away(ground, capsys):
    full(ground)
    ground.note(generations={"": 7})
    assert [False, False] == [ground.flush(), ground.flush()]
    assert ("trouble", 1) == (json.loads(told := capsys.readouterr().err)["event"], told.count("\n"))
    (ground.state / "keeper.json.next").rmdir()
    assert (True, "") == (ground.flush(), ground.trouble)


def test_every_watcher_hears_and_a_slow_one_is_told_that_it_missed_some(ground, capsys):
    quick, slow = asyncio.Queue(10), asyncio.Queue(2)
    ground.watchers |= {quick, slow}
    for name in ("a", "b", "c"):
        ground.tell(Event("start", 1.0, name=name))
    heard = [[queue.get_nowait() for _ in range(queue.qsize())] for queue in (quick, slow)]
    assert ["a", "b", "c"] == [event.name for event in heard[0]]
    assert [("missed", ""), ("start", "c")] == [(event.event, event.name) for event in heard[1]]
    assert 3 == capsys.readouterr().err.count("\n")


async def test_a_release_is_what_was_recorded_or_it_is_said_what_is_different(ground, tmp_path):
    release = tmp_path / "v1"
    release.mkdir()
    (release / "app.py").write_text("first")
    spec = Spec("v1", tree_digest(release), str(release), ("run",))
    assert "" == await ground.verify(spec)
    (release / "app.py").write_text("second")
    said = await ground.verify(spec)
    assert f"the release directory {release} was changed since v1 was recorded (" in said
    assert "app.py" in said


async def test_a_release_that_is_gone_is_said_so(ground, tmp_path):
    gone = Spec("v1", "sha256:x", str(tmp_path / "gone"), ("run",))
    assert "cannot be read: No such file or directory; deploy v1 again" in await ground.verify(gone)
