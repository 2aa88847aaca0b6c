"""One version against one schema."""

from tests.unit.schema.proof.shop import changed, said, shop
from verdigris.schema.finding import Layer, Outcome, Stage, Version
from verdigris.schema.proof.cells import Place, across, at_home, only_told
from verdigris.schema.proof.reference import reference


def crossed(server, sent, *statements):
    base = shop(server)
    known = reference(sent, base)
    return across(
        Version.OLD, Stage.EXPANDED, known, Stage.BASE, Place(server, changed(server, base, *statements))
    )


def test_a_statement_is_disproven_by_the_first_layer_that_can(server):
    sent = said(("INSERT INTO customers (email, name) VALUES ($1, $2)", ("a", "b")))
    for sql, layer in (
        ("ALTER TABLE customers DROP COLUMN name", Layer.PARSE),
        ("ALTER TABLE customers ADD COLUMN x int NOT NULL", Layer.CATALOG),
        ("ALTER TABLE customers ADD CHECK (name <> 'b')", Layer.ALONE),
    ):
        (found,) = crossed(server, sent, sql).findings
        assert (Outcome.DISPROVEN, layer) == (found.outcome, found.layer), sql


def test_what_others_lack_because_of_a_broken_one_is_not_theirs(server):
    sent = said(
        ("INSERT INTO customers (email, name) VALUES ($1, $2)", ("a", "b")),
        ("SELECT id FROM customers WHERE email = $1", ("a",)),
    )
    found = crossed(server, sent, "ALTER TABLE customers DROP COLUMN name")
    assert [Outcome.DISPROVEN, Outcome.PROVEN] == [each.outcome for each in found.findings]


def test_parameters_that_nobody_saw_are_counted(server):
    known = reference(said("SELECT id FROM customers WHERE id = $1"), shop(server))
    (note,) = at_home(Version.OLD, Stage.BASE, known).notes
    assert note.startswith("1 statement with parameters, of which none were seen")


def test_what_is_only_told_is_parsed_and_planned(server):
    base = shop(server)
    known = reference(said("SELECT name FROM customers", "SELECT nope", "SELECT id FROM customers"), base)
    there = changed(server, base, "ALTER TABLE customers DROP COLUMN name")
    found = only_told(Version.OLD, Stage.CONTRACTED, known, Place(server, there))
    assert ["disproven", "unproven", "proven"] == [each.outcome for each in found.findings]
