"""What a statement is meant to do, from its text."""

import pytest

from verdigris.schema.grammar import trees, walk
from verdigris.schema.trace.deeds import Deed, bounded, deeds, wide


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("ALTER TABLE t ALTER a SET NOT NULL, ALTER b TYPE bigint", (Deed.SET_NOT_NULL, Deed.CHANGE_TYPE)),
        ("ALTER TABLE t ADD CHECK (a > 0)", (Deed.CHECK,)),
        ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u", (Deed.FOREIGN_KEY,)),
        ("ALTER TABLE t ADD UNIQUE (a)", (Deed.UNIQUE,)),
        ("ALTER TABLE t ADD CONSTRAINT u UNIQUE USING INDEX i", ()),
        ("ALTER TABLE t ADD a serial", (Deed.COUNTED,)),
        ("ALTER TABLE t ADD a uuid DEFAULT gen_random_uuid() UNIQUE", (Deed.DEFAULT, Deed.UNIQUE_COLUMN)),
        ("CREATE INDEX ON t (a)", (Deed.CREATE_INDEX,)),
        ("TRUNCATE t", (Deed.EMPTY,)),
        ("ALTER TABLE t SET UNLOGGED", (Deed.MOVE,)),
        ("CREATE TABLE t (a serial)", ()),
        ("no SQL at all", ()),
    ],
)
def test_a_statement_is_known_by_its_text(sql, expected):
    assert expected == deeds(sql)


def every(sql):
    return [one for tree in trees(sql) for one in walk(tree)]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("UPDATE t SET a = 1", True),
        ("UPDATE t SET a = 1 WHERE a > 3", True),
        ("DELETE FROM t WHERE a = 1 OR b IS NULL", True),
        ("WITH gone AS (DELETE FROM t RETURNING a) SELECT * FROM gone", True),
        ("UPDATE t SET a = 1 WHERE id = 5", False),
        ("UPDATE t SET a = 1 WHERE id >= 5 AND id < 8", False),
        ("UPDATE t SET a = 1 WHERE id >= 5 AND b < 8", True),
        ("DELETE FROM t WHERE id BETWEEN 1 AND 9", False),
        ("DELETE FROM t WHERE id IN (1, 2)", False),
        ("INSERT INTO t SELECT * FROM u", False),
    ],
)
def test_a_change_of_rows_is_wide_unless_it_says_which(sql, expected):
    assert expected == wide(every(sql))


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("UPDATE t SET a = 1 WHERE id IN (SELECT id FROM t WHERE a IS NULL LIMIT 100)", True),
        ("DO $$ BEGIN DELETE FROM t WHERE id IN (SELECT id FROM t LIMIT 10); END $$", True),
        ("DO $$ BEGIN DELETE FROM t; END $$", False),
        ("UPDATE t SET a = 1", False),
    ],
)
def test_a_limit_bounds_it(sql, expected):
    assert expected == bounded(every(sql), sql)
