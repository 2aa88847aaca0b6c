"""What a statement names: too much rather than too little."""

from __future__ import annotations

import pytest

from verdigris.schema.naming import spells, touches


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT 1", set()),
        ("SELECT a FROM t", {"t", "t.a"}),
        ("SELECT x.a, b FROM s.t x", {"s.t", "s.t.a", "s.t.b"}),
        ("SELECT * FROM t", {"t", "t.*"}),
        ("SELECT x.* FROM t x JOIN u y ON x.id = y.t_id", {"t", "u", "t.*", "t.id", "u.t_id"}),
        ("SELECT count(*) FROM t", {"t"}),
        ("SELECT s.t.a FROM s.t", {"s.t", "s.t.a"}),
        ("UPDATE t SET a = $1 WHERE b = 2 RETURNING c", {"t", "t.a", "t.b", "t.c"}),
        ("DELETE FROM t USING u WHERE t.a = u.b", {"t", "u", "t.a", "u.b"}),
        ("INSERT INTO t VALUES (1)", {"t", "t.*"}),
        ("INSERT INTO t (a) VALUES (1) ON CONFLICT (b) DO NOTHING", {"t", "t.a", "t.b"}),
        ("WITH t AS (SELECT a FROM u) SELECT a FROM t", {"u", "u.a"}),
        (
            "SELECT a FROM t WHERE EXISTS (SELECT FROM u WHERE u.k = t.k)",
            {"t", "u", "t.a", "u.a", "u.k", "t.k"},
        ),
        ("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (b)", {"t", "u"}),
        ('SELECT "Ä" FROM "T t"', {"T t", "T t.Ä"}),
    ],
)
def test_a_statement_touches_what_it_names(sql, words):
    assert words == touches(sql)


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("SELECT 1 FROM orders", True),
        ("SELECT 1 FROM OrDeRs", True),
        ("SELECT 1 FROM reorders", False),
        ("SELECT 1 FROM customers", False),
        ('SELECT 1 FROM "or""der x"', True),
        ('SELECT 1 FROM U&"\\006frders"', True),
        ("", False),
    ],
)
def test_a_text_that_cannot_name_them_is_known_without_parsing(sql, answer):
    assert answer is spells(["orders", 'or"der x', "größe"])(sql)
