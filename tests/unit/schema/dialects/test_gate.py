import pytest

from verdigris.core.errors import ConfigError
from verdigris.schema.dialects.gate import proven, server_of
from verdigris.schema.finding import Outcome
from verdigris.schema.statement import Statement

OLD = [Statement("SELECT nick FROM customer")]


def written(tmp_path, change):
    base, migration = tmp_path / "base.sql", tmp_path / "002_nick.contract.sql"
    base.write_text("CREATE TABLE customer (id INTEGER PRIMARY KEY, nick VARCHAR(20));\n")
    migration.write_text(change)
    return base, [migration]


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ("BEGIN; ALTER TABLE customer DROP COLUMN nick; COMMIT;", Outcome.DISPROVEN),
        ("ALTER TABLE customer ADD COLUMN note TEXT;", Outcome.PROVEN),
        (
            """PRAGMA foreign_keys=OFF; BEGIN; CREATE TABLE n (id INTEGER PRIMARY KEY, nick TEXT);
               DROP TABLE customer; ALTER TABLE n RENAME TO customer; COMMIT; PRAGMA foreign_keys=ON;""",
            Outcome.PROVEN,
        ),
        ("CREATE TRIGGER t AFTER INSERT ON customer BEGIN DELETE FROM customer; END;", Outcome.PROVEN),
    ],
)
def test_sqlite_needs_nothing_but_the_files(tmp_path, change, outcome):
    base, migrations = written(tmp_path, change)
    assert outcome is proven("sqlite", base, migrations, [], OLD).outcome


def test_mariadb_needs_a_server_that_is_nobodys(tmp_path, mariadb):
    base, migrations = written(tmp_path, "ALTER TABLE customer DROP COLUMN nick")
    url = f"mariadb://root@localhost/?socket={mariadb.where['unix_socket']}"
    assert Outcome.DISPROVEN is proven("mariadb", base, migrations, [], OLD, shadow=url).outcome


@pytest.mark.parametrize("url", ["", "postgresql://a/b", "mariadb:///x", "mariadb://a:b@c:port/"])
def test_a_url_that_is_none_is_refused_and_not_repeated(url):
    with pytest.raises(ConfigError, match="--shadow: ") as raised:
        server_of(url)
    assert not url or url not in str(raised.value)


def test_passwords_are_read_as_urls_write_them_and_are_in_no_text():
    server = server_of("mariadb://me:a%40b@db:3307/x")
    assert {"user": "me", "password": "a@b", "host": "db", "port": 3307} == server.where
    assert "a@b" not in repr(server)


def test_a_dialect_that_nobody_knows_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="--dialect oracle: is none that is known"):
        proven("oracle", tmp_path, [], [], [])
