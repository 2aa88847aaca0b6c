import pytest

from verdigris.core.errors import ConfigError
from verdigris.schema.running.drops import Drop, drops_of
from verdigris.schema.running.words import Name


@pytest.mark.parametrize(
    ("statement", "drops"),
    [
        ("DROP TABLE a", ["a"]),
        ('drop table if exists Shop."A b", b restrict;', ["shop.A b", "b"]),
        ("ALTER TABLE a DROP COLUMN b", ["a.b"]),
        (
            'ALTER TABLE IF EXISTS ONLY "a.b" DROP "c,d", DROP COLUMN IF EXISTS e RESTRICT',
            ["a.b.c,d", "a.b.e"],
        ),
        ("ALTER TABLE a DROP constraint", []),
        ("ALTER TABLE a DROP CONSTRAINT b", []),
        ("ALTER TABLE a ALTER COLUMN b DROP NOT NULL, ALTER b DROP DEFAULT", []),
        ("ALTER TABLE a ADD COLUMN b numeric(10, 2) DEFAULT f(1, 'DROP b')", []),
        ("DROP INDEX a", []),
        ("SELECT 'DROP TABLE a'", []),
        ("", []),
    ],
)
def test_tables_and_columns_that_a_statement_drops_are_found(statement, drops):
    assert drops == [str(drop) for drop in drops_of(statement)]


def test_if_exists_is_remembered():
    assert (Drop(Name("", "a"), "b", if_exists=True),) == drops_of("ALTER TABLE a DROP IF EXISTS b")
    assert (Drop(Name("", "a"), "b"),) == drops_of("ALTER TABLE a DROP b")


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("DROP TABLE a CASCADE", "a: CASCADE drops what it does not name"),
        ("ALTER TABLE a DROP COLUMN b CASCADE", "a.b: CASCADE drops what it does not name"),
        ("ALTER TABLE a DROP COLUMN b, ADD COLUMN c int", "a.b: drop it by a statement of its own"),
        ("DROP TABLE", "it names no table"),
    ],
)
def test_what_can_be_no_tombstone_is_refused(statement, why):
    with pytest.raises(ConfigError, match=why):
        drops_of(statement)
