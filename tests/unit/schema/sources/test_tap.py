import asyncio
import contextlib
import os
import socket

import psycopg
import pytest

from tests.waiting import eventually
from verdigris.core.errors import ActionError
from verdigris.schema.sources import tap as module
from verdigris.schema.sources.doors import Door
from verdigris.schema.sources.tap import tapped

HERE = Door("127.0.0.1", 0)


class Log:
    """A door before another one that passes bytes on and has them in a list, for each way one."""

    def __init__(self, to: Door) -> None:
        self.to = to
        self.ways: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self.open: set[asyncio.Task[None]] = set()

    async def serve(self, reader, writer):
        there = await self.to.connected()
        self.open.add(asyncio.current_task())
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(
                self.passed(reader, there[1], self.ways[0]), self.passed(there[0], writer, self.ways[1])
            )
        there[1].transport.abort()
        writer.transport.abort()

    async def passed(self, reader, writer, log):
        while data := await reader.read(65_536):
            log += data
            writer.write(data)
            await writer.drain()
        writer.write_eof()


@contextlib.asynccontextmanager
async def logged(to: Door):
    log = Log(to)
    server = await asyncio.start_server(log.serve, "127.0.0.1", 0)
    yield log, HERE.found(server)
    server.close()
    for task in log.open:
        task.cancel()
    await asyncio.gather(*log.open)


@pytest.fixture
def place(server):
    base = server.create()
    with base.connected() as connection:
        connection.execute("CREATE TABLE users (id int8 PRIMARY KEY, name text, born date, tags text[])")
    where = dict(server.where)
    return Door(where["host"]), {"user": where["user"], "dbname": base.name, "gssencmode": "disable"}


def sent(tap):
    found = tap.recording()
    return [
        (found.statements[index].sql, None if run is None else found.statements[index].runs[run])
        for index, run, _ in found.order
    ]


def reached(door: Door, words: dict[str, str], **more):
    return psycopg.AsyncConnection.connect(
        host=door.host, port=door.port, **{"sslmode": "disable"} | words, autocommit=True, **more
    )


async def with_psycopg(door, words):
    async with await reached(door, words) as connection:
        await connection.execute("INSERT INTO users (id, name) VALUES (%s, %s)", (1, "ann"))
        await connection.execute("SELECT name FROM users WHERE id = %b", (1,), prepare=True)
        await connection.execute("SELECT name FROM users WHERE id = %b", (2,), prepare=True, binary=True)
        with contextlib.suppress(psycopg.errors.UniqueViolation):
            await connection.execute("INSERT INTO users (id, name) VALUES (%s, %s)", (1, "bob"))
        async with connection.pipeline():
            for number in (3, 4):
                await connection.execute("UPDATE users SET tags = %s WHERE id = %s", (["a", None], number))
        async with connection.cursor().copy("COPY users (id, name) FROM STDIN") as copy:
            for number in range(100, 3_000):
                await copy.write_row((number, "x" * 100))
        async with connection.cursor().copy("COPY users TO STDOUT") as copy:
            assert 2_901 == len([row async for row in copy.rows()])
        async with connection.transaction(), connection.cursor(name="slow") as cursor:
            await cursor.execute("SELECT id FROM users WHERE id > %s", (2,))
            assert 2_900 == len(await cursor.fetchall())
        await connection.execute("SELECT 1; SELECT 2")


BY_PSYCOPG = [
    ("INSERT INTO users (id, name) VALUES ($1, $2)", ("1", "ann")),
    ("SELECT name FROM users WHERE id = $1", ("1",)),
    ("SELECT name FROM users WHERE id = $1", ("2",)),
    ("INSERT INTO users (id, name) VALUES ($1, $2)", ("1", "bob")),
    ("UPDATE users SET tags = $1 WHERE id = $2", ("{a,NULL}", "3")),
    ("UPDATE users SET tags = $1 WHERE id = $2", ("{a,NULL}", "4")),
    ("COPY users (id, name) FROM STDIN", ()),
    ("COPY users TO STDOUT", ()),
    ('DECLARE "slow" CURSOR FOR SELECT id FROM users WHERE id > $1', ("2",)),
    ('FETCH FORWARD ALL FROM "slow"', ()),
    ("SELECT 1", ()),
    ("SELECT 2", ()),
]


