"""keeper.sock itself. What is said over it is tested with real keepers."""

from __future__ import annotations

import stat

from verdigris.keeper.protocol import SOCKET
from verdigris.keeper.server import bind


def test_the_socket_is_ours_alone_and_that_of_a_dead_keeper_is_replaced(tmp_path):
    for _ in range(2):
        with bind(tmp_path):
            mode = (tmp_path / SOCKET).stat().st_mode
            assert (True, 0o600) == (stat.S_ISSOCK(mode), stat.S_IMODE(mode))


def test_a_state_directory_may_be_deeper_than_a_socket_name_is_long(tmp_path):
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    with bind(deep):
        assert (deep / SOCKET).is_socket()
