"""Both versions against the schemas that they meet on the way."""

import pytest

from tests.unit.schema.proof.shop import changed, said, script, shop
from verdigris.schema.finding import Layer, Outcome, Stage, Version
from verdigris.schema.proof.applied import way_of
from verdigris.schema.proof.matrix import Schemas, prove
from verdigris.schema.statement import Statement

GOOD, BAD, UNKNOWN = Outcome.PROVEN, Outcome.DISPROVEN, Outcome.UNPROVEN
OLD = said(
    ("SELECT id, name FROM customers WHERE id = $1", ("1",)),
    ("INSERT INTO customers (email, name) VALUES ($1, $2)", ("a@b", "Ada")),
    ("INSERT INTO customers (email) VALUES ($1) ON CONFLICT (email) DO NOTHING", ("a@b",)),
)
NEW = said(
    ("SELECT id, full_name FROM customers WHERE id = $1", ("1",)),
    ("INSERT INTO customers (email, full_name) VALUES ($1, $2)", ("a@b", "Ada")),
)


def matrix(server, expand, contract=None, old=OLD, new=None, **rest):
    base = shop(server)
    expanded = changed(server, base, *expand)
    contracted = changed(server, expanded, *contract) if contract else None
    schemas = Schemas(
        base,
        expanded,
        contracted,
        way_of([script(*expand)]),
        way_of([script(*contract, name="002.sql")] if contract else []),
    )
    return prove(server, schemas, old, new, **rest)


def cell(proof, version, stage):
    return next(c for c in (*proof.cells, *proof.told) if (c.version, c.stage) == (version, stage))


def outcomes(found):
    return [finding.outcome for finding in found.findings]


def test_expand_and_contract_are_proven_for_both_versions(server):
    proof = matrix(
        server,
        ["ALTER TABLE customers ADD COLUMN full_name varchar(80)"],
        ["ALTER TABLE customers DROP COLUMN name"],
        new=NEW,
    )
    assert GOOD is proof.outcome
    assert [("old", "base"), ("old", "expanded"), ("new", "expanded"), ("new", "contracted")] == [
        (c.version, c.stage) for c in proof.cells
    ]
    assert [BAD, BAD, GOOD] == outcomes(cell(proof, Version.OLD, Stage.CONTRACTED))
    assert [BAD, BAD] == outcomes(cell(proof, Version.NEW, Stage.BASE))


def test_what_breaks_the_old_version_is_named_with_its_step(server):
    proof = matrix(
        server,
        ["ALTER TABLE customers ADD x int", "ALTER TABLE customers RENAME COLUMN name TO full_name"],
        new=NEW,
    )
    found = cell(proof, Version.OLD, Stage.EXPANDED).findings
    assert [BAD, BAD, GOOD] == [f.outcome for f in found]
    assert (Layer.PARSE, "42703", "001.sql: statement 2") == (
        found[0].layer,
        found[0].sqlstate,
        found[0].step,
    )
    assert BAD is proof.outcome


@pytest.mark.parametrize(
    ("break_", "layer", "sqlstate"),
    [
        ("ALTER TABLE customers DROP CONSTRAINT customers_email_key", Layer.PLAN, "42P10"),
        ("ALTER TABLE customers ALTER COLUMN name TYPE varchar(2)", Layer.ALONE, "22001"),
        ("ALTER TABLE customers ALTER COLUMN id TYPE text", Layer.PARSE, "42883"),
    ],
)
def test_each_layer_finds_its_own(server, break_, layer, sqlstate):
    drop_identity = "ALTER TABLE customers ALTER COLUMN id DROP IDENTITY"
    foreign = "ALTER TABLE orders DROP CONSTRAINT orders_customer_id_fkey"
    more = (
        [drop_identity, foreign, "ALTER TABLE customers ALTER id DROP NOT NULL"]
        if "id TYPE" in break_
        else []
    )
    if more:
        more[2] = "ALTER TABLE customers ALTER COLUMN id SET DEFAULT 1"
    found = [f for f in cell(matrix(server, [*more, break_]), "old", "expanded").findings if f.outcome is BAD]
    assert (layer, sqlstate) in [(f.layer, f.sqlstate) for f in found]
    assert f"001.sql: statement {len(more) + 1}" in [f.step for f in found]


def test_what_fails_on_the_base_is_unproven_and_never_broken(server):
    old = said("SELECT nothing FROM customers", "SELEC 1", "DO $$ BEGIN END $$", "BEGIN", "")
    proof = matrix(server, ["DROP TABLE events"], old=old)
    for stage in ("base", "expanded"):
        assert [UNKNOWN, UNKNOWN, UNKNOWN, GOOD, UNKNOWN] == outcomes(cell(proof, "old", stage))
    assert "on the base schema already" in cell(proof, "old", "expanded").findings[0].message


