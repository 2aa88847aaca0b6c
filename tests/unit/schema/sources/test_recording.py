import pytest

from verdigris.schema.sources.recording import Full, Recorder, Sent


def test_the_same_text_is_one_statement_and_the_order_is_kept():
    recorder = Recorder("tap")
    recorder.add("SELECT $1", ("1",), connection="a")
    recorder.add("DELETE FROM t", (), connection="b")
    recorder.add("SELECT $1", ("2",), connection="b")
    recorder.add("SELECT $1", ("1",), connection="a")
    recorder.add("SELECT $1", None, connection="a")
    found = recorder.recording()
    assert [("SELECT $1", (("1",), ("2",))), ("DELETE FROM t", ((),))] == [
        (statement.sql, statement.runs) for statement in found.statements
    ]
    assert (
        Sent(0, 0, "a"),
        Sent(1, 0, "b"),
        Sent(0, 1, "b"),
        Sent(0, 0, "a"),
        Sent(0, None, "a"),
    ) == found.order
    assert {"tap"} == {statement.source for statement in found.statements}


def test_other_declared_types_are_another_statement():
    recorder = Recorder()
    recorder.add("SELECT $1", ("1",), ("int4",))
    recorder.add("SELECT $1", ("1",), ("text",))
    assert [("int4",), ("text",)] == [statement.types for statement in recorder.recording().statements]


def test_what_is_full_takes_nothing_in_and_keeps_what_it_has():
    recorder = Recorder(sent_most=1)
    recorder.add("SELECT 1", ())
    with pytest.raises(Full, match="more than 1 statements were sent"):
        recorder.add("SELECT 2", ())
    assert 1 == len(recorder) == len(recorder.recording().statements)


def test_memory_is_spent_once_for_what_is_there_once():
    recorder = Recorder(memory_most=40)
    for _ in range(5):
        recorder.add("SELECT $1", ("x" * 10,))
    with pytest.raises(Full, match="no more memory"):
        recorder.add("SELECT $1", ("y" * 20,))
    assert (("x" * 10,),) == recorder.recording().statements[0].runs


def test_parameters_are_in_no_text():
    recorder = Recorder()
    recorder.add("SELECT $1", ("ann@mail.example",))
    assert "ann@" not in repr(recorder.recording())
