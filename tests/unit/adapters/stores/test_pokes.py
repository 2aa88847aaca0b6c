import os
from pathlib import Path

import pytest

from verdigris.adapters.stores.pokes import SOCKET, listen, poke


def test_a_poke_arrives(tmp_path: Path):
    with listen(tmp_path) as receiver:
        assert poke(tmp_path)
        assert b"look" == receiver.recv(100)


def test_a_poke_arrives_however_deep_the_directory_is(tmp_path: Path):
    deep = tmp_path.joinpath(*["a" * 40] * 5)
    deep.mkdir(parents=True)
    with listen(deep) as receiver:
        assert poke(deep)
        assert b"look" == receiver.recv(100)


def test_nobody_to_hear_it_costs_nothing(tmp_path: Path):
    assert not poke(tmp_path)
    assert not poke(tmp_path / "missing")
    listen(tmp_path).close()
    assert (tmp_path / SOCKET).exists()
    assert not poke(tmp_path)


def test_a_controller_that_hangs_holds_nobody_up(tmp_path: Path):
    with listen(tmp_path):
        assert all(poke(tmp_path) for _ in range(1000))


def test_the_socket_is_private_and_takes_the_place_of_an_old_one(tmp_path: Path):
    listen(tmp_path).close()
    with listen(tmp_path) as receiver:
        assert 0o600 == (tmp_path / SOCKET).stat().st_mode & 0o777
        assert poke(tmp_path)
        assert b"look" == receiver.recv(100)


def test_no_descriptor_is_left_behind(tmp_path: Path):
    before = os.listdir("/proc/self/fd")
    poke(tmp_path)
    with pytest.raises(OSError, match="No such file"):
        listen(tmp_path / "missing")
    assert before == os.listdir("/proc/self/fd")
