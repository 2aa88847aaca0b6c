"""What is known of statements on the schema that they work on, and what another schema says of them."""

from tests.unit.schema.proof.shop import changed, said, shop
from verdigris.schema.proof.reference import RUNS, different, probe, reference
from verdigris.schema.statement import Statement


def test_the_same_text_is_one_statement_with_all_its_runs():
    sent = said(("SELECT $1", ("a",)), "SELECT 2", ("SELECT $1", ("b",)), ("SELECT $1", ("a",)))
    found, places = different(sent)
    assert ["SELECT $1", "SELECT 2"] == [each.sql for each in found]
    assert (("a",), ("b",)) == found[0].runs
    assert (0, 1, 0, 0) == places


def test_runs_have_a_bound():
    found, _ = different(said(*(("SELECT $1", (str(n),)) for n in range(RUNS * 3))))
    assert RUNS == len(found[0].runs)


def test_other_declared_types_make_another_statement():
    found, _ = different(
        [Statement("SELECT $1", types=("text",)), Statement("SELECT $1", types=("integer",))]
    )
    assert 2 == len(found)


def test_a_source_that_sees_texts_only_has_seen_what_another_one_declares_with_types_and_values():
    seen, told = Statement("SELECT $1", normalised=True), Statement("SELECT $1", (("a",),), ("text",))
    for sent in ([seen, told], [told, seen]):
        found, places = different(sent)
        assert ((told,), (0, 0)) == (found, places)


def test_values_without_types_are_not_taken_for_those_of_a_declared_type():
    found, _ = different([Statement("SELECT $1", (("a",),)), Statement("SELECT $1", (("1",),), ("integer",))])
    assert 2 == len(found)


def test_what_cannot_be_planned_here_has_a_fault(server):
    upsert = "INSERT INTO customers (name) VALUES ($1) ON CONFLICT (name) DO NOTHING"
    found = reference(said(upsert, "SELECT id FROM customers"), shop(server))
    assert [("42P10", True), None] == [
        (each.fault.sqlstate, each.unplanned) if each.fault else None for each in found.signatures
    ]


def test_a_domain_that_takes_no_null_can_be_proven_nevertheless(server):
    database = shop(server, "CREATE DOMAIN code AS text NOT NULL; CREATE TABLE coded (c code)")
    (found,) = reference(said("INSERT INTO coded (c) VALUES ($1)"), database).signatures
    assert found.tried


def test_another_schema_says_what_it_does_not_parse_and_what_it_does_not_plan(server):
    base = shop(server)
    known = reference(
        said(
            "SELECT name FROM customers",
            "INSERT INTO customers (email) VALUES ($1) ON CONFLICT (email) DO NOTHING",
            "SELECT id FROM orders",
        ),
        base,
    )
    other = changed(
        server, base, "ALTER TABLE customers DROP COLUMN name, DROP CONSTRAINT customers_email_key"
    )
    found = probe(other, known.signatures)
    assert {0: "42703"} == {n: fault.sqlstate for n, fault in found.unparsed.items()}
    assert {1: "42P10"} == {n: fault.sqlstate for n, fault in found.unplanned.items()}
    assert {1, 2} == set(found.columns)
