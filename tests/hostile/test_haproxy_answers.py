"""Whoever answers on the router's socket: a value that was really said, or an observation that failed."""

from __future__ import annotations

import asyncio
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.hostile.strategies import cut, documents, mutated, part
from verdigris.adapters.routers.haproxy import stat
from verdigris.adapters.routers.haproxy.expiry import EXPIRIES, Expiry, told_by
from verdigris.adapters.routers.haproxy.files import Files
from verdigris.adapters.routers.haproxy.handing import fingerprint
from verdigris.adapters.routers.haproxy.sight import Load, Sight, load_of, look_at
from verdigris.adapters.routers.haproxy.socket import Conversation
from verdigris.adapters.routers.haproxy.table import Row, Table
from verdigris.adapters.routers.haproxy.words import LATCH, SHARE, SOCKET
from verdigris.core.errors import ObservationError
from verdigris.core.world import Cohort, Pause, Slot

ROW = str(Row(30, Slot.BLUE, 7, "4f2a9c", Cohort("d-7", Slot.GREEN), Pause.SAFE))
MAP = f"0x1a api {ROW}\n0x1b api/blue/version 1.0\n0x1c api/blue/members blue-1@127.0.0.1:4001@1\n".encode()
SERVERS = (
    b"1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_port\n"
    b"4 api-blue 1 blue-1 127.0.0.1 2 0 4001\n4 api-blue-only 1 blue-1 ::1 2 1 0\n"
)
NAMES = b"pxname,svname,qcur,scur,stot,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,"
STAT = b"# " + NAMES + b'\napi-blue,blue-1,0,2,9,0,1,2,3,4,5,\n"front,0",FRONTEND,,7,9,0,1,2,3,4,5,\n'
TABLE = b"# table: streams, type: string, size:100, used:1\n0x55: key=api/blue use=0 exp=0 conn_cur=3\n"
SESSIONS = b"0x7f0: proto=tcpv4 src=1:2 fe=front be=api-blue srv=blue-1 ts=00\n"
HELD = b"api 3\n"
INFO = b"Name: HAProxy\nPid: 4711\ndescription: abc\n"
PIECES = (
    b"9" * 5000,
    "٣".encode(),
    b"-1",
    b'"',
    b",",
    b"x" * 200_000,
    b"\n",
    b"\r",
    b"\x00",
    b"0x",
    b"\n> ",
    "\u2028".encode(),
    b"green=100",
    b"/fallback=green/",
)
READERS = {
    stat.map_in: MAP,
    stat.seats_in: SERVERS,
    stat.sessions_in: STAT,
    stat.traffic_in: STAT,
    stat.connections_in: STAT,
    stat.requests_in: STAT,
    stat.long_lived_in: TABLE,
    stat.insiders_in: SESSIONS,
    stat.held_in: HELD,
}


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.__name__)
def test_what_haproxy_says_can_be_read(reader):
    assert reader(READERS[reader].decode())


@given(
    st.sampled_from(list(READERS.items())).flatmap(
        lambda r: st.tuples(st.just(r[0]), mutated((r[1],), PIECES))
    )
)
@example((stat.held_in, b"api " + b"9" * 5000))
@example((stat.held_in, "api ٣".encode()))
@example((stat.connections_in, STAT.replace(b",7,", b",%s," % (b"9" * 5000))))
@example((stat.sessions_in, b"# " + NAMES + b'\n"' + b"x" * 200_000))
@example((stat.long_lived_in, TABLE.replace(b"=3", b"=" + b"9" * 5000)))
@example((stat.map_in, MAP + MAP))
@example((stat.seats_in, SERVERS + SERVERS[SERVERS.index(b"4 api-blue 1") :].replace(b"4001", b"4002")))
def test_any_answer_is_read_or_an_observation_that_failed(asked):
    reader, answer = asked
    text = answer.decode(errors="replace")
    try:
        found = reader(text)
    except ObservationError as error:
        assert len(str(error)) < 500
        assert str(error).isprintable()
        return
    if reader in (stat.connections_in, stat.requests_in):
        assert found >= 0
    if reader is stat.held_in:
        assert sum(found.values()) >= 0


def test_of_a_key_that_was_added_twice_the_first_is_meant():
    assert {"api": "green=0"} == stat.map_in("0x1 api green=0\n0x2 api green=100\n")


