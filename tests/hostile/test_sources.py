"""Whatever a source says: counts or one sentence, never a negative number, and nothing that acts on a terminal."""

from __future__ import annotations

import asyncio
import json

from hypothesis import example, given
from hypothesis import strategies as st

from tests.hostile.strategies import cut, documents, mutated, part
from tests.listening import listening
from verdigris.adapters.sources.answers import counters_in, moment_in, said_in
from verdigris.adapters.sources.file import counts_of
from verdigris.adapters.sources.polled import Polled, read_within
from verdigris.adapters.sources.prometheus import Prometheus, Queries
from verdigris.adapters.sources.sums import MOST, Sums, json_of, sums_of
from verdigris.core.errors import ObservationError
from verdigris.core.world import PerSlot, Unknown

SERIES = {"metric": {"__name__": "orders_total", "slot": "blue"}, "value": [1435781451.781, "90"]}
VECTOR = {"status": "success", "data": {"resultType": "vector", "result": [SERIES]}}
SCALAR = {"status": "success", "data": {"resultType": "scalar", "result": [1.5, "1.5"]}, "infos": ["x"]}
ERROR = {"status": "error", "errorType": "bad_data", "error": "parse error"}
COUNTS = {"blue": {"good": 90, "bad": 1}, "green": {"good": 9, "bad": 0}}
LINES = (json.dumps(COUNTS) + "\n").encode() * 2


def harmless(sentence):
    assert sentence.isprintable(), sentence
    assert len(sentence) < 2000


def whole(counts):
    assert all(isinstance(n, int) and 0 <= n < MOST for n in counts)


@part(1.0)
@given(documents(VECTOR, SCALAR, ERROR) | st.binary(max_size=200))
@example(b'{"status": "success", "data": {"resultType": "scalar", "result": [1, "1_000"]}}')
@example(
    b'{"status": "success", "data": {"resultType": "vector", "result": [{"metric": {}, "value": [0, "0x10"]}]}}'
)
def test_an_answer_of_prometheus_is_counters_or_a_sentence(body):
    harmless(said_in(body))
    for read in (counters_in, lambda body: {"": int(moment_in(body))}):
        try:
            whole(read(body).values())
        except ObservationError as error:
            harmless(str(error))


@part(1.0)
@given(documents(COUNTS["blue"]) | st.binary(max_size=200))
def test_what_a_command_prints_is_counts_or_a_sentence(text):
    try:
        sums = sums_of(json_of(text))
        whole((*sums.good.values(), *sums.bad.values()))
    except ObservationError as error:
        harmless(str(error))


@part(1.0)
@given(mutated([LINES, LINES[:-5], b"\r\n" + LINES]))
def test_a_file_is_counts_of_each_slot_or_a_sentence(text):
    try:
        found = counts_of(text, "/counts")
    except ObservationError as error:
        harmless(str(error))
        return
    for one in (found.blue, found.green):
        if isinstance(one, Unknown):
            harmless(one.why)
        else:
            whole((*one.good.values(), *one.bad.values()))


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BODY = json.dumps(VECTOR).encode()
ANSWERS = (
    HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY,
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n",
    HEAD + b"\r\n" + BODY,
    b"HTTP/1.1 301 Moved\r\nLocation: http://169.254.169.254/\r\n\r\n",
    b"HTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\n{}",
)


@part(0.1)
@given(mutated(ANSWERS), st.lists(st.integers(1, 100), min_size=1, max_size=3))
def test_whatever_listens_where_prometheus_should_be_is_read_or_said(answer, sizes):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        for piece in cut(answer, sizes):
            writer.write(piece)
        writer.close()

    async def ask():
        async with listening(serve) as address:
            reader = Prometheus(Queries(f"http://{address}", "a{slot}", "b{slot}"))
            try:
                return await read_within(reader, 5.0)
            finally:
                await reader.close()

    found = asyncio.run(ask())
    for one in (found.blue, found.green):
        assert isinstance(one, Unknown | Sums)
        if isinstance(one, Unknown):
            harmless(one.why)


class Clock:
    def now(self):
        return 0.0


READING = st.one_of(
    st.just(Unknown("gone")),
    st.builds(
        Sums,
        st.dictionaries(st.sampled_from(["", "a", "b"]), st.integers(0, MOST - 1), max_size=3),
        st.dictionaries(st.sampled_from(["", "a", "b"]), st.integers(0, MOST - 1), max_size=3),
    ),
)


@part(0.5)
@given(st.lists(st.tuples(READING, READING, st.floats(-100.0, 1e6)), max_size=10))
def test_whatever_is_read_at_whatever_moment_nothing_negative_is_told(rows):
    """A clock that goes back as well: it never does, and who reads a suspended one must not care."""
    polled = Polled(None, Clock(), every=5.0, apart=30.0)
    for blue, green, now in rows:
        polled.take(PerSlot(blue, green), now)
    for poll in polled._polls:
        for came in (poll.slots.blue, poll.slots.green):
            assert came is None or (came.good >= 0 and came.bad >= 0)
