"""The SQL of the listening triggers: all of it in one schema, and all of it taken away again."""

import re

from tests.unit.schema.trace.copies import BASE
from verdigris.schema.trace.triggers import EVENTS, INSTALL, READINGS, REMOVE, SCHEMA

MADE = re.compile(r"^CREATE (?:EVENT TRIGGER|FUNCTION|SCHEMA|TABLE) ([\w.]+)", re.MULTILINE)


def test_whatever_is_made_bears_its_name():
    made = MADE.findall(INSTALL)
    assert 10 == len(made)
    assert all(name.startswith(SCHEMA) for name in made)


def test_it_hears_and_goes(server):
    with server.create().connected() as connection:
        connection.execute(BASE)
        connection.execute(INSTALL)
        connection.execute("UPDATE users SET age = 1; ALTER TABLE users ADD nice int")
        noted = [(tag, ends) for _, ends, _, tag, *_ in connection.execute(EVENTS)]
        assert [
            ("UPDATE", False),
            ("UPDATE", True),
            ("ALTER TABLE", False),
            ("ALTER TABLE", True),
        ] == noted
        assert connection.execute(READINGS).fetchall()
        connection.execute(REMOVE)
        left = connection.execute(
            "SELECT (SELECT count(*) FROM pg_event_trigger), (SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal)"
        )
        assert (0, 0) == left.fetchone()
