import pytest

from tests.waiting import eventually_sync
from verdigris.core.errors import ActionError, ConfigError, Refused
from verdigris.schema.running.backfill import backfill_of
from verdigris.schema.running.filling import Manners, fill, rows_left

TEXT = "-- rows: 10\nUPDATE orders SET cents = total * 100 WHERE cents IS NULL AND {batch}"
CENTS = backfill_of("003_cents", TEXT)
ORDERS = (
    "CREATE TABLE orders (id bigint PRIMARY KEY, total int NOT NULL, cents int)",
    "INSERT INTO orders SELECT n * 7, n FROM generate_series(1, 95) AS n",
)
COUNTING = backfill_of(
    "004_counting", "-- rows: 10\n-- left: none\nUPDATE orders SET total = total + 1 WHERE {batch}"
)
RIGHT = "SELECT count(*) FROM orders WHERE cents IS DISTINCT FROM total * 100"


def test_every_row_is_filled_in_batches_and_none_is_left(production, quick):
    production.run(*ORDERS)
    filled = fill(production.connect, CENTS, waiting=quick)
    assert (95, 10, 1, 0) == (filled.rows, filled.batches, filled.rounds, filled.left)
    assert 0 == production.one(RIGHT)
    assert filled == fill(production.connect, CENTS, waiting=quick)


def test_rows_that_come_after_the_end_are_filled_when_it_is_asked_for_again(production, quick):
    production.run(*ORDERS)
    fill(production.connect, CENTS, waiting=quick)
    production.run("INSERT INTO orders VALUES (3, 3, NULL)")
    with production.connect() as connection:
        assert 1 == rows_left(connection, CENTS)
    assert 0 == fill(production.connect, CENTS, waiting=quick).left
    assert 0 == production.one(RIGHT)


def test_rows_that_arrive_behind_it_are_fetched_in_another_round(production, quick):
    production.run(*ORDERS)
    arrivals = iter((1, 2, 3))

    def arrive(sentence=""):
        production.run(*(f"INSERT INTO orders VALUES ({n}, 1, NULL)" for n in arrivals))
        return ""

    count = iter(range(100))
    manners = Manners(why=lambda _: arrive() if next(count) == 5 else "")
    filled = fill(production.connect, CENTS, waiting=quick, manners=manners)
    assert (98, 2, 0) == (filled.rows, filled.rounds, filled.left)


def test_when_it_never_ends_it_says_why(production, quick):
    production.run(*ORDERS)
    numbers = iter(range(10_000, 20_000))

    def written_by_version_1(sentence):
        if "goes round again" in sentence:
            production.run(f"INSERT INTO orders VALUES ({next(numbers)}, 1, NULL)")

    def behind_the_cursor(_):
        return production.run(f"INSERT INTO orders VALUES (-{next(numbers)}, 1, NULL)") or ""

    with pytest.raises(
        ActionError, match="rows are left after 5 rounds: rows are still written by version 1"
    ):
        fill(
            production.connect,
            CENTS,
            waiting=quick,
            manners=Manners(why=behind_the_cursor),
            tell=written_by_version_1,
        )


def test_a_statement_that_does_not_do_what_it_asks_is_found_out(production, quick):
    production.run(*ORDERS)
    wrong = backfill_of(
        "003",
        "UPDATE orders SET total = total WHERE cents IS NULL AND total > 100 AND {batch}\n-- left: "
        "SELECT count(*) FROM orders WHERE cents IS NULL",
    )
    with pytest.raises(ActionError, match="95 rows are left and the last round changed none of them"):
        fill(production.connect, wrong, waiting=quick)


@pytest.mark.parametrize(
    ("columns", "values", "key"),
    [
        ("id int PRIMARY KEY", "n", ""),
        ("id uuid PRIMARY KEY", "md5(n::text)::uuid", ""),
        ("id text PRIMARY KEY", "'it''s \\ \"' || chr(960 + n % 50) || n", ""),
        ('a int, "B c" date, PRIMARY KEY ("B c", a)', "n % 7, date '2026-01-01' + n", ""),
        ("id int, code varchar(20) NOT NULL UNIQUE", "NULL, 'c' || n", ""),
        ("id int PRIMARY KEY, at timestamptz NOT NULL UNIQUE", "n, to_timestamp(n * 1.000001)", "-- key: at\n"),
        ("a numeric(20,10) PRIMARY KEY", "n / 3.0", ""),
    ],
)  # fmt: skip
def test_keys_of_every_kind_are_walked_through(production, quick, columns, values, key):
    production.run(
        f'CREATE TABLE "Odd name" ({columns}, done bool NOT NULL DEFAULT false)',
        f'INSERT INTO "Odd name" SELECT {values} FROM generate_series(1, 95) AS n',
    )
    spec = backfill_of(
        "003", f'-- rows: 10\n{key}UPDATE "Odd name" AS "o%s" SET done = true WHERE NOT done AND {{batch}}'
    )
    filled = fill(production.connect, spec, waiting=quick)
    assert (95, 10, 0) == (filled.rows, filled.batches, filled.left)


def test_a_partitioned_table_is_walked_through_as_one(production, quick):
    production.run(
        "CREATE TABLE orders (id int, day int, cents int, PRIMARY KEY (day, id)) PARTITION BY LIST (day)",
        "CREATE TABLE orders_1 PARTITION OF orders FOR VALUES IN (1)",
        "CREATE TABLE orders_2 PARTITION OF orders FOR VALUES IN (2)",
        "INSERT INTO orders SELECT n, 1 + n % 2 FROM generate_series(1, 95) AS n",
    )
    spec = backfill_of("003", "-- rows: 10\nUPDATE orders SET cents = 1 WHERE cents IS NULL AND {batch}")
    assert (95, 0) == (
        fill(production.connect, spec, waiting=quick).rows,
        production.one("SELECT count(*) FROM orders WHERE cents IS NULL"),
    )