async def test_what_psycopg_sends_is_recorded_and_no_byte_is_changed(place):
    there, words = place
    async with logged(there) as (behind, door), tapped(door, HERE) as tap, logged(tap.at) as (before, outer):
        await with_psycopg(outer, words)
        await eventually(lambda: [*map(len, before.ways)] == [*map(len, behind.ways)], "the last bytes")
        assert before.ways == behind.ways
        assert [len(before.ways[0]) > 300_000, len(before.ways[1]) > 300_000] == [True, True]
        assert BY_PSYCOPG == sent(tap)
        assert () == tap.recording().notes


async def test_what_asyncpg_sends_is_recorded_though_it_is_binary(place):
    import asyncpg

    there, words = place
    async with logged(there) as (behind, door), tapped(door, HERE) as tap, logged(tap.at) as (before, outer):
        connection = await asyncpg.connect(
            host=outer.host, port=outer.port, user=words["user"], database=words["dbname"], ssl=False
        )
        import datetime

        row = (7, "ann", datetime.date(1990, 5, 17), ["a", None])
        await connection.execute("INSERT INTO users VALUES ($1, $2, $3, $4)", *row)
        await connection.executemany("UPDATE users SET name = $2 WHERE id = $1", [(7, "bob"), (8, None)])
        assert "bob" == await connection.fetchval("SELECT name FROM users WHERE id = $1", 7)
        with pytest.raises(asyncpg.UndefinedTableError):
            await connection.fetchval("SELECT name FROM missing WHERE id = $1", 7)
        await connection.close()
        assert [
            ("INSERT INTO users VALUES ($1, $2, $3, $4)", ("7", "ann", "1990-05-17", '{"a",NULL}')),
            ("UPDATE users SET name = $2 WHERE id = $1", ("7", "bob")),
            ("UPDATE users SET name = $2 WHERE id = $1", ("8", None)),
            ("SELECT name FROM users WHERE id = $1", ("7",)),
            ("SELECT name FROM missing WHERE id = $1", None),
        ] == sent(tap)
        await eventually(lambda: [*map(len, before.ways)] == [*map(len, behind.ways)], "the last bytes")
        assert before.ways == behind.ways


async def test_connections_are_told_apart_and_can_be_forgotten(place):
    there, words = place
    async with (
        tapped(there, HERE) as tap,
        await reached(tap.at, words) as one,
        await reached(tap.at, words) as two,
    ):
        for connection in (one, two, one):
            await connection.execute("SELECT 1")
        assert ["1", "2", "1"] == [connection for _, _, connection in tap.recording().order]
        tap.clear()
        assert ((), ()) == (tap.recording().statements, tap.recording().order)


async def test_a_cancellation_goes_through(place):
    there, words = place
    async with tapped(there, HERE) as tap, await reached(tap.at, words) as connection:
        waiting = asyncio.create_task(connection.execute("SELECT pg_sleep(60)"))
        watched = (
            "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'"
        )
        async with await psycopg.AsyncConnection.connect(host=there.host, **words, autocommit=True) as other:

            async def runs():
                return (await (await other.execute(watched)).fetchone())[0]

            await eventually(runs, "the statement to run")
        await connection.cancel_safe()
        with pytest.raises(psycopg.errors.QueryCanceled):
            await waiting


async def test_who_insists_on_tls_is_told_why_not(place):
    there, words = place
    async with tapped(there, HERE) as tap:
        with pytest.raises(psycopg.OperationalError, match="server does not support SSL"):
            await reached(tap.at, words | {"sslmode": "require"})
        async with await reached(tap.at, words | {"sslmode": "prefer"}) as connection:
            await connection.execute("SELECT 1")
        await eventually(lambda: tap.recording().notes, "a note")
        assert (module.ENCRYPTED,) == tap.recording().notes
        assert [("SELECT 1", ())] == sent(tap)


