"""The recorded run in its order: what needs what came before it."""

import pytest

from tests.unit.schema.proof.shop import changed, said, shop
from verdigris.schema.finding import Layer, Outcome
from verdigris.schema.proof.replay import replay

RUN = said(
    ("INSERT INTO customers (name, email) VALUES ($1, $2) RETURNING id, active", ("Ada", "ada@example.org")),
    ("INSERT INTO orders (customer_id, note) VALUES ($1, $2) RETURNING *", ("1", "one")),
    ("INSERT INTO orders (customer_id, note) VALUES ($1, $2) RETURNING *", ("1", "one")),
    ("UPDATE orders SET total = total + $1 WHERE customer_id = $2", ("500", "1")),
    "SELECT now(), random(), name FROM customers",
    "SELECT count(*) FROM orders",
)
RAISING = """CREATE FUNCTION closed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'no orders from %', NEW.customer_id; END $$;
CREATE TRIGGER closed BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION closed()"""
QUIET = """CREATE FUNCTION swallowed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER swallowed BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION swallowed()"""

BREAKS = {
    "ALTER TABLE orders ADD CHECK (total < 100)": (3, "23514"),
    "CREATE UNIQUE INDEX ON orders (note)": (2, "23505"),
    "CREATE TABLE notes (note text PRIMARY KEY); ALTER TABLE orders ADD FOREIGN KEY (note) REFERENCES notes": (
        1,
        "23503",
    ),
    "CREATE TABLE notes (note text PRIMARY KEY); ALTER TABLE orders ADD FOREIGN KEY (note) REFERENCES notes"
    " DEFERRABLE INITIALLY DEFERRED": (1, "23503"),
    RAISING: (1, "P0001"),
    QUIET: (3, ""),
}
HARMLESS = [
    "ALTER TABLE orders ADD COLUMN gift boolean NOT NULL DEFAULT false",
    "ALTER TABLE orders ALTER COLUMN qty TYPE bigint",
    "ALTER TABLE orders ALTER COLUMN placed TYPE timestamp",
    "CREATE INDEX ON orders (note)",
    "INSERT INTO customers (name, email) VALUES ('seed', 'seed'), ('seed', 'other seed')",
    "INSERT INTO events (kind) VALUES ('seed')",
]


def replayed(server, migration, run=RUN):
    base = shop(server)
    return replay(run, base, changed(server, base, migration), "")


@pytest.mark.parametrize("migration", BREAKS)
def test_what_needs_what_came_before_is_found(server, migration):
    found = replayed(server, migration)
    place, sqlstate = BREAKS[migration]
    first = next(each for each in found.values() if each.outcome is Outcome.DISPROVEN)
    assert (RUN[place], Layer.REPLAY, sqlstate) == (first.statement, first.layer, first.sqlstate)
    assert "one" not in first.message


@pytest.mark.parametrize("migration", HARMLESS)
def test_what_is_harmless_is_not_spoken_of(server18, migration):
    assert {} == replayed(server18, migration)


def test_what_follows_from_a_failure_is_unproven_and_says_so(server18):
    found = replayed(server18, RAISING)
    assert {1: Outcome.DISPROVEN, 2: Outcome.DISPROVEN, 3: Outcome.UNPROVEN, 5: Outcome.UNPROVEN} == {
        place: each.outcome for place, each in found.items()
    }
    assert found[3].message.endswith("(it may follow from what failed before it)")


def test_another_default_is_for_people_to_judge(server18):
    found = replayed(server18, "ALTER TABLE orders ALTER COLUMN qty SET DEFAULT 7")
    assert {1: Outcome.UNPROVEN, 2: Outcome.UNPROVEN} == {
        place: each.outcome for place, each in found.items()
    }
    assert "it works, with other values in qty in the same run" == found[1].message


def test_rows_that_vanish_disprove(server18):
    base = shop(server18, "CREATE ROLE hidden", "GRANT ALL ON ALL TABLES IN SCHEMA public TO hidden")
    target = changed(
        server18, base, "ALTER TABLE orders ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY new ON orders FOR INSERT WITH CHECK (true)",
        "CREATE POLICY seen ON orders FOR SELECT USING (id = 1)",
    )  # fmt: skip
    run = [
        *RUN[:1],
        *said(("INSERT INTO orders (customer_id) VALUES ($1), ($1)", ("1",)), "SELECT id FROM orders"),
    ]
    found = replay(run, base, target, "hidden")
    assert {2: "it works, on 1 rows instead of 2 in the same run"} == {
        place: each.message for place, each in found.items()
    }


def test_what_fails_on_the_base_is_never_broken(server18):
    run = said(
        "INSERT INTO orders (qty) VALUES (NULL)",
        "COMMIT",
        "SELECT count(*) FROM orders",
        "COPY orders TO STDOUT",
    )
    assert {} == replayed(server18, "ALTER TABLE orders ADD CHECK (total < 0)", run)


def test_without_statements_nothing_is_run(server18):
    assert {} == replayed(server18, "SELECT 1", [])


def test_a_run_that_begins_in_the_middle_still_finds_a_new_foreign_key(server18):
    run = said(("INSERT INTO orders (customer_id, note) VALUES ($1, $2)", ("4711", "one")))
    migration = next(sql for sql in BREAKS if sql.endswith("REFERENCES notes"))
    assert {0: "23503"} == {
        place: each.sqlstate for place, each in replayed(server18, migration, run).items()
    }
    assert {} == replayed(server18, "ALTER TABLE orders ADD COLUMN gift boolean", run)


def test_who_asks_for_the_schema_itself_may_be_told_of_another_one(server18):
    run = said(
        "SELECT column_name FROM information_schema.columns",
        "SELECT relname FROM pg_class WHERE relkind = 'r'",
    )
    assert {} == replayed(server18, "DROP TABLE orders", run)


def test_the_migrations_own_books_do_not_blind_it(server18):
    migration = (
        "INSERT INTO events (kind) VALUES ('applied'); ALTER TABLE orders ALTER COLUMN qty SET DEFAULT 7"
    )
    assert {1, 2} == set(replayed(server18, migration))
