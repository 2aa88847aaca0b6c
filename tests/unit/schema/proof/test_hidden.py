"""Row level security that a migration switches on, seen by the application's role."""

from __future__ import annotations

import pytest

from verdigris.schema.finding import Layer, Outcome
from verdigris.schema.proof.omitted import omitted
from verdigris.schema.statement import Statement

ROLES = """
DO $$ BEGIN CREATE ROLE hidden_app; CREATE ROLE hidden_above BYPASSRLS; CREATE ROLE hidden_group;
GRANT hidden_group TO hidden_app; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
CREATE TABLE t (id int, note text); CREATE TABLE u (id int);
"""
SECURED = "ALTER TABLE t ENABLE ROW LEVEL SECURITY"
SQL = ("SELECT * FROM t WHERE id = $1", "INSERT INTO t (id) VALUES ($1)", "SELECT 1 FROM u", "no SQL")


@pytest.fixture
def found(server):
    def ask(migration, role):
        base = server.create()
        with base.connected() as connection:
            connection.execute(ROLES)
        with server.copy(base) as target:
            with target.connected() as connection:
                connection.execute(migration)
            return omitted([Statement(sql) for sql in SQL], base, target, role)

    return ask


def test_without_a_policy_rows_vanish_and_writes_are_refused(found):
    findings = found(SECURED, "hidden_app")
    assert {0: (Outcome.DISPROVEN, ""), 1: (Outcome.DISPROVEN, "42501")} == {
        n: (one.outcome, one.sqlstate) for n, one in findings.items()
    }
    assert Layer.CATALOG is findings[0].layer
    assert "its rows vanish" in findings[0].message
    assert "this INSERT is refused" in findings[1].message


@pytest.mark.parametrize(
    "migration",
    [
        f"{SECURED}; CREATE POLICY p ON t USING (true)",
        f"{SECURED}; CREATE POLICY p ON t TO hidden_group USING (id > 0)",
    ],
)
def test_where_a_policy_is_for_it_nobody_knows(found, migration):
    assert {Outcome.UNPROVEN} == {one.outcome for one in found(migration, "hidden_app").values()}


def test_a_policy_for_somebody_else_does_not_help(found):
    findings = found(f"{SECURED}; CREATE POLICY p ON t TO hidden_above USING (true)", "hidden_app")
    assert Outcome.DISPROVEN is findings[0].outcome


def test_who_is_above_it_sees_everything(found):
    assert {} == found(SECURED, "hidden_above")
    assert {} == found(f"{SECURED}; ALTER TABLE t OWNER TO hidden_app", "hidden_app")


def test_without_a_role_nobody_knows(found):
    assert {Outcome.UNPROVEN} == {one.outcome for one in found(SECURED, "").values()}
    assert {Outcome.UNPROVEN} == {one.outcome for one in found(SECURED, "hidden_nobody").values()}


def test_what_was_secured_before_is_not_news(found):
    assert {} == found("ALTER TABLE t ADD a int", "hidden_app")
