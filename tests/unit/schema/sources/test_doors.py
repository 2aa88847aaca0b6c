import pytest

from verdigris.core.errors import ConfigError
from verdigris.schema.sources.doors import Door, door_of, through


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:secret@db.example/shop", Door("db.example", 5432)),
        ("postgresql+psycopg://db.example:6543/shop?sslmode=prefer", Door("db.example", 6543)),
        ("postgres://u@/shop?host=/run/postgresql&port=5433", Door("/run/postgresql", 5433)),
        ("postgresql://u@%2Frun%2Fpostgresql/shop", Door("/run/postgresql", 5432)),
        ("postgresql://[::1]:5433/shop", Door("::1", 5433)),
    ],
)
def test_a_url_has_a_door(url, expected):
    assert expected == door_of(url)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://u:secret@db/shop", "has to name one host"),
        ("postgresql://u:secret@/shop", "has to name one host"),
        ("postgresql://u:secret@a,b/shop", "has to name one host"),
        ("postgresql://u:secret@db:none/shop", "is none"),
        ("postgresql://u:secret@[db/shop", "is none"),
        ("secret", "has to name one host"),
        ("postgresql://u:secret@db/shop?sslmode=verify-full", "TLS ends before the tap"),
    ],
)
def test_what_has_none_is_told_without_the_url(url, said):
    with pytest.raises(ConfigError, match=said) as told:
        door_of(url)
    assert "secret" not in str(told.value)


def test_a_door_is_said_as_people_know_it():
    assert ("db:5432", "/run/.s.PGSQL.5433") == (str(Door("db")), str(Door("/run", 5433)))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://u:s%40@db:5433/shop?sslmode=prefer",
            "postgresql://u:s%40@127.0.0.1:7000/shop?sslmode=prefer",
        ),
        ("postgres://u@/shop?host=/run&port=5433", "postgres://u@127.0.0.1:7000/shop"),
        ("postgresql+asyncpg://db/shop", "postgresql+asyncpg://127.0.0.1:7000/shop"),
    ],
)
def test_a_url_leads_through_another_door(url, expected):
    assert expected == through(url, Door("127.0.0.1", 7000))
