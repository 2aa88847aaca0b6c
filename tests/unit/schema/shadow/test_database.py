"""One database of a shadow, and who is to blame for an error."""

from urllib.parse import quote

import psycopg
import pytest

from verdigris.core.errors import ActionError
from verdigris.schema.shadow.database import Database, first_line, unwell


def test_a_connection_acts_as_the_role(server):
    database = server.create()
    with database.connected() as connection:
        connection.execute('CREATE ROLE "Döner; kebab"')
    with database.connected("Döner; kebab") as connection:
        assert ("Döner; kebab",) == connection.execute("SELECT current_user").fetchone()
    with database.connected() as connection:
        connection.execute('DROP ROLE "Döner; kebab"')


def test_a_role_that_is_not_there_is_the_servers_error(server):
    with pytest.raises(psycopg.errors.InvalidParameterValue), server.create().connected("nobody here"):
        pass


def test_the_url_leads_to_it(server):
    database = server.create()
    with psycopg.connect(database.url()) as connection:
        assert database.name == connection.info.dbname


def test_a_url_holds_whatever_a_password_holds():
    where = (("host", "/tmp/a b"), ("user", "ö@:/"), ("password", "p@ss/w+o rd%"), ("sslmode", "require"))
    url = Database(where, "a/b ?").url()
    read = psycopg.conninfo.conninfo_to_dict(url)
    assert dict(where) | {"dbname": "a/b ?"} == read
    assert quote("p@ss/w+o rd%", safe="") in url


def test_its_password_is_in_no_text_of_it():
    assert "s3cret" not in repr(Database((("password", "s3cret"),), "shop"))


def test_nobody_answering_is_a_sentence(tmp_path):
    where = (("host", str(tmp_path)), ("user", "ann"))
    with (
        pytest.raises(ActionError, match="the shadow does not do its work: connection"),
        Database(where, "x").connected(),
    ):
        pass


def test_a_server_that_goes_away_is_a_sentence(server):
    database = server.create()
    with pytest.raises(ActionError, match="terminating connection"), database.connected() as connection:
        connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def test_a_statements_error_stays_what_it_is(server):
    with pytest.raises(psycopg.errors.UndefinedTable) as caught, server.create().connected() as connection:
        connection.execute("SELECT * FROM nothing\nWHERE secret = 'x'")
    assert not unwell(caught.value)
    assert 'relation "nothing" does not exist' == first_line(caught.value)


@pytest.mark.parametrize(
    ("error", "blamed"),
    [
        (psycopg.errors.DiskFull, True),
        (psycopg.errors.OutOfMemory, True),
        (psycopg.errors.AdminShutdown, True),
        (psycopg.errors.TooManyConnections, True),
        (psycopg.OperationalError, True),
        (psycopg.errors.LockNotAvailable, False),
        (psycopg.errors.QueryCanceled, False),
        (psycopg.errors.UndefinedFile, False),
        (psycopg.errors.InternalError_, False),
        (psycopg.errors.NotNullViolation, False),
    ],
)
def test_who_is_to_blame(error, blamed):
    assert blamed is unwell(error("x"))


def test_a_full_disk_is_called_by_its_name():
    assert "its disk is full: make room there and try again" == first_line(psycopg.errors.DiskFull("x"))