async def test_it_listens_on_a_socket_as_well(place):
    there, words = place
    at = Door(there.host, 6543)  # pytest's own directories may be too long for a socket
    async with tapped(there, at) as tap, await reached(tap.at, words) as connection:
        await connection.execute("SELECT 1")
        assert [("SELECT 1", ())] == sent(tap)
    with pytest.raises(FileNotFoundError):
        await at.connected()


async def test_a_database_that_is_not_there_is_told_as_the_database_would(tmp_path):
    async with tapped(Door(str(tmp_path)), HERE) as tap:
        with pytest.raises(psycopg.OperationalError, match="the tap cannot reach the database at"):
            await reached(tap.at, {"user": "u", "dbname": "d"})


async def test_a_door_that_is_taken_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.listen()
        with pytest.raises(ActionError, match=f"cannot listen at 127.0.0.1:{port}"):
            async with tapped(Door("/nowhere"), Door("127.0.0.1", port)):
                pass


@pytest.mark.parametrize(
    "first", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01", b"\0\0\0\x08\x04\xd2\x16\x2f" * 4]
)
async def test_what_is_no_postgresql_is_closed(first, place):
    async with tapped(place[0], HERE) as tap:
        reader, writer = await tap.at.connected()
        writer.write(first)
        assert await reader.read() in (b"", b"NNN")
        writer.close()
        assert tap.recording().notes


async def test_a_server_that_goes_away_takes_the_connection_with_it(place, server):
    there, words = place
    async with tapped(there, HERE) as tap, await reached(tap.at, words) as connection:
        own = connection.info.backend_pid
        async with await psycopg.AsyncConnection.connect(host=there.host, **words, autocommit=True) as other:
            await other.execute("SELECT pg_terminate_backend(%s)", (own,))
        with pytest.raises(psycopg.OperationalError):
            await connection.execute("SELECT 1")
        await eventually(lambda: not tap._open, "the connection to be gone")


async def test_an_application_that_vanishes_leaves_nothing_open(place):
    there, words = place
    async with tapped(there, HERE) as tap:
        connection = await reached(tap.at, words)
        with socket.socket(fileno=os.dup(connection.fileno())) as raw:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            os.dup2(os.open(os.devnull, os.O_RDWR), connection.fileno())
        await connection.close()
        await eventually(lambda: not tap._open, "the connection to be gone")


HELD = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'ClientWrite' AND query LIKE 'SELECT repeat%%'"
)


async def test_a_reader_that_does_not_read_holds_up_the_writer(place):
    """Else all of a long answer would be in the memory of the tap."""
    there, words = place
    async with (
        logged(there) as (behind, door),
        tapped(door, HERE) as tap,
        await reached(tap.at, words) as connection,
    ):
        reader, writer = await tap.at.connected()
        startup = b"\0\3\0\0user\0%s\0database\0%s\0\0" % (words["user"].encode(), words["dbname"].encode())
        writer.write((len(startup) + 4).to_bytes(4, "big") + startup)
        await reader.read(1)
        sql = b"SELECT repeat('x', 1000) FROM generate_series(1, 100000)\0"
        writer.write(b"Q" + (len(sql) + 4).to_bytes(4, "big") + sql)

        async def held():
            return (await (await connection.execute(HELD)).fetchone())[0]

        await eventually(held, "the server to wait for whoever reads")
        assert len(behind.ways[1]) < 30_000_000
        writer.close()


async def test_a_recording_that_is_full_does_not_hold_up_anybody(place):
    there, words = place
    async with tapped(there, HERE) as tap:
        tap.recorder = module.Recorder("tap", sent_most=2)
        async with await reached(tap.at, words) as connection:
            for _ in range(5):
                await connection.execute("SELECT 1")
        await eventually(lambda: tap.recording().notes, "a note")
        assert 2 == len(sent(tap))
        assert "more than 2 statements were sent" in tap.recording().notes[0]
