"""What instances are told in files: a secret that nobody else can read, and a role that is replaced in one step."""

from pathlib import Path

import pytest

from verdigris.keeper import told


@pytest.fixture
def place(tmp_path: Path) -> Path:
    where = told.place(tmp_path, "api.blue", "1.4", "sha256:1")
    (tmp_path / "told").mkdir()
    told.prepare(where)
    return where


def test_each_release_in_each_slot_has_a_place_of_its_own(tmp_path: Path) -> None:
    asked = [("api.blue", "1", "d"), ("api.green", "1", "d"), ("api.blue", "2", "d"), ("api.blue", "1", "e")]
    assert 4 == len({told.place(tmp_path, *one) for one in asked})


def test_a_secret_is_of_256_bits_and_for_this_user_only(place: Path) -> None:
    secret = place / "secret"
    assert 64 == len(bytes.fromhex(secret.read_text().strip()).hex())
    assert 0o600 == secret.stat().st_mode & 0o777


def test_what_was_made_before_stays(place: Path) -> None:
    before = (place / "secret").read_text()
    told.tell(place, "live")
    told.prepare(place)
    assert (before, "live") == ((place / "secret").read_text(), told.role(place))


def test_a_role_begins_as_candidate_and_is_replaced_as_a_whole(place: Path) -> None:
    assert "candidate" == told.role(place)
    before = (place / "role").stat().st_ino
    told.tell(place, "retained")
    assert ("retained", True) == (told.role(place), before != (place / "role").stat().st_ino)
    assert ["role", "secret"] == sorted(path.name for path in place.iterdir())


@pytest.mark.parametrize("word", ["", "Live", "live or so", "\xff", "x" * 1000])
def test_any_other_word_makes_a_candidate_as_it_does_for_the_application(place: Path, word: str) -> None:
    (place / "role").write_bytes(word.encode("latin-1"))
    assert "candidate" == told.role(place)


def test_where_nobody_can_be_told_there_is_no_role(tmp_path: Path) -> None:
    assert told.role(tmp_path / "told" / "api.blue" / "gone") is None


def test_on_a_disk_that_takes_nothing_nobody_stays_live(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told.tell(place, "live")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(told.os, "open", full)
    with pytest.raises(OSError, match="No space"):
        told.tell(place, "retained")
    monkeypatch.undo()
    assert "candidate" == told.role(place)


def test_only_what_is_told_to_nobody_is_swept(tmp_path: Path, place: Path) -> None:
    old, other = told.place(tmp_path, "api.blue", "1.3", "d"), told.place(tmp_path, "api.green", "1.3", "d")
    told.prepare(old)
    told.prepare(other)
    told.sweep(tmp_path, {place.parent})
    assert (True, True, False) == (old.exists(), place.exists(), other.parent.exists())
    told.sweep(tmp_path, {place})
    assert (False, True) == (old.exists(), place.exists())
