import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris.schema.sources.placeholders import Style, numbered

CASES = [
    (Style.FORMAT, "SELECT %s, %s", "SELECT $1, $2", ("", "")),
    (Style.FORMAT, "SELECT %(a)s, %(b c)s, %(a)s", "SELECT $1, $2, $1", ("a", "b c")),
    (Style.FORMAT, "SELECT 'a%%' , 5 %% 2, %s", "SELECT 'a%' , 5 % 2, $1", ("",)),
    (Style.FORMAT, "SELECT '%s', \"%s\" /* %s */ -- %s\n, $$%s$$, %s",
     "SELECT '%s', \"%s\" /* %s */ -- %s\n, $$%s$$, $1", ("",)),
    (Style.FORMAT, "SELECT %s::int, a=%s", "SELECT $1::int, a=$2", ("", "")),
    (Style.FORMAT, "SELECT %b, %(x)b", "SELECT $1, $2", ("", "x")),
    (Style.QUESTION, "SELECT * FROM t WHERE a = ? AND b IN (?,?) LIMIT ?",
     "SELECT * FROM t WHERE a = $1 AND b IN ($2,$3) LIMIT $4", ("",) * 4),
    (Style.QUESTION, "SELECT data ? 'key', data ?| array['a'], data ?& ?, data->'x' ? ?",
     "SELECT data ? 'key', data ?| array['a'], data ?& $1, data->'x' ? $2", ("", "")),
    (Style.QUESTION, "SELECT (data) ? ?, a[1] ? ?, \"d\" ? ?", "SELECT (data) ? $1, a[1] ? $2, \"d\" ? $3", ("",) * 3),
    (Style.QUESTION, "SELECT ? ? ?", "SELECT $1 ? $2", ("", "")),
    (Style.QUESTION, "SELECT data ?? ?, ?||'x', a=?", "SELECT data ? $1, $2||'x', a=$3", ("",) * 3),
    (Style.QUESTION, "VALUES ('?', ?) -- ?", "VALUES ('?', $1) -- ?", ("",)),
    (Style.QUESTION, "INSERT INTO t VALUES (?, ?), (?, ?) ON CONFLICT DO NOTHING",
     "INSERT INTO t VALUES ($1, $2), ($3, $4) ON CONFLICT DO NOTHING", ("",) * 4),
    (Style.QUESTION, "UPDATE t SET a = CASE WHEN ? THEN ? ELSE ? END WHERE b BETWEEN ? AND ?",
     "UPDATE t SET a = CASE WHEN $1 THEN $2 ELSE $3 END WHERE b BETWEEN $4 AND $5", ("",) * 5),
    (Style.COLON, "SELECT :a::int, ':b', a[1:2], x::text, :a, :b_2 AS \":c\"",
     "SELECT $1::int, ':b', a[1:2], x::text, $1, $2 AS \":c\"", ("a", "b_2")),
    (Style.COLON, r"SELECT f(a := :v), '12:30', \:no, a[b:c]", "SELECT f(a := $1), '12:30', :no, a[b:c]", ("v",)),
    (Style.AT, "SELECT @a::int, sqlc.arg(b), sqlc.narg('c'), sqlc.arg(a), sqlc.slice(\"d\")",
     "SELECT $1::int, $2, $3, $1, $4", ("a", "b", "c", "d")),
    (Style.AT, "SELECT sqlc.embed(users), a @> b, a <@b, ts @@ q, @ -5, '@no' FROM users WHERE id = @id",
     "SELECT users.*, a @> b, a <@b, ts @@ q, @ -5, '@no' FROM users WHERE id = $1", ("id",)),
    (Style.AT, "SELECT $2, $1, @more", "SELECT $2, $1, $3", ("", "", "more")),
    (Style.DOLLAR, "SELECT $1, '%s', a ? 'b', x::y, @ -1", "SELECT $1, '%s', a ? 'b', x::y, @ -1", ("",)),
]  # fmt: skip


@pytest.mark.parametrize(("style", "sql", "expected", "names"), CASES)
def test_placeholders_become_numbers(style, sql, expected, names):
    assert (expected, names) == numbered(sql, style)


@given(
    st.sampled_from(Style),
    st.text(st.sampled_from("'\"$;?:%@s()a1|&*/- .sqlcarg") | st.characters(), max_size=60),
)
def test_whatever_comes_it_ends_and_says_something(style, sql):
    text, names = numbered(sql, style)
    assert isinstance(text, str)
    assert len(names) <= 65_535 + len(sql)


@given(st.text(st.sampled_from("'\"$;?:%@s()a1|&*/- ") | st.characters(), max_size=60))
def test_what_has_postgresqls_own_stays_as_it_is(sql):
    assert sql == numbered(sql, Style.DOLLAR)[0]
