import pytest

from verdigris.core.errors import ActionError
from verdigris.schema.sources.private import put


def test_a_file_is_its_owners_alone_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "secret"
    for words in ("first\n", "second\n"):
        put(path, [words])
    assert ("second\n", 0o600) == (path.read_text(), path.stat().st_mode & 0o777)
    assert [path] == list(tmp_path.iterdir())


def test_a_link_in_its_place_is_replaced_and_not_followed(tmp_path):
    other, path = tmp_path / "other", tmp_path / "secret"
    other.write_text("mine")
    path.symlink_to(other)
    put(path, ["x"])
    assert ("mine", False) == (other.read_text(), path.is_symlink())


def test_where_nothing_can_be_written_it_is_told(tmp_path):
    with pytest.raises(ActionError, match=r"secret: cannot be written: No such file"):
        put(tmp_path / "missing" / "secret", ["hidden"])


def test_what_breaks_off_leaves_what_was_there(tmp_path):
    def breaks():
        yield "half"
        raise RuntimeError

    path = tmp_path / "secret"
    put(path, ["whole"])
    with pytest.raises(RuntimeError):
        put(path, breaks())
    assert ("whole", [path]) == (path.read_text(), list(tmp_path.iterdir()))
