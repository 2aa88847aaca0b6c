"""Questions that are on their way together."""

from functools import partial

import pytest

from tests.unit.schema.proof.shop import shop
from verdigris.core.errors import ActionError
from verdigris.schema.proof.pipeline import AT_ONCE, answers, fault_of, quietly


def send(sql, pgconn):
    pgconn.send_query_params(sql, [])


def test_one_that_fails_fails_alone(server):
    asked = [[partial(send, b"SELECT 1" if n % 2 else b"SELECT 1/0")] for n in range(3 * AT_ONCE + 1)]
    with shop(server).connected() as connection:
        found = [fault_of(results) for results in answers(connection, asked)]
    assert ["" if n % 2 else "22012" for n in range(len(asked))] == [
        each.sqlstate if each else "" for each in found
    ]


def test_what_follows_a_failure_in_a_question_is_not_done(server):
    with shop(server).connected() as connection:
        asked = [[partial(send, b"SELECT x"), partial(send, b"INSERT INTO events (kind) VALUES ('x')")]]
        assert "42703" == fault_of(next(iter(list(answers(connection, asked))))).sqlstate
        assert (0,) == connection.execute("SELECT count(*) FROM events").fetchone()


def test_nothing_is_written_quietly(server):
    with shop(server).connected() as connection:
        quietly(connection)
        asked = [[partial(send, b"INSERT INTO events (kind) VALUES ('x')")]]
        assert ["25006"] == [fault_of(results).sqlstate for results in answers(connection, asked)]


def test_a_server_that_goes_away_is_an_error_with_a_sentence(server):
    with pytest.raises(ActionError, match="went away"), shop(server).connected() as connection:
        asked = [
            [partial(send, b"SELECT 1")],
            [partial(send, b"SELECT pg_terminate_backend(pg_backend_pid())")],
        ]
        list(answers(connection, [*asked, *asked]))
