"""What depends on values is found by executing each statement alone, and nothing of it stays."""

import pytest

from tests.unit.schema.proof.shop import changed, shop
from verdigris.schema.finding import Layer, Outcome
from verdigris.schema.proof import trying
from verdigris.schema.proof.alone import alone, judge
from verdigris.schema.proof.sequences import positions
from verdigris.schema.proof.signature import Fault, Signature
from verdigris.schema.statement import Statement

WRITES = "INSERT INTO orders (customer_id, note, total) VALUES ($1, $2, $3) RETURNING id"
RUN = ("17", "a long note from somebody", "12345.00")
FILLED = """CREATE FUNCTION filled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.wanted := coalesce(NEW.wanted, 'x'); RETURN NEW; END $$"""

BREAKS = {
    "ALTER TABLE orders ALTER COLUMN note TYPE varchar(5)": "22001",
    "ALTER TABLE orders ALTER COLUMN total TYPE numeric(5, 2)": "22003",
    "ALTER TABLE orders ADD CHECK (total < 100)": "23514",
    "ALTER TABLE orders ADD COLUMN wanted text NOT NULL": "23502",
    "ALTER TABLE orders ALTER COLUMN note TYPE jsonb USING to_jsonb(note)": "22P02",
    "ALTER TABLE orders ALTER COLUMN id DROP IDENTITY": "23502",
}


def tried(server, migration, *statements):
    base = shop(server)
    signatures = [Signature(each.sql, each.types) for each in statements]
    return alone(statements, signatures, base, changed(server, base, migration), "")


@pytest.mark.parametrize("migration", BREAKS)
def test_a_value_that_no_longer_fits_is_found_though_its_customer_is_not_there(server, migration):
    found = tried(server, migration, Statement("SELECT 1"), Statement(WRITES, (RUN,)))
    assert [(1, Outcome.DISPROVEN, Layer.ALONE, BREAKS[migration])] == [
        (place, finding.outcome, finding.layer, finding.sqlstate) for place, finding in found.items()
    ]
    assert not any(value in found[1].message for value in RUN)


def test_one_bad_run_of_several_is_enough(server18):
    found = tried(
        server18, "ALTER TABLE orders ADD CHECK (total < 100)", Statement(WRITES, ((None, "", "1"), RUN))
    )
    assert {0: "23514"} == {place: finding.sqlstate for place, finding in found.items()}


def test_a_column_that_a_trigger_fills_in_breaks_nothing(server18):
    migration = (
        "ALTER TABLE orders ADD COLUMN wanted text NOT NULL;" + FILLED + ";"
        "CREATE TRIGGER filled BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION filled()"
    )
    assert {} == tried(server18, migration, Statement(WRITES, (RUN,)), Statement(WRITES, ((None, "x", "1"),)))


def test_what_fails_on_the_base_is_never_broken(server18):
    statements = Statement("SELECT 1 / $1::int", (("0",),)), Statement("SELECT currval('orders_id_seq')")
    assert {} == tried(server18, "DROP TABLE orders CASCADE", *statements)


def test_what_hangs_is_unproven_and_says_so(server18, monkeypatch):
    monkeypatch.setattr(trying, "WITHIN", "200ms")
    slow = "CREATE FUNCTION slow() RETURNS int LANGUAGE sql AS 'SELECT 1 FROM pg_sleep({})'"
    base = shop(server18, slow.format(0))
    target = changed(server18, base, slow.format(60).replace("CREATE", "CREATE OR REPLACE"))
    statements = Statement("SELECT slow()"), Statement("SELECT pg_sleep(60)")
    found = alone(statements, [Signature(each.sql) for each in statements], base, target, "")
    assert {0: Outcome.UNPROVEN, 1: Outcome.UNPROVEN} == {
        place: each.outcome for place, each in found.items()
    }
    assert "on the base already" in found[1].message


def test_both_schemas_are_left_as_they_were(server18):
    base = shop(server18)
    target = changed(server18, base, "ALTER TABLE orders ADD CHECK (total < 100)")
    with base.connected() as before, target.connected() as after:
        stood = positions(before), positions(after)
        alone([Statement(WRITES, (RUN,))], [Signature(WRITES)], base, target, "")
        assert stood == (positions(before), positions(after))
        assert (0,) == before.execute("SELECT count(*) FROM orders").fetchone()


def test_where_triggers_may_be_what_differs_nobody_knows():
    full, raised, missing = Fault("23502", "null"), Fault("P0001", "raised"), Fault("23503", "no such row")
    assert judge(full, None, None) is None
    assert judge(full, missing, missing) is None
    assert judge(full, missing, full) == (Outcome.DISPROVEN, full)
    assert judge(full, None, raised) == (Outcome.DISPROVEN, raised)
    assert judge(full, raised, raised) == (Outcome.UNPROVEN, full)
