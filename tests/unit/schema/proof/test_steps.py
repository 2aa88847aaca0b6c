"""Which statement of a migration broke something."""

from tests.unit.schema.proof.shop import changed, said, script, shop
from verdigris.schema.finding import Stage, Version
from verdigris.schema.proof import steps
from verdigris.schema.proof.applied import Way, way_of
from verdigris.schema.proof.cells import Place, across
from verdigris.schema.proof.reference import reference
from verdigris.schema.proof.steps import with_steps

SENT = said(
    "SELECT name FROM customers",
    ("INSERT INTO customers (email) VALUES ($1)", ("a@b",)),
    "SELECT id FROM orders",
)
SCRIPTS = [
    script("ALTER TABLE orders ADD a int", "ALTER TABLE customers ADD CHECK (email <> 'a@b')"),
    script("ALTER TABLE orders ADD b int", "ALTER TABLE customers RENAME name TO title", name="002.sql"),
]

DROP = "ALTER TABLE customers DROP name CASCADE"


def named(server):
    base = shop(server)
    place = Place(server, changed(server, base, *(sql for each in SCRIPTS for sql in each.statements)))
    known = reference(SENT, base)
    cell = across(Version.OLD, Stage.EXPANDED, known, Stage.BASE, place)
    return [finding.step for finding in with_steps(cell, known, base, place, way_of(SCRIPTS)).findings]


def test_the_first_statement_after_which_it_fails_is_named(server):
    assert ["002.sql: statement 2", "001.sql: statement 2", ""] == named(server)


def test_of_a_long_migration_what_takes_longer_is_looked_for_file_by_file(server, monkeypatch):
    monkeypatch.setattr(steps, "SHORT", 1)
    assert ["002.sql: statement 2", "001.sql", ""] == named(server)


def test_of_an_endless_one_nothing_is_looked_for(server, monkeypatch):
    monkeypatch.setattr(steps, "STEPS", 3)
    assert ["", "", ""] == named(server)


def test_parts_that_are_no_statements_are_named_as_whoever_carries_them_out_says(server):
    def go(database):
        for name, sql in (
            ("0002", "ALTER TABLE orders ADD a int"),
            ("0003", "ALTER TABLE customers DROP name CASCADE"),
        ):
            with database.connected() as connection:
                connection.execute(sql)
            yield name, name

    base = shop(server)
    place = Place(server, changed(server, base, "ALTER TABLE customers DROP name CASCADE"))
    known = reference(SENT, base)
    cell = across(Version.OLD, Stage.EXPANDED, known, Stage.BASE, place)
    found = with_steps(cell, known, base, place, Way(2, go)).findings
    assert ["0003", "", ""] == [finding.step for finding in found]