def test_the_new_version_must_work_where_it_is_meant_to(server):
    new = [*said("SELECT nothing FROM customers", "SELEC 1"), Statement("SELECT nope($1)", normalised=True)]
    found = cell(matrix(server, ["SELECT 1"], new=new), "new", "expanded")
    assert [BAD, UNKNOWN, UNKNOWN] == outcomes(found)


def test_a_new_version_that_cannot_write_on_the_expanded_schema_is_disproven(server):
    new = said(("INSERT INTO orders (customer_id, state) VALUES ($1, $2)", ("1", None)))
    (found,) = cell(matrix(server, ["SELECT 1"], new=new), "new", "expanded").findings
    assert (BAD, Layer.ALONE, "23502") == (found.outcome, found.layer, found.sqlstate)


def test_a_result_of_another_shape_disproves_nothing(server):
    old = said(("SELECT * FROM customers WHERE email = $1", ("a@b",)))
    proof = matrix(server, ["ALTER TABLE customers ADD COLUMN nick text"], old=old)
    assert GOOD is proof.outcome
    (found,) = cell(proof, "old", "expanded").shapes
    assert "column nick text is new" in found.message


def test_permissions_are_those_of_the_role(server):
    old = said("SELECT id FROM customers", "SELECT id FROM orders")
    grants = "DROP ROLE IF EXISTS app; CREATE ROLE app; GRANT SELECT ON customers TO app"
    base = shop(server, grants)
    expanded = changed(server, base, "REVOKE SELECT ON customers FROM app")
    proof = prove(server, Schemas(base, expanded), old, role="app")
    found = cell(proof, "old", "expanded").findings
    assert [(BAD, "42501"), (UNKNOWN, "42501")] == [(f.outcome, f.sqlstate) for f in found]
    server.clear()
    with shop(server).connected() as connection:
        connection.execute("DROP ROLE app")


def test_without_statements_nothing_is_proven(server):
    proof = matrix(server, ["SELECT 1"], old=[], new=[])
    assert UNKNOWN is proof.outcome
    assert ("no statement of this version is known",) == proof.cells[0].notes


def test_the_same_statement_is_one_finding_however_often_it_was_sent(server):
    one = ("SELECT id FROM customers WHERE id = $1", ("1",))
    proof = matrix(server, ["SELECT 1"], old=said(one, one, (one[0], ("2",))))
    assert [GOOD] == outcomes(proof.cells[0])
    assert 2 == len(proof.cells[0].findings[0].statement.runs)


def test_parameters_are_in_no_text(server):
    secret = "hunter2"
    old = said(("INSERT INTO customers (email, name) VALUES ($1, $2)", (secret, secret * 3)))
    proof = matrix(server, ["ALTER TABLE customers ALTER COLUMN name TYPE varchar(3)"], old=old)
    assert BAD is proof.outcome
    assert secret not in repr(proof)


def test_what_is_newly_demanded_is_found_without_a_single_parameter(server):
    old = said("INSERT INTO customers (email) VALUES ($1)")
    proof = matrix(server, ["ALTER TABLE customers ADD COLUMN nick text NOT NULL"], old=old)
    (found,) = cell(proof, "old", "expanded").findings
    assert (BAD, Layer.CATALOG, "23502", "001.sql: statement 1") == (
        found.outcome, found.layer, found.sqlstate, found.step,
    )  # fmt: skip


def test_a_new_version_that_forgets_what_only_the_contract_step_takes_away_is_disproven(server):
    new = said("INSERT INTO orders (customer_id, total) VALUES ($1, $2)")
    base = shop(server, "ALTER TABLE orders ADD COLUMN code text NOT NULL")
    expanded, contracted = changed(server, base), changed(server, base, "ALTER TABLE orders DROP COLUMN code")
    proof = prove(server, Schemas(base, expanded, contracted), [], new)
    (found,) = cell(proof, "new", "expanded").findings
    assert (BAD, Layer.CATALOG, "23502") == (found.outcome, found.layer, found.sqlstate)


def test_what_no_statement_touches_is_told(server):
    proof = matrix(server, ["ALTER TABLE customers DROP COLUMN ip", "ALTER TABLE events DROP COLUMN hour"])
    assert {"customers.ip", "events.hour"} <= set(proof.coverage.touched)
    assert "events.hour" in proof.coverage.unseen
