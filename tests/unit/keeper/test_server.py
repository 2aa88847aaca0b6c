"""keeper.sock itself. What is said over it is tested with real keepers."""

from __future__ import annotations

import asyncio
import socket
import stat

from tests.waiting import eventually
from verdigris.keeper import server
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


async def test_a_client_that_never_reads_does_not_keep_its_socket(monkeypatch):
    monkeypatch.setattr(server, "WRITE_WITHIN", 0.05)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with ours, theirs:
        _, writer = await asyncio.open_unix_connection(sock=ours)
        writer.write(b"x" * (16 << 20))
        await server._hang_up(writer)
        assert 0 == writer.transport.get_write_buffer_size()
        await eventually(lambda: -1 == ours.fileno(), "the socket to be closed")
