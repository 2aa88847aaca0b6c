import pytest

from verdigris.core.errors import ConfigError
from verdigris.schema.sources import lines
from verdigris.schema.sources.lines import read


@pytest.fixture
def written(tmp_path):
    def write(text: str | bytes):
        path = tmp_path / "old.jsonl"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_a_file_is_read_in_its_order(written):
    found = read(
        written(
            '{"sql": "SELECT name FROM users WHERE id = $1", "params": [7], "connection": 1}\n'
            '{"sql": "SELECT 1"}\n\n'
            '{"params": [8], "sql": "SELECT name FROM users WHERE id = $1", "connection": "1"}\n'
        )
    )
    assert [("SELECT name FROM users WHERE id = $1", (("7",), ("8",))), ("SELECT 1", ())] == [
        (statement.sql, statement.runs) for statement in found.statements
    ]
    assert ((0, 0, "1"), (1, None, ""), (0, 1, "1")) == found.order
    assert {"old.jsonl"} == {statement.source for statement in found.statements}


def test_numbers_come_through_as_they_are_written(written):
    found = read(written('{"sql": "SELECT $1, $2, $3", "params": [-0, 1.10, %s]}' % ("9" * 6000)))
    assert (("-0", "1.10", "9" * 6000),) == found.statements[0].runs


def test_declared_types_are_kept_and_decide_what_a_list_is(written):
    found = read(written('{"sql": "SELECT $1, $2", "params": [[1], [1]], "types": ["jsonb", null]}'))
    assert (("jsonb", ""), (("[1]", "{1}"),)) == (found.statements[0].types, found.statements[0].runs)


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\r\n \r\n", b""])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_marks_of_other_editors_do_not_matter(written, before, end):
    assert 1 == len(read(written(before + b'{"sql": "SELECT 1", "params": []}' + end)).statements)


@pytest.mark.parametrize("nothing", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_told(written, nothing):
    found = read(written(nothing))
    assert ((), (), 1) == (found.statements, found.order, len(found.notes))
    assert found.notes[0].endswith("old.jsonl has no statement")


def test_hashed_parameters_are_none(written):
    found = read(written('{"sql": "SELECT $1", "hashed": ["5f2b", null]}'))
    assert ((), ((0, None, ""),)) == (found.statements[0].runs, found.order)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nonsense", "is no JSON (Expecting value, character 1); one object a line is expected"),
        ('{"sql": "SELECT 1"', "is no JSON"),
        ('[{"sql": "SELECT 1"}]', "must be an object"),
        ('{"params": []}', "sql is missing"),
        ('{"sql": ""}', "sql must be text that is not empty"),
        ('{"sql": 7}', "sql must be text that is not empty"),
        ('{"sql": null}', "sql must be text that is not empty"),
        ('{"sql": "SELECT 1\\u0000"}', "sql has a NUL character"),
        ('{"sql": "SELECT \\ud800"}', "sql has half a character"),
        ('{"sql": "SELECT 1", "parms": []}', "nobody knows 'parms'; a statement has sql, params, types"),
        ('{"sql": "SELECT 1", "\\u001b[2J": []}', "nobody knows '\\x1b[2J'"),
        ('{"sql": "SELECT 1", "sql": "SELECT 2"}', "a key is there twice in one object"),
        ('{"sql": "SELECT $1", "params": [{"a": 1, "a": 2}]}', "a key is there twice in one object"),
        ('{"sql": "SELECT 1", "params": {}}', "params must be a list of at most 65535"),
        ('{"sql": "SELECT 1", "params": "secret"}', "params must be a list of at most 65535"),
        ('{"sql": "SELECT $1", "params": [NaN]}', 'NaN is no JSON; write "NaN" as text'),
        ('{"sql": "SELECT $1", "params": ["secret\\u0000"]}', "a parameter has a NUL character"),
        (
            '{"sql": "SELECT $1", "params": ["secret"], "types": ["text", "int4"]}',
            "types has 2 names for 1 params",
        ),
        ('{"sql": "SELECT $1", "params": [1], "types": "int4"}', "types must be a list"),
        (
            '{"sql": "SELECT $1", "params": [1], "types": [4]}',
            "types must have names of at most 200 characters",
        ),
        ('{"sql": "SELECT 1", "connection": []}', "connection must have names"),
        ('{"sql": "SELECT $1", "params": [' + "[" * 100_000 + "]}", "is nested too deeply"),
        (b'{"sql": "SELECT \xff"}', "is no UTF-8 (byte 17)"),
        ('{"sql": "SELECT 1"}'.encode("utf-16-le"), "has a NUL byte; the file has to be text in UTF-8"),
    ],
    ids=range(24),
)
def test_a_wrong_line_is_told_with_its_number(written, line, said):
    text = line if isinstance(line, bytes) else line.encode()
    with pytest.raises(ConfigError) as told:
        read(written(b'{"sql": "SELECT 1"}\n\n' + text + b"\n"))
    assert f"old.jsonl, line 3: {said}" in str(told.value)
    assert "secret" not in str(told.value)


def test_a_line_without_end_is_not_read_to_its_end(written):
    with pytest.raises(ConfigError, match=f"line 1: is longer than {lines.LINE_MOST} bytes"):
        read(written(b" " * 10 + b"x" * (lines.LINE_MOST + 100)))


def test_a_device_without_end_is_told():
    from pathlib import Path

    with pytest.raises(ConfigError, match=r"/dev/zero, line 1: is longer"):
        read(Path("/dev/zero"))


@pytest.mark.parametrize(("name", "said"), [("missing.jsonl", "No such file"), ("", "Is a directory")])
def test_what_is_no_file_is_told(tmp_path, name, said):
    with pytest.raises(ConfigError, match=f"cannot be read: {said}"):
        read(tmp_path / name)
