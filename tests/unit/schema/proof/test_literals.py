"""Literals whose constant became a number."""

import pytest

from verdigris.schema.proof.literals import masked, placeholders, regrouped, rewritten

WRITTEN = {
    "now() - interval $1": "now() - CAST($1 AS interval)",
    "now() - interval $1 day": "now() - CAST($1 AS interval day)",
    "interval(3) $2": "CAST($2 AS interval(3))",
    "at >= timestamp with time zone $1": "at >= CAST($1 AS timestamp with time zone)",
    "DATE $1 + time $2": "CAST($1 AS DATE) + CAST($2 AS time)",
    "double precision $1": "CAST($1 AS double precision)",
    "extract($1 from at)": "pg_catalog.extract($1, at)",
    "EXTRACT( $1 FROM date $2)": "pg_catalog.extract($1, CAST($2 AS date))",
    "t.date = $1 AND date = $2": "t.date = $1 AND date = $2",
    "'interval $1'": "'interval $1'",
    '"date $1"': '"date $1"',
    "x -- date $1\n": "x -- date $1\n",
    "$a$ date $1 $a$": "$a$ date $1 $a$",
    "mydate $1": "mydate $1",
}


@pytest.mark.parametrize("text", WRITTEN)
def test_typed_literals_become_casts(text):
    assert WRITTEN[text] == rewritten(text, 15)


def test_before_14_there_is_no_function_extract():
    assert "pg_catalog.date_part($1, at)" == rewritten("extract($1 from at)", 13)


def test_what_is_quoted_is_masked_character_by_character():
    text = "SELECT '$1', \"$2\", E'\\'$3', /* $4 */ $5 -- $6"
    assert len(text) == len(masked(text))
    assert [(5, text.index("$5"))] == placeholders(text)


def test_a_constant_of_a_grouping_is_put_back_or_taken_for_another():
    ways = list(regrouped("SELECT trunc($1, at) FROM t GROUP BY trunc('day', at)"))
    assert "SELECT trunc('day', at) FROM t GROUP BY trunc('day', at)" in ways
    assert ["SELECT trunc($1, at) GROUP BY trunc($1, at)"] == list(
        regrouped("SELECT trunc($1, at) GROUP BY trunc($2, at)")
    )
