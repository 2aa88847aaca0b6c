"""What says where a database is, and what only looks a little like it."""

import pytest

from verdigris.schema.tools.addresses import is_address


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("A", "postgres://a:b@c/d"),
        ("A", " postgresql+psycopg://c/d"),
        ("A", '{"default": "POSTGRESQL:///d"}'),
        ("A", "mysql+pymysql://c/d"),
        ("A", "mariadb://c/d"),
        ("A", "sqlite:///a.db"),
        ("A", "jdbc:postgresql://c/d"),
        ("A", "user=a host = c"),
        ("A", "dbname=d"),
        ("PGPASSWORD", "x"),
        ("PGSERVICEFILE", "x"),
        ("DATABASE_HOST", "production"),
        ("db_name", "shop"),
    ],
)
def test_an_address_of_a_database_is_known(name, value):
    assert is_address(name, value)


@pytest.mark.parametrize(
    "value", ["orders.settings", "live", "redis://c/0", "https://c/d?localhost=1", "postgres", "", "x)=host"]
)
def test_whatever_else_an_application_needs_is_none(value):
    assert not is_address("SECRET_KEY", value)
