import pytest

from verdigris.core.errors import ConfigError
from verdigris.schema.dialects.ladder import Rung, climbed
from verdigris.schema.dialects.mariadb import split

TABLES = """
CREATE TABLE p (id INT PRIMARY KEY) ENGINE=InnoDB;
CREATE TABLE t (
  id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(50), c VARCHAR(200) NOT NULL DEFAULT '', d DECIMAL(8,2),
  e ENUM('x', 'y'), f INT NOT NULL DEFAULT 0, g TEXT, KEY by_a (a), UNIQUE KEY by_f (f)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
"""
OPERATIONS = {
    "ALTER TABLE t ADD COLUMN n INT": Rung.INSTANT,
    "ALTER TABLE t ADD COLUMN n INT NOT NULL DEFAULT 5": Rung.INSTANT,
    "ALTER TABLE t ADD COLUMN n INT FIRST": Rung.INSTANT,
    "ALTER TABLE t DROP COLUMN g": Rung.INSTANT,
    "ALTER TABLE t RENAME COLUMN a TO n": Rung.INSTANT,
    "ALTER TABLE t CHANGE b n VARCHAR(50)": Rung.INSTANT,
    "ALTER TABLE t ALTER COLUMN f SET DEFAULT 7": Rung.INSTANT,
    "ALTER TABLE t ALTER COLUMN f DROP DEFAULT": Rung.INSTANT,
    "ALTER TABLE t MODIFY e ENUM('x', 'y', 'z')": Rung.INSTANT,
    "ALTER TABLE t MODIFY b VARCHAR(60)": Rung.INSTANT,
    "ALTER TABLE t MODIFY c VARCHAR(200)": Rung.ONLINE,
    "ALTER TABLE t ADD COLUMN n INT AS (a + 1) VIRTUAL": Rung.INSTANT,
    "ALTER TABLE t RENAME TO u": Rung.INSTANT,
    "ALTER TABLE t COMMENT = 'x'": Rung.INSTANT,
    "CREATE INDEX n ON t (b)": Rung.ONLINE,
    "CREATE UNIQUE INDEX n ON t (b)": Rung.ONLINE,
    "ALTER TABLE t ADD INDEX n (b, c)": Rung.ONLINE,
    "ALTER TABLE t ADD CONSTRAINT n CHECK (f < 100)": Rung.COPY,
    "ALTER TABLE t ADD COLUMN n INT AS (a + 1) STORED": Rung.COPY,
    "ALTER TABLE t MODIFY a BIGINT": Rung.COPY,
    "ALTER TABLE t MODIFY a SMALLINT": Rung.COPY,
    "ALTER TABLE t MODIFY b VARCHAR(10)": Rung.COPY,
    "ALTER TABLE t MODIFY b TEXT": Rung.COPY,
    "ALTER TABLE t MODIFY d DECIMAL(10,2)": Rung.COPY,
    "ALTER TABLE t MODIFY e ENUM('y', 'x')": Rung.COPY,
    "ALTER TABLE t CONVERT TO CHARACTER SET latin1": Rung.COPY,
    "ALTER TABLE t ENGINE = Aria": Rung.COPY,
    "CREATE TABLE more (id INT)": Rung.NONE,
    "UPDATE t SET a = 1": Rung.NONE,
    "DROP TABLE t": Rung.NONE,
}


@pytest.fixture
def scratch(mariadb):
    made = mariadb.scratch()
    for sql in split(TABLES):
        assert made.apply(sql) is None
    yield made
    made.close()


@pytest.mark.parametrize("sql", OPERATIONS)
def test_the_server_says_how_it_carries_out_a_change(scratch, sql):
    (found,) = climbed(scratch, [sql])
    assert OPERATIONS[sql] is found.rung
    assert found.hazard is (found.rung is Rung.COPY)
    assert bool(found.why) is (found.rung not in {Rung.INSTANT, Rung.NONE})


def test_what_is_gentler_alone_is_not_gentle_together(scratch):
    ways = climbed(
        scratch, ["ALTER TABLE t ADD COLUMN n INT, ADD INDEX m (b) -- both", "ALTER TABLE t DROP COLUMN n"]
    )
    assert [Rung.ONLINE, Rung.INSTANT] == [each.rung for each in ways]


def test_who_says_how_is_taken_at_their_word(scratch):
    (found,) = climbed(scratch, ["ALTER TABLE t ADD COLUMN n INT, ALGORITHM=COPY"])
    assert Rung.NONE is found.rung


@pytest.mark.parametrize("sql", ["ALTER TABLE gone ADD n INT", "ALTER TABLE t ADD a INT", "nonsense"])
def test_a_statement_that_fails_is_not_classified(scratch, sql):
    with pytest.raises(ConfigError, match="correct the migration"):
        climbed(scratch, [sql])
