"""The end of a house, and of one app in it."""

from __future__ import annotations

from verdigris.bootstrap.ending import make_writable
from verdigris.bootstrap.house import House


def test_what_never_was_is_torn_down_already(tmp_path):
    said: list[str] = []
    House(tmp_path / "verdigris.yaml", tmp_path / "state").tear_down_everything(said.append)
    assert [f"there is nothing in {tmp_path / 'state'}"] == said


def test_tearing_down_removes_a_state_directory_with_sealed_releases(make_house):
    house, said = make_house(), []
    sealed = house.state / "releases" / "1.0"
    sealed.mkdir(parents=True)
    sealed.chmod(0o555)
    house.tear_down_everything(said.append)
    assert not house.state.exists()
    assert ["the controller is stopped", "no keeper was running", f"{house.state} is removed"] == said


def test_what_was_sealed_can_be_written_again(tmp_path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    for path in (inner, inner.parent):
        path.chmod(0o555)
    make_writable(tmp_path / "a")
    assert {0o700} == {path.stat().st_mode & 0o777 for path in (inner, inner.parent)}
