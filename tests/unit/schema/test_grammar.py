"""A text becomes statements and trees with either library, and nothing that is handed to them ends the process."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from verdigris.core.errors import ConfigError
from verdigris.schema import grammar, libraries
from verdigris.schema.grammar import STATEMENT_MAX, TEXT_MAX, Refusal, pieces, trees

TEXTS = {
    "": [],
    " ;; -- nothing\n/* at /* all */ */;": [],
    "SELECT 1": ["SELECT 1"],
    "-- a\nSELECT 1; -- b\n\n/* c /* d */ */ SELECT 2 -- end\n; ;\nSELECT 3;": [
        "SELECT 1",
        "SELECT 2 -- end",
        "SELECT 3",
    ],
    "SELECT ';', E'\\';', $$;$$, $a$;$$;$a$, \";\" FROM t; SELECT 2": [
        "SELECT ';', E'\\';', $$;$$, $a$;$$;$a$, \";\" FROM t",
        "SELECT 2",
    ],
    "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END; SELECT 3": [
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END",
        "SELECT 3",
    ],
    "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3": [
        "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
        "SELECT 3",
    ],
    "\ufeffSELECT 'é–𝄞';\r\nSELECT 'ü';\r\n": ["SELECT 'é–𝄞'", "SELECT 'ü'"],
    'BEGIN; ALTER TABLE "Odd Näme" ADD x int; COMMIT': [
        "BEGIN",
        'ALTER TABLE "Odd Näme" ADD x int',
        "COMMIT",
    ],
    "SELECT $1::int, interval $1, extract($1 FROM now()) WHERE a IN ($2 /*, … */)": [
        "SELECT $1::int, interval $1, extract($1 FROM now()) WHERE a IN ($2 /*, … */)"
    ],
}


@pytest.fixture(params=["postgast", "pgparse"])
def library(request, monkeypatch):
    """One of the two, as if there were no other."""
    pytest.importorskip(request.param)
    monkeypatch.setattr(grammar, "available", lambda: (getattr(libraries, request.param)(),))
    grammar.grammar.cache_clear()
    trees.cache_clear()
    yield request.param
    grammar.grammar.cache_clear()
    trees.cache_clear()


@pytest.mark.parametrize(("text", "found"), TEXTS.items())
def test_a_text_is_split_as_the_server_would(library, text, found):
    assert found == pieces(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SELECT 1;\n SELEC é", r'line 2, column 2: syntax error at or near "SELEC"'),
        ("SELECT 'é' FORM x 1", r"line 1, column 17: syntax error"),
        ("SELECT 'open", "line 1, column 8: unterminated quoted string"),
        ("SELECT $$open", "line 1, column 8: unterminated dollar-quoted string"),
        ("SELECT (1", "line 1, column 10: syntax error at end of input"),
        ("\\restrict key\nSELECT 1", "line 1, column 1: a command of psql is not SQL"),
        (
            "SELECT 1;\nCOPY t FROM stdin;\n1\t2\n\\.\n",
            "line 3, column 1: rows of COPY … FROM STDIN are not SQL",
        ),
        ("SELECT 1;\x00SELECT 2", "line 1, column 10: a NUL character"),
        ("SELECT '\ud800'", "line 1, column 9: what stands here is not UTF-8"),
        ("CREATE TABLE `t` (a int)", "line 1, column 14: syntax error"),
    ],
)
def test_what_the_grammar_refuses_is_told_with_its_place(library, text, words):
    with pytest.raises(Refusal, match=words):
        pieces(text)


def test_what_is_too_long_is_refused_before_it_is_read():
    with pytest.raises(ConfigError, match=f"longer than the {TEXT_MAX:,} that are read"):
        pieces(" " * (TEXT_MAX + 1))
    with pytest.raises(ConfigError, match=f"longer than the {STATEMENT_MAX:,}"):
        trees(" " * (STATEMENT_MAX + 1))


def test_sixty_operators_in_a_row_are_seen_by_one_of_the_two():
    assert trees("SELECT 1" + "+1" * 60)


@pytest.mark.parametrize(
    "shape",
    [
        "'SELECT 1' + '+1' * 500_000",
        "'SELECT ' + '(' * 9_000 + '1' + ')' * 9_000",
        "'SELECT 1' + ' UNION SELECT 1' * 40_000",
        "'SELECT ' + 'abs(' * 4_900 + '1' + ')' * 4_900",
        "'SELECT ' + 'f(1+1+1+1+1+1, 1 +' * 1_400 + '1' + ')' * 1_400",
    ],
)
def test_no_depth_ends_the_process(shape):
    """In a process of its own: what is tested for is its crash."""
    program = f"""
from verdigris.core.errors import ConfigError
from verdigris.schema.grammar import pieces, trees
assert len(pieces({shape})) == 1
try:
    trees({shape})
except ConfigError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=100, check=False
    )
    assert 0 == done.returncode, done.stderr


def test_the_stack_of_other_threads_stays_as_it_was():
    before = threading.stack_size()
    assert trees("SELECT " + "1, " * 5_000 + "1")
    assert before == threading.stack_size()
