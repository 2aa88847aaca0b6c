"""From texts and recordings to an answer."""

import pytest

from verdigris.core.errors import ConfigError
from verdigris.schema.finding import Outcome
from verdigris.schema.proof.gate import Question, answered, sent
from verdigris.schema.script import Kind, Script
from verdigris.schema.shadow.roles import Role
from verdigris.schema.sources.recording import Recorder

BASE = "CREATE TABLE t (id int PRIMARY KEY, a text); GRANT SELECT ON t TO app;"


def recording(*texts):
    recorder = Recorder()
    for text, *run in texts:
        recorder.add(text, tuple(run) if run else None)
    return recorder.recording()


def ask(server, *expand, declared=None, **more):
    question = Question(
        BASE, "base.sql", (Script("001.sql", expand, declared),), recording(("SELECT id, a FROM t",)), **more
    )
    return answered(server, question, lambda sentence: None)


def test_the_answer_has_the_proof_and_what_each_script_is(server):
    found = ask(
        server,
        "ALTER TABLE t ADD b int",
        contract=(Script("002.sql", ("ALTER TABLE t DROP a",)),),
        role=Role("app"),
    )
    assert Outcome.PROVEN is found.proof.outcome
    assert [Kind.EXPAND, Kind.CONTRACT] == [label.kind for label in found.labels]
    assert [] == server._made


def test_a_label_that_disagrees_is_told(server):
    assert ["001.sql"] == [
        each.script.name for each in ask(server, "ALTER TABLE t DROP a", declared=Kind.EXPAND).disagreeing
    ]
    assert () == ask(server, "ALTER TABLE t ADD b int", declared=Kind.EXPAND).disagreeing


def test_what_is_both_is_told_how_to_split(server):
    notes = ask(server, "ALTER TABLE t ADD b int", "ALTER TABLE t DROP a").proof.notes
    assert any("001.sql both expands and contracts: split it" in note for note in notes)


def test_nothing_is_left_behind_by_what_fails(server):
    with pytest.raises(ConfigError, match="001.sql: statement 1"):
        ask(server, "ALTER TABLE nobody ADD b int")
    assert [] == server._made


def test_statements_are_given_as_they_were_sent():
    found = sent(recording(("SELECT $1", "a"), ("SELECT 2",), ("SELECT $1", "b"), ("SELECT $1", "a")))
    assert [
        ("SELECT $1", (("a",),)),
        ("SELECT 2", ()),
        ("SELECT $1", (("b",),)),
        ("SELECT $1", (("a",),)),
    ] == [(each.sql, each.runs) for each in found]


def test_a_role_that_was_granted_nothing_says_nothing_about_permissions(server):
    found = ask(server, "ALTER TABLE t ADD b int", role=Role("nobody_knows"))
    assert Outcome.PROVEN is found.proof.outcome
    assert any("grants nobody_knows nothing" in note for note in found.proof.notes)


def test_a_new_table_without_a_grant_is_disproven_for_the_new_version(server):
    new = recording(("SELECT id FROM fresh",))
    found = ask(server, "CREATE TABLE fresh (id int)", new=new, role=Role("app"))
    (row,) = found.proof.cells[-1].findings
    assert (Outcome.DISPROVEN, "42501") == (row.outcome, row.sqlstate)