@given(mutated((ROW.encode(), str(Row(100)).encode(), str(Row(0, None, 3, "a")).encode()), PIECES))
@example(ROW.replace("fallback=blue", "evil=1/fallback=green").encode())
@example(ROW.replace("generation=7", "generation=007").encode())
@example(ROW.replace("/new", "/fallback=green/new").encode())
def test_only_a_row_that_is_all_ours_bears_our_stamp(data: bytes):
    text = data.decode(errors="replace")
    row = Row.parse(text)
    if row is not None and row.generation is not None:
        assert text == str(row)


class Puppet:
    """Says what it is told to on the router's socket, whatever is asked."""

    def __init__(self, answers: list[bytes], sizes: list[int]) -> None:
        self.answers = answers
        self.sizes = sizes

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for answer in self.answers:
                await reader.readline()
                for piece in cut(answer + b"\n> ", self.sizes):
                    writer.write(piece)
                    await writer.drain()
            writer.write_eof()
        except OSError:
            pass  # whoever asked had enough
        finally:
            writer.close()


TALK = (b"", INFO, MAP, MAP[:0], SERVERS, STAT, STAT, TABLE, HELD, b"SHA1 FingerPrint: AB\n")
TALKS = st.tuples(*(st.just(said) if not said else mutated((said, said, b""), PIECES) for said in TALK))


@given(TALKS | st.lists(st.binary(max_size=60), max_size=10), st.lists(st.integers(1, 3000), min_size=1))
@part(0.5)
@example([b"", b"Pid: 9" + b"9" * 5000], [4096])
@example([b"", b"Pid: x"], [1])
@example(list(TALK), [1])
def test_any_conversation_is_a_sight_or_an_observation_that_failed(answers, sizes: list[int]):
    asyncio.run(talked(list(answers), sizes))


async def talked(answers: list[bytes], sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory() as place:
        listener = await asyncio.start_unix_server(Puppet(answers, sizes).serve, f"{place}/{SOCKET}")
        async with listener:
            try:
                async with asyncio.timeout(20):
                    await told(Path(place))
            except ObservationError as error:
                assert str(error).isprintable()


async def told(place: Path) -> None:
    conversation = await Conversation.open(place)
    try:
        assert conversation.pid > 0
        sight = await look_at(conversation, "api")
        assert isinstance(sight, Sight)
        sight.reading("4f2a9c")
        load = await load_of(conversation, "api")
        assert isinstance(load, Load)
        assert load.connections >= 0
        assert load.waiting >= 0
        await fingerprint(conversation, "a")
    finally:
        conversation.close()


async def test_an_answer_without_an_end_is_given_up(tmp_path: Path):
    listener = await asyncio.start_unix_server(
        Puppet([b"", b"x" * (5 << 20)], [1 << 16]).serve, tmp_path / SOCKET
    )
    async with listener:
        with pytest.raises(ObservationError, match="is this HAProxy"):
            await Conversation.open(tmp_path)


@given(mutated((MAP.replace(b"0x1a ", b"").replace(b"0x1b ", b"").replace(b"0x1c ", b""),), PIECES))
@example(b"api green=0\napi/blue/members a@b@" + b"9" * 5000)
def test_a_map_file_is_read_as_a_table_or_none(data: bytes):
    with tempfile.TemporaryDirectory() as place:
        for name in (SHARE, LATCH):
            (Path(place) / name).write_bytes(data)
        files = Files(Path(place), Path("haproxy"))
        table = Table.read("api", files.entries())
        assert table is None or 0 <= table.row.green <= 100
        files.latch()


EXPIRY = [
    {
        "app": "api",
        "hosts": ["a.example"],
        "since": "2026-01-01 00:00:00+00:00",
        "not_after": "2027-01-01 00:00:00+00:00",
        "trouble": "",
        "without": [],
    }
]


@given(documents(EXPIRY))
@example(b"[" * 5000)
@example(json.dumps(EXPIRY).replace("+00:00", "").encode())
def test_a_note_of_expiries_is_read_or_none(data: bytes):
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / EXPIRIES
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        for expiry in told_by(Path(place)):
            assert isinstance(expiry, Expiry)
            expiry.complaint(datetime.now(UTC))
            expiry.days(datetime.now(UTC))
