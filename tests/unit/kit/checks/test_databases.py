"""PostgreSQL and its clients are in tests/kit/health; here is what can be lent, and that it is given back."""

import sqlite3

import pytest

from verdigris_kit.checks.databases import dbapi, rows


class Pool:
    """A pool of one of the kinds that there are: its verbs are what it is told apart by."""

    def __init__(self, path, lend, take_back=""):
        self.out, self.path = [], path
        setattr(self, lend, self._lend)
        if take_back:
            setattr(self, take_back, self.out.remove)

    def _lend(self):
        connection = Lent(self.path)
        connection.out = self.out
        self.out.append(connection)
        return connection


class Lent(sqlite3.Connection):
    def close(self):
        self.out.remove(self)
        super().close()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "shop.db"


def test_a_function_that_connects_is_asked_for_a_connection_each_time(path):
    made = []

    def connect():
        made.append(sqlite3.connect(path))
        return made[-1]

    check = dbapi(connect)
    assert (True, True, 2) == (check(), check(), len(made))
    for connection in made:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")


@pytest.mark.parametrize(
    "verbs", [("getconn", "putconn"), ("acquire", "release"), ("get_connection",), ("connection",)]
)
def test_a_pool_gets_back_what_it_lent_also_after_an_error(path, verbs):
    pool = Pool(path, *verbs)
    assert dbapi(pool)()
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        dbapi(pool, "SELECT 1 FROM absent")()
    assert [] == pool.out


def test_a_connection_is_left_open_and_without_a_transaction(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE orders (id)")
    assert dbapi(connection, "INSERT INTO orders VALUES (1) RETURNING id")()
    assert not connection.in_transaction
    assert [] == rows(connection, "SELECT id FROM orders")
    connection.close()


def test_a_query_that_gives_no_row_is_false(path):
    assert not dbapi(lambda: sqlite3.connect(path), "SELECT 1 WHERE 0")()


def test_what_lends_nothing_is_refused_at_start():
    with pytest.raises(ValueError, match="None lends no connection. Give a DB-API connection, a pool"):
        dbapi(None)