@pytest.mark.parametrize(
    ("table", "text", "why"),
    [
        ("CREATE TABLE t (a int)", "UPDATE t SET a = 1 WHERE a IS NULL AND {batch}", "t: it has no unique index"),
        ("CREATE TABLE t (a int UNIQUE)", "-- key: a\nUPDATE t SET a = 1 WHERE a = 0 AND {batch}", "the key a has"),
        ("CREATE VIEW t AS SELECT 1 AS a", "UPDATE t SET a = 1 WHERE a = 0 AND {batch}", "there is no such table"),
        ("SELECT", "UPDATE nowhere SET a = 1 WHERE a = 0 AND {batch}", "nowhere: there is no such table"),
        ("CREATE TABLE t (a int PRIMARY KEY)", "-- left: SELECT 'x'\nUPDATE t SET a = 1 WHERE {batch}", "one number"),
    ],
)  # fmt: skip
def test_what_cannot_be_walked_through_is_refused_with_a_way_out(production, quick, table, text, why):
    production.run(table)
    with pytest.raises(ConfigError, match=why):
        fill(production.connect, backfill_of("003", text), waiting=quick)


def test_a_counter_example_query_cannot_write(production, quick):
    production.run(*ORDERS)
    spec = backfill_of(
        "003", "-- left: DELETE FROM orders RETURNING 1\nUPDATE orders SET cents = 1 WHERE {batch}"
    )
    with pytest.raises(ActionError, match="25006"):
        fill(production.connect, spec, waiting=quick)


def test_a_backfill_that_changed_since_it_began_is_refused(production, quick):
    production.run(*ORDERS)
    fill(production.connect, CENTS, waiting=quick)
    with pytest.raises(Refused, match="003_cents began here on"):
        fill(production.connect, backfill_of("003_cents", TEXT.replace("100", "10")), waiting=quick)
    larger = backfill_of("003_cents", TEXT.replace("rows: 10", "rows: 20"))
    assert 0 == fill(production.connect, larger, waiting=quick).left


def test_it_pauses_while_there_is_a_reason_and_gives_up_in_the_end(production, quick):
    production.run(*ORDERS)
    told = []
    reasons = iter(["requests take 900 ms"] * 3)
    manners = Manners(why=lambda _: next(reasons, ""))
    fill(production.connect, CENTS, waiting=quick, manners=manners, tell=told.append)
    assert "003_cents: pauses because requests take 900 ms" == told[0]
    assert [1.0, 1.0, 1.0] == quick.slept
    slow = Manners(why=lambda _: "requests take 900 ms", paused_most=5)
    production.run("INSERT INTO orders VALUES (1, 1, NULL)")
    with pytest.raises(ActionError, match="paused for 5 s because requests take 900 ms"):
        fill(production.connect, CENTS, waiting=quick, manners=slow)


def test_a_row_that_somebody_holds_is_waited_for_in_blinks(production, quick):
    production.run(*ORDERS)
    writer = production.session()
    writer.execute("BEGIN")
    writer.execute("UPDATE orders SET total = 7 WHERE id = 49")
    quick.then = lambda: writer.execute("COMMIT")
    assert 0 == fill(production.connect, CENTS, waiting=quick).left
    assert 0 == production.one(RIGHT)


def test_killed_in_the_middle_it_goes_on_where_it_was_and_does_no_row_twice(production, quick):
    production.run(*ORDERS)
    was = production.one("SELECT sum(total) FROM orders")
    # It stands still at the fourth batch, in a lock that is held here, and is killed there.
    writer = production.session()
    writer.execute("BEGIN")
    writer.execute("SELECT FROM orders WHERE id = 7 * 35 FOR UPDATE")
    # Its time stands still: after a batch that took long the next one would be smaller.
    program = f"""
from types import SimpleNamespace
from verdigris.schema.running.backfill import Backfill
from verdigris.schema.running.filling import fill
still = SimpleNamespace(now=lambda: 0.0, sleep=lambda seconds: None, between=min)
fill(connect, {COUNTING!r}, tell=print, waiting=still)
"""
    reached = "SELECT max(position[1]) FROM verdigris_schema.backfills"
    with production.runner(program):
        there = "SELECT to_regclass('verdigris_schema.backfills')"
        eventually_sync(lambda: production.one(there) and "210" == production.one(reached), "three batches")
    production.until_alone()
    writer.execute("COMMIT")
    filled = fill(production.connect, COUNTING, waiting=quick)
    assert (95, 10, None) == (filled.rows, filled.batches, filled.left)
    assert was + 95 == production.one("SELECT sum(total) FROM orders")
    fill(production.connect, COUNTING, waiting=quick)
    assert was + 95 == production.one("SELECT sum(total) FROM orders")


def test_it_says_how_far_it_is_and_of_how_many(production, quick):
    production.run(*ORDERS)
    told = []
    slow = Manners(why=lambda _: quick.sleep(3.0) or "")
    fill(production.connect, CENTS, waiting=quick, manners=slow, tell=told.append)
    assert "003_cents: 20 of 95 rows are done" == told[0]
    assert "003_cents: 95 of 95 rows are done" == told[-1]
    assert 5 < len(told) < 10
