import json
import timeit

import pytest

from verdigris_kit import counts
from verdigris_kit import rehearsal as marks
from verdigris_kit.statements import Statements
from verdigris_kit.statements import statements as module


@pytest.fixture
def lines():
    return []


def noting(lines, **words):
    return Statements(lambda line: lines.append(json.loads(line)), always=True, **words)


def counted(name):
    return counts.read().get(f"statements.{name}", 0)


def test_a_statement_is_noted_once_with_its_types_and_without_its_parameters(lines):
    statements = noting(lines)
    for name in ("ann", "bob"):
        statements.note("SELECT %s, %s", (name, 7), "format")
    statements.note("SELECT %s, %s", ("ann", 70_000), "format")
    statements.note("SELECT 1")
    assert [
        {"sql": "SELECT $1, $2", "types": ["", "int2"]},
        {"sql": "SELECT $1, $2", "types": ["", "int4"]},
        {"sql": "SELECT 1", "params": []},
    ] == lines


def test_nothing_is_noted_unless_it_is_asked_for(lines):
    Statements(None, always=True).note("SELECT 1")
    Statements(lines.append).note("SELECT 1")
    assert [] == lines


def test_a_rehearsal_is_noted(lines):
    statements = Statements(lines.append)
    before = marks._rehearsing.set(True)
    statements.note("SELECT 1")
    marks._rehearsing.reset(before)
    statements.note("SELECT 2")
    assert ['{"sql": "SELECT 1", "params": []}'] == lines


def test_values_are_noted_in_their_order_if_somebody_wants_them(lines):
    statements = noting(lines, parameters="values")
    for name in ("ann", "bob", "ann"):
        statements.note("SELECT %(a)s", {"a": name}, "format")
    assert [["ann"], ["bob"], ["ann"]] == [line["params"] for line in lines]


def test_hashes_tell_equal_from_different_in_one_process(lines):
    statements, others = noting(lines, parameters="hashed"), []
    for name in ("ann", "bob", "ann", None):
        statements.note("SELECT %s", (name,), "format")
    noting(others, parameters="hashed").note("SELECT %s", ("ann",), "format")
    found = [line["hashed"][0] for line in lines]
    assert (3, None, 16) == (len(found), found[2], len(found[0]))
    assert others[0]["hashed"][0] not in found
    assert "ann" not in str(lines)


def test_the_file_is_its_owners_alone_and_is_what_the_check_reads(tmp_path):
    from verdigris.schema.sources.lines import read

    path = tmp_path / "new.jsonl"
    statements = Statements(path, parameters="values", always=True)
    statements.note("SELECT %s, %s", ([1, None], {"a": 1}), "format")
    statements.note("SELECT 'ü'")
    assert 0o600 == path.stat().st_mode & 0o777
    found = read(path)
    assert [("SELECT $1, $2", (("{1,NULL}", '{"a": 1}'),)), ("SELECT 'ü'", ((),))] == [
        (statement.sql, statement.runs) for statement in found.statements
    ]


@pytest.mark.parametrize("to", ["/nowhere/new.jsonl", "/dev", lambda line: 1 / 0])
def test_what_cannot_be_written_breaks_nothing_and_is_counted(to):
    before = counted("failed")
    Statements(to, always=True).note("SELECT 1")
    assert before + 1 == counted("failed")


def test_a_link_is_not_followed(tmp_path):
    other, path = tmp_path / "other", tmp_path / "new.jsonl"
    other.write_text("mine")
    path.symlink_to(other)
    Statements(path, always=True).note("SELECT 1")
    assert "mine" == other.read_text()


@pytest.mark.parametrize(
    "parameters", [(object(),), 7, {"b": 1}, ("\ud800",)], ids=["unknown", "none", "missing", "half"]
)
def test_parameters_that_nobody_can_note_break_nothing(tmp_path, parameters):
    before = counted("failed")
    Statements(tmp_path / "new.jsonl", parameters="values", always=True).note(
        "SELECT %(a)s", parameters, "format"
    )
    assert before + 1 == counted("failed")


def test_there_is_a_bound(lines, monkeypatch):
    monkeypatch.setattr(module, "SEEN_MAX", 3)
    before, statements = counted("dropped"), noting(lines)
    for number in range(5):
        statements.note(f"SELECT {number}")
    statements.note("SELECT 1")
    assert (3, before + 2) == (len(lines), counted("dropped"))


def test_another_word_is_refused():
    with pytest.raises(ValueError, match="parameters is 'all'. Give one of types, hashed, values"):
        Statements(None, parameters="all")


def test_it_costs_few_microseconds(lines):
    off, on = Statements(lines.append), noting(lines)
    parameters = ("ann", 7, None, 1.5)
    off_for = min(timeit.repeat(lambda: off.note("SELECT %s", parameters, "format"), number=1000, repeat=5))
    on_for = min(
        timeit.repeat(lambda: on.note("SELECT %s, %s, %s, %s", parameters, "format"), number=1000, repeat=5)
    )
    print(f"off {off_for * 1000:.2f} µs, on {on_for * 1000:.2f} µs")
    assert off_for * 1000 < 5  # 0.2 measured
    assert on_for * 1000 < 50  # 2 measured
