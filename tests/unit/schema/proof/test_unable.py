"""What a version cannot do on the very schema that it is meant for."""

from tests.unit.schema.proof.shop import said, shop
from verdigris.schema.proof.reference import reference
from verdigris.schema.proof.unable import unable


def states(database, *texts):
    return {n: found.sqlstate for n, found in unable(reference(said(*texts), database), database).items()}


def test_only_what_no_row_could_make_good_counts(server):
    database = shop(server, "INSERT INTO customers (id, email) VALUES (1, 'a')")
    assert {1: "23502", 2: "22001", 3: "22P02"} == states(
        database,
        ("INSERT INTO orders (customer_id) VALUES ($1)", ("99",)),
        ("INSERT INTO orders (state) VALUES ($1)", (None,)),
        ("INSERT INTO customers (name) VALUES ($1)", ("x" * 81,)),
        ("SELECT id FROM customers WHERE born = $1::text::int::text::date", ("x",)),
        ("INSERT INTO customers (id, email) VALUES ($1, $2)", ("1", "a")),
        ("SELECT 1", ()),
    )


def test_a_trigger_may_fill_in_what_is_missing(server):
    database = shop(
        server,
        "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.state := ''new''; RETURN NEW; END'",
        "CREATE TRIGGER fill BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION fill()",
    )
    assert {} == states(database, ("INSERT INTO orders (state) VALUES ($1)", (None,)))
