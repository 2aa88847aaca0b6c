import pytest

from verdigris.schema.sources import conversation as module
from verdigris.schema.sources.conversation import Conversation
from verdigris.schema.sources.recording import Recorder


def message(kind: str, body: bytes = b"") -> bytes:
    return kind.encode() + (len(body) + 4).to_bytes(4, "big") + body


def query(sql: str) -> bytes:
    return message("Q", sql.encode() + b"\0")


def parse(sql: str, name: str = "", *oids: int) -> bytes:
    types = b"".join(oid.to_bytes(4, "big") for oid in oids)
    return message("P", f"{name}\0{sql}\0".encode() + len(oids).to_bytes(2, "big") + types)


def bind(*values: bytes | None, statement: str = "", portal: str = "", binary: bool = False) -> bytes:
    data = b"".join(
        b"\xff" * 4 if value is None else len(value).to_bytes(4, "big") + value for value in values
    )
    formats = b"\0\1\0\1" if binary else b"\0\0"
    return message(
        "B", f"{portal}\0{statement}\0".encode() + formats + len(values).to_bytes(2, "big") + data + b"\0\0"
    )


EXECUTE, SYNC = message("E", b"\0" + b"\0" * 4), message("S")
PARSED, BOUND, NO_DATA, READY = message("1"), message("2"), message("n"), message("Z", b"I")
DONE, ERROR = message("C", b"SELECT 1\0"), message("E", b"SERROR\0\0")


IN_TRANSACTION = message("Z", b"T")


class Heard:
    """A conversation, and what was recorded of it."""

    def __init__(self) -> None:
        self.recorder = Recorder()
        self.conversation = Conversation(self.recorder, "1")

    def __call__(self, sent: bytes, answered: bytes):
        self.conversation.sent(sent)
        self.conversation.answered(answered)
        return self.all()

    def all(self):
        found = self.recorder.recording()
        return [
            (found.statements[statement].sql, None if run is None else found.statements[statement].runs[run])
            for statement, run, _ in found.order
        ]


@pytest.fixture
def heard():
    return Heard()


def test_a_simple_query_is_each_of_its_statements(heard):
    assert [("SELECT 1", ()), ("SELECT ';'", ())] == heard(
        query("BEGIN; SELECT 1; SELECT ';' ; COMMIT"), DONE + DONE + DONE + DONE + READY
    )


def test_a_statement_is_noted_with_its_parameters_when_the_server_has_tried_it(heard):
    assert [] == heard(parse("SELECT $1, $2", "", 25, 0) + bind(b"a", None) + EXECUTE + SYNC, PARSED + BOUND)
    assert [("SELECT $1, $2", ("a", None))] == heard(b"", DONE + READY)
    assert ("text", "") == heard.recorder.recording().statements[0].types


def test_a_prepared_statement_is_executed_again_and_again(heard):
    heard(parse("SELECT $1", "s") + SYNC, PARSED + READY)
    for value in (b"1", b"2", b"1"):
        heard(bind(value, statement="s") + EXECUTE + SYNC, BOUND + DONE + READY)
    assert [("SELECT $1", ("1",)), ("SELECT $1", ("2",)), ("SELECT $1", ("1",))] == heard.all()


def test_binary_is_read_with_the_types_that_the_server_found(heard):
    types = message("t", b"\0\1\0\0\0\x17")
    heard(
        parse("SELECT $1", "s") + message("D", b"Ss\0") + SYNC, PARSED + types + message("T", b"\0\0") + READY
    )
    assert [("SELECT $1", ("7",))] == heard(
        bind(b"\0\0\0\7", statement="s", binary=True) + EXECUTE + SYNC, BOUND + DONE + READY
    )


def test_binary_of_a_type_that_nobody_knows_is_unseen(heard):
    assert [("SELECT $1", None)] == heard(
        parse("SELECT $1") + bind(b"\0\0\0\7", binary=True) + EXECUTE + SYNC, PARSED + BOUND + DONE + READY
    )


def test_what_follows_an_error_in_a_pipeline_was_never_tried(heard):
    failing = parse("SELECT wrong") + bind() + EXECUTE
    after = parse("SELECT 2") + bind() + EXECUTE + SYNC
    assert [("SELECT wrong", None)] == heard(failing + after, ERROR + READY)
    assert [("SELECT wrong", None), ("SELECT 2", ())] == heard(after, PARSED + BOUND + DONE + READY)


def test_the_sync_that_is_sent_with_a_copy_is_overheard(heard):
    sent = parse("COPY t FROM STDIN") + bind() + message("D", b"P\0") + EXECUTE + SYNC
    heard(sent, PARSED + BOUND + NO_DATA + message("G", b"\0\0\0"))
    heard(message("d", b"1\n") + message("c") + SYNC, DONE + READY)
    assert [("COPY t FROM STDIN", ()), ("SELECT 1", ())] == heard(query("SELECT 1"), DONE + READY)
    assert "" == heard.conversation.deaf


def test_texts_are_read_in_the_encoding_of_the_connection(heard):
    heard(b"", message("S", b"client_encoding\0LATIN1\0"))
    assert [("SELECT 'ü'", ())] == heard(message("Q", b"SELECT '\xfc'\0"), DONE + READY)
    heard(b"", message("S", b"client_encoding\0BIG5\0"))
    heard(message("Q", b"SELECT '\xfc'\0"), DONE + READY)
    assert 1 == heard.conversation.missed


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        (b"", PARSED),
        (query("SELECT 1"), BOUND),
        (parse("SELECT 1"), READY),
        (b"z" * 10, b""),
        (b"", b"?" * 10),
        (message("B", b"short"), b""),
        (query("START_REPLICATION"), message("W", b"\0\0\0")),
        (SYNC * 30_000, b""),
    ],
    ids=range(8),
)
def test_what_is_not_understood_ends_the_listening_and_not_more(heard, sent, answered):
    heard(sent, answered)
    assert heard.conversation.deaf
    assert [] == heard(query("SELECT 1"), DONE + READY)


def test_what_is_held_of_a_connection_has_a_bound(heard, monkeypatch):
    monkeypatch.setattr(module, "HELD_MOST", 1_000)
    for _ in range(20):  # what was answered is not held
        heard(parse("SELECT $1") + bind(b"x" * 200) + EXECUTE + SYNC, PARSED + BOUND + DONE + IN_TRANSACTION)
    assert (20, "") == (len(heard.all()), heard.conversation.deaf)
    for number in range(20):
        heard(parse("SELECT " + "1" * 100, f"s{number}") + SYNC, PARSED + READY)
    assert heard.conversation.deaf.startswith("there is more unanswered, or prepared")
