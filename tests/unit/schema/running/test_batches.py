from verdigris.schema.running.backfill import backfill_of
from verdigris.schema.running.batches import Filling, Manners
from verdigris.schema.running.blocking import InTheWay
from verdigris.schema.running.keys import Key
from verdigris.schema.running.retry import Patience
from verdigris.schema.running.waiting import quietly

SPEC = backfill_of(
    "003", "-- rows: 800\nUPDATE t SET a = 1 WHERE a IS NULL AND a <> '%s {}' AND {batch} OR false"
)
KEY = Key("public", "t", ("id",), ("integer",))


def filling(quick, connection=None):
    manners = Manners(rest=2.0)
    return Filling(connection, SPEC, KEY, quick, Patience(), manners, quietly, InTheWay(1), SPEC.rows)


def test_a_batch_that_took_long_is_followed_by_smaller_ones_and_then_by_larger(quick):
    batches = filling(quick)
    sizes = []
    for took in (0.3, 0.3, 0.1, 0.1, 0.1):
        batches.rest(took, batches.rows)
        sizes.append(batches.rows)
    assert [400, 200, 400, 800, 800] == sizes
    assert [0.6, 0.6, 0.2, 0.2, 0.2] == quick.slept


def test_when_somebody_waited_for_it_it_pauses_and_takes_less(quick):
    batches = filling(quick)
    batches.held_up = True
    batches.rest(0.01, 800)
    assert (400, [1.0], False) == (batches.rows, quick.slept, batches.held_up)


def test_the_range_stands_where_the_file_says_and_everything_else_is_left_as_it_is(quick):
    text = filling(quick).statement(("5",), ("9",)).as_string(None)
    assert text.startswith("UPDATE t SET a = 1 WHERE a IS NULL AND a <> '%s {}' AND (")
    assert (
        """("t"."id") > (CAST('5' AS integer)) AND ("t"."id") <= (CAST('9' AS integer))) OR false""" in text
    )
    assert ">" not in filling(quick).statement(None, ("9",)).as_string(None).replace("<>", "")


def test_who_waits_for_its_rows_is_seen_from_beside(production, quick):
    production.run("CREATE TABLE t (id int PRIMARY KEY)")
    holder = production.session()
    holder.execute("BEGIN")
    holder.execute("LOCK TABLE t")
    waiting = production.in_background("SELECT * FROM t")
    batches = filling(quick)
    batches.in_the_way = InTheWay(holder.info.backend_pid)
    with production.connect() as connection:
        batches.look(connection)
    assert batches.held_up
    holder.execute("COMMIT")
    waiting.join()
