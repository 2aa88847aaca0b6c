"""What goes through the wire tap: read, or no longer read, but it never raises, and its memory has a bound."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from tests.hostile.strategies import cut, mutated
from verdigris.schema.sources.conversation import Conversation
from verdigris.schema.sources.recording import Recorder


def message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + (len(body) + 4).to_bytes(4, "big") + body


EXECUTE, SYNC = message(b"E", b"\0" + b"\0" * 4), message(b"S")
PARSE = message(b"P", b"s\0SELECT $1, $2\0\0\2\0\0\0\x19\0\0\0\x17")
BIND = message(b"B", b"\0s\0\0\2\0\0\0\1\0\2\0\0\0\3ann\0\0\0\4\0\0\0\7\0\0")
QUERY = message(b"Q", b"BEGIN; SELECT 'a;b'; COMMIT\0")
COPY = message(b"d", b"1\n") + message(b"c")
SENT = PARSE + message(b"D", b"Ss\0") + BIND + EXECUTE + SYNC + QUERY + COPY + message(b"C", b"Ss\0") + SYNC
READY = message(b"Z", b"I")
TYPES = message(b"t", b"\0\2\0\0\0\x19\0\0\0\x17") + message(b"T", b"\0\0")
DONE = message(b"C", b"SELECT 1\0")
ANSWERED = (
    message(b"S", b"client_encoding\0UTF8\0") + message(b"1") + TYPES + message(b"2") + DONE + READY
    + DONE * 3 + READY + message(b"3") + message(b"E", b"SERROR\0\0") + READY
)  # fmt: skip
CHUNKS = (b"\0", b"\xff" * 4, b"\x7f\xff\xff\xff", b"\0\0\0\3", SYNC, QUERY, b"Q", b"\0\0\0\4", READY, DONE)
SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=8)


@given(mutated((SENT, b""), CHUNKS), mutated((ANSWERED, b""), CHUNKS), SIZES)
@example(SENT, ANSWERED, [1000])
def test_whatever_goes_through_is_listened_to_or_not(sent, answered, sizes):
    recorder = Recorder("tap", sent_most=50, memory_most=10_000)
    heard = Conversation(recorder, "1")
    theirs, ours = [*cut(sent, sizes)], [*cut(answered, sizes)]
    for place in range(max(len(theirs), len(ours))):
        heard.sent(theirs[place] if place < len(theirs) else b"")
        heard.answered(ours[place] if place < len(ours) else b"")
    for statement in recorder.recording().statements:
        assert statement.sql.strip()
        assert all(value is None or isinstance(value, str) for run in statement.runs for value in run)


def test_the_conversation_as_it_should_be_is_understood():
    recorder = Recorder("tap")
    heard = Conversation(recorder, "1")
    heard.sent(SENT)
    heard.answered(ANSWERED)
    found = recorder.recording().statements
    assert [("SELECT $1, $2", (("ann", "7"),)), ("SELECT 'a;b'", ((),))] == [(s.sql, s.runs) for s in found]
    assert "" == heard.deaf
