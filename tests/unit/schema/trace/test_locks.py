"""The modes of a lock, in PostgreSQL's words."""

import pytest

from verdigris.schema.trace.locks import BLOCKS_WRITERS, Lock


def test_every_mode_of_the_server_has_its_words(server):
    with server.create().connected() as connection:
        connection.execute("CREATE TABLE t (); BEGIN")
        for lock in Lock:
            connection.execute(f"LOCK TABLE t IN {lock.words} MODE")
        rows = connection.execute(
            "SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 't'::regclass"
        )
        assert set(Lock) == {Lock.of(mode) for (mode,) in rows}


@pytest.mark.parametrize("lock", Lock)
def test_writers_wait_from_share_on(lock):
    assert (lock >= BLOCKS_WRITERS) == ("writer" in lock.keeps_out)


def test_only_the_strongest_keeps_readers_out():
    assert [Lock.ACCESS_EXCLUSIVE] == [lock for lock in Lock if "every reader" in lock.keeps_out]
