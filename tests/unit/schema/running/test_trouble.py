import psycopg
import pytest

from verdigris.core.errors import ActionError
from verdigris.schema.running.trouble import reached, said


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("SELECT 'ada'::int", "22P02 invalid input syntax for type integer: …"),
        ("SELECT '99999999999'::int", "22003 value … is out of range for type integer"),
        ('SELECT * FROM "Nowhere"', '42P01 relation "Nowhere" does not exist'),
        ("DO $$BEGIN RAISE 'line\none'; END$$", "P0001 line one"),
    ],
)
def test_what_a_server_says_is_told_without_anybodys_data(production, query, sentence):
    with production.connect() as connection, pytest.raises(psycopg.Error) as error:
        connection.execute(query)
    assert sentence == said(error.value)


def test_a_lost_server_is_said_with_what_to_do():
    with (
        pytest.raises(ActionError, match="this: the server does not answer any more; .* run it again"),
        reached("this"),
    ):
        raise psycopg.OperationalError("connection of ada:secret@host failed")


def test_what_the_client_itself_says_is_told():
    assert "it cannot be used so" == said(psycopg.ProgrammingError("it cannot be used so\nmore"))
    assert "InterfaceError" == said(psycopg.InterfaceError())


def test_what_is_no_trouble_of_the_server_goes_through():
    with pytest.raises(KeyError), reached("this"):
        raise KeyError("a")
