import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.schema.sources.tokens import of_session, pieces, tokens

HARD = "'\"$;-/*\\abE1( )[]\n?:%@é\x00"


@given(st.text(st.sampled_from(HARD) | st.characters(), max_size=60))
def test_all_pieces_together_are_the_text(sql):
    assert sql == "".join(text for _, text in tokens(sql))


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1", ["SELECT 1"]),
        ("", []),
        (" ;; -- nothing\n; /* ; */", []),
        ("SELECT 1; SELECT 2 ;", ["SELECT 1", "SELECT 2"]),
        ("SELECT ';'; SELECT 2", ["SELECT ';'", "SELECT 2"]),
        ("SELECT ''';'; SELECT 2", ["SELECT ''';'", "SELECT 2"]),
        (r"SELECT E'\';'; SELECT 2", [r"SELECT E'\';'", "SELECT 2"]),
        (r"SELECT '\'; SELECT 2", [r"SELECT '\'", "SELECT 2"]),
        ('SELECT 1 AS ";"; SELECT 2', ['SELECT 1 AS ";"', "SELECT 2"]),
        ("SELECT $$;$$; SELECT $a$;$$;$a$", ["SELECT $$;$$", "SELECT $a$;$$;$a$"]),
        ("SELECT a$b$ ; SELECT 2", ["SELECT a$b$", "SELECT 2"]),
        ("SELECT $1; SELECT $2", ["SELECT $1", "SELECT $2"]),
        ("SELECT /* ; /* ; */ ; */ 1; SELECT 2", ["SELECT /* ; /* ; */ ; */ 1", "SELECT 2"]),
        ("SELECT 1 -- ;\n; SELECT 2", ["SELECT 1 -- ;", "SELECT 2"]),
        ("CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3",
         ["CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)", "SELECT 3"]),
        ("SELECT 'open; SELECT 2", ["SELECT 'open; SELECT 2"]),
        ("SELECT $$open; SELECT 2", ["SELECT $$open; SELECT 2"]),
        ("SELECT /* open; SELECT 2", ["SELECT /* open; SELECT 2"]),
    ],
)  # fmt: skip
def test_statements_end_where_postgresql_ends_them(sql, expected):
    assert expected == pieces(sql)


@pytest.mark.parametrize(
    "hard", ["'" * 60_000, "E'" + "\\" * 60_000, "/*" * 30_000, "$" * 60_000, '"' * 60_001, "a$b" * 20_000]
)
def test_hostile_text_takes_no_longer_than_its_length(hard):
    began = time.process_time()
    assert hard == "".join(text for _, text in tokens(hard))
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "sql", ["COMMIT", "-- hello\n BEGIN", "/* a */ set x = 1", "Savepoint a", "DEALLOCATE ALL"]
)
def test_talk_of_the_session_is_known(sql):
    assert of_session(sql)


@pytest.mark.parametrize("sql", ["SELECT 1", "", "WITH a AS (SELECT 1) SELECT 2", "beginning", '"begin"'])
def test_what_reads_or_writes_is_no_talk(sql):
    assert not of_session(sql)
