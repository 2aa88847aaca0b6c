"""Sequences stand afterwards where they stood before."""

from tests.unit.schema.proof.shop import shop
from verdigris.schema.proof.sequences import positions, put, standing

ODD = 'CREATE SCHEMA "Odd one"; CREATE SEQUENCE "Odd one"."s"" x" START 7; CREATE SEQUENCE down INCREMENT -1'


def test_a_sequence_that_was_used_is_put_back(server):
    database = shop(server, ODD)
    with database.connected() as connection:
        before = positions(connection)
        with standing(database):
            connection.execute("""SELECT nextval('"Odd one"."s"" x"'), nextval('down'), nextval('down')""")
            assert before != positions(connection)
        assert before == positions(connection)
        assert (7, False) == before["Odd one", 's" x']
        assert (7,) == connection.execute("""SELECT nextval('"Odd one"."s"" x"')""").fetchone()


def test_what_stands_nowhere_is_passed_over(server18):
    with shop(server18).connected() as connection:
        put(connection, {("public", "gone"): (3, True)})
        assert ("public", "gone") not in positions(connection)
