import pytest

from verdigris.core.errors import ConfigError
from verdigris.schema.script import Kind, Script
from verdigris.schema.tools.files import FILE_MAX, directory, read


def written(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_file_is_its_statements_with_what_its_author_says(tmp_path):
    path = written(tmp_path / "003_nick.expand.sql", "alter table a add b int;\n-- and\ncreate table c();")
    found = read(path)
    assert ("003_nick.expand.sql", Kind.EXPAND, False) == (found.name, found.declared, found.alone)
    assert ["alter table a add b int", "create table c()"] == [
        s.split("\n")[-1].strip() for s in found.statements
    ]


@pytest.mark.parametrize("text", [b"", b"\xef\xbb\xbf", b" \r\n\t", b"-- nothing\n", b";;;"])
def test_an_empty_file_has_no_statement(tmp_path, text):
    assert () == read(written(tmp_path / "1_a.sql", text)).statements


def test_a_mark_of_the_encoding_and_carriage_returns_do_not_hurt(tmp_path):
    path = written(tmp_path / "1_a.sql", b"\xef\xbb\xbfselect 1;\r\nselect '\xc3\xa4';\r\n")
    assert ("select 1", "select 'ä'") == read(path).statements


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"select '\xe4';", "is not UTF-8 at byte 8"),
        (b"\xff\xfes\0", "is not UTF-8 at byte 0"),
        (b"select 1;\nselect '\0';", r":2: holds a NUL byte"),
        (b"select 1;\n\\i other.sql\n", r":2: `\\i` is a command of psql"),
        (b"\\restrict abc\nselect 1;", r":1: `\\restrict` is a command of psql"),
        (b"copy a from stdin;\n1\n\\.\n", r":3: data after COPY is for psql"),
        (b"begin; select 1; commit; select 2;", "has its own `begin`"),
        (b"select 1; rollback;", "has its own `rollback`"),
        (b"begin isolation level serializable; select 1; commit;", "has its own `begin isolation"),
    ],
)
def test_what_the_server_would_not_understand_is_refused_with_its_line(tmp_path, text, complaint):
    path = written(tmp_path / "1_a.sql", text)
    with pytest.raises(ConfigError, match=complaint) as raised:
        read(path)
    assert str(raised.value).startswith(str(path))


def test_a_backslash_within_a_string_is_data(tmp_path):
    path = written(tmp_path / "1_a.sql", "select 'a\n\\i b', $$\n\\q\n$$; -- \\d")
    assert 1 == len(read(path).statements)


@pytest.mark.parametrize("ends", ["commit", "END", "Commit Transaction"])
def test_a_transaction_around_all_of_it_is_taken_away(tmp_path, ends):
    path = written(tmp_path / "1_a.sql", f"-- no-transaction\nBEGIN;\nselect 1;\nselect 2;\n{ends};\n")
    assert Script("1_a.sql", ("select 1", "select 2")) == read(path)


def test_savepoints_are_the_authors_own(tmp_path):
    path = written(
        tmp_path / "1_a.sql", "savepoint a; select 1; rollback to a; rollback work to savepoint a;"
    )
    assert 4 == len(read(path).statements)


def test_the_begin_of_a_function_is_no_transaction(tmp_path):
    body = "create function f() returns trigger language plpgsql as $$ begin return new; end $$"
    assert (body,) == read(written(tmp_path / "1_a.sql", body + ";")).statements


@pytest.mark.parametrize(
    "text",
    [
        "-- why\nCREATE UNIQUE INDEX CONCURRENTLY a ON b (c);",
        "drop index concurrently a",
        "reindex index concurrently a",
        "reindex (verbose) table concurrently a",
        "vacuum a",
        "alter table a detach partition b concurrently",
    ],
)
def test_a_single_statement_that_cannot_be_in_a_transaction_is_alone(tmp_path, text):
    assert read(written(tmp_path / "1_a.sql", text)).alone
    assert not read(written(tmp_path / "2_a.sql", text + "; select 1")).alone


def test_a_file_that_is_too_large_or_missing_or_a_directory_is_named(tmp_path):
    huge = tmp_path / "1_a.sql"
    with huge.open("wb") as opened:
        opened.truncate(FILE_MAX + 1)
    with pytest.raises(ConfigError, match="is larger than"):
        read(huge)
    for path in (tmp_path / "2_a.sql", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read"):
            read(path)
    with pytest.raises(ConfigError, match="is no directory"):
        directory(huge)


def test_placeholders_are_for_flyway_to_fill_in(tmp_path):
    text = "-- ${comment}\ncreate table\n${schema}.a();"
    with pytest.raises(ConfigError, match=r":3: \$\{schema\} is filled in by Flyway"):
        read(written(tmp_path / "V1__a.sql", text))


def test_another_splitter_may_be_given_and_its_errors_name_the_file(tmp_path):
    def split(sql):
        raise ConfigError("what is this?")

    with pytest.raises(ConfigError, match=r"1_a\.sql: what is this\?"):
        read(written(tmp_path / "1_a.sql", "select 1"), split)


def test_a_directory_is_read_in_order_with_names_that_people_know(tmp_path):
    for name in ("20260102_b", "20260101_a.contract"):
        written(tmp_path / name / "migration.sql", f"select '{name}'")
    found = directory(tmp_path)
    assert [("20260101_a.contract", Kind.CONTRACT), ("20260102_b", None)] == [
        (s.name, s.declared) for s in found
    ]


def test_a_file_for_another_database_is_taken_as_it_is(tmp_path):
    path = written(tmp_path / "1_a.sql", r"pragma a=off; begin; insert into t values ('it\'s'); commit")
    assert 4 == len(read(path, lambda sql: tuple(sql.split("; "))).statements)
