import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.errors import DependentObjectsStillExist

from verdigris.core.errors import ActionError, ConfigError
from verdigris.schema.running.filling import fill
from verdigris.schema.running.sync import (
    backfill_for,
    conflicts,
    disagreeing,
    install,
    installed,
    remove,
)
from verdigris.schema.running.twins import Twins

NAMES = Twins("people", "name", "full_name")
PEOPLE = (
    "CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL DEFAULT 'nobody', full_name text, age int)"
)
BOTH = "SELECT name, full_name FROM people ORDER BY id"


@pytest.fixture
def people(production, quick):
    production.run(PEOPLE)
    assert () == install(production.connect, NAMES, waiting=quick)
    return production


def test_what_either_version_writes_the_other_one_reads(people):
    people.run(
        "INSERT INTO people (id, name) VALUES (1, 'Ada')",
        "INSERT INTO people (id, full_name) VALUES (2, 'Bo')",
    )
    assert [("Ada", "Ada"), ("Bo", "Bo")] == people.rows(BOTH)
    people.run(
        "UPDATE people SET full_name = 'Ada L' WHERE id = 1", "UPDATE people SET name = 'Bob' WHERE id = 2"
    )
    assert [("Ada L", "Ada L"), ("Bob", "Bob")] == people.rows(BOTH)


def test_a_default_of_the_old_one_gives_way_to_what_version_2_writes(people):
    people.run("INSERT INTO people (id) VALUES (1)", "INSERT INTO people (id, full_name) VALUES (2, 'Bo')")
    assert [("nobody", "nobody"), ("Bo", "Bo")] == people.rows(BOTH)
    with people.connect() as connection:
        assert 0 == conflicts(connection, NAMES)


def test_on_conflict_and_copy_are_followed_too(people):
    people.run(
        "INSERT INTO people (id, name) VALUES (1, 'Ada')",
        "INSERT INTO people (id, name) VALUES (1, 'Eve') ON CONFLICT (id) DO UPDATE SET name = excluded.name",
    )
    assert [("Eve", "Eve")] == people.rows(BOTH)
    people.run(
        "INSERT INTO people (id, full_name) VALUES (1, 'Zoe')"
        " ON CONFLICT (id) DO UPDATE SET full_name = excluded.full_name"
    )
    copying = "COPY people (id, full_name) FROM STDIN"
    with people.connect() as connection, connection.cursor() as cursor, cursor.copy(copying) as copy:
        copy.write_row((2, "Bo"))
    assert [("Zoe", "Zoe"), ("Bo", "Bo")] == people.rows(BOTH)


def test_when_one_write_gives_both_the_new_one_wins_and_it_is_counted(people):
    people.run("INSERT INTO people VALUES (1, 'Ada', 'Ada')", "UPDATE people SET name = 'X', full_name = 'Y'")
    assert [("Y", "Y")] == people.rows(BOTH)
    people.run("UPDATE people SET name = 'Z', full_name = 'Z'")
    with people.connect() as connection:
        assert 1 == conflicts(connection, NAMES)


def test_a_role_that_may_only_write_the_table_is_served(people):
    people.run(
        "DROP ROLE IF EXISTS clerk", "CREATE ROLE clerk", "GRANT SELECT, INSERT, UPDATE ON people TO clerk"
    )
    try:
        people.run(
            "SET ROLE clerk",
            "INSERT INTO people VALUES (1, 'Ada', 'Ada')",
            "UPDATE people SET name = 'X', full_name = 'Y'",
        )
        assert [("Y", "Y")] == people.rows(BOTH)
        with people.connect() as connection:
            assert 1 == conflicts(connection, NAMES)
    finally:
        people.run("DROP OWNED BY clerk", "DROP ROLE clerk")


def test_other_triggers_come_first_and_one_that_does_not_is_told(people, quick):
    people.run(
        "CREATE FUNCTION tidy() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN NEW.name := lower(NEW.name); RETURN NEW; END'",
        "CREATE TRIGGER zz_tidy BEFORE INSERT OR UPDATE ON people FOR EACH ROW EXECUTE FUNCTION tidy()",
        "INSERT INTO people (id, name) VALUES (1, 'ADA')",
    )
    assert [("ada", "ada")] == people.rows(BOTH)
    people.run('ALTER TRIGGER zz_tidy ON people RENAME TO "ä"')
    (note,) = install(people.connect, NAMES, waiting=quick)
    assert "the trigger ä comes after ours" in note


def test_installing_and_removing_may_be_repeated(people, quick):
    install(people.connect, NAMES, waiting=quick)
    with people.connect() as connection:
        assert installed(connection, NAMES)
    for _ in range(2):
        remove(people.connect, NAMES, waiting=quick)
    with people.connect() as connection:
        assert not installed(connection, NAMES)
    people.run("INSERT INTO people (id, name) VALUES (1, 'Ada')")
    assert [("Ada", None)] == people.rows(BOTH)
    install(people.connect, NAMES, waiting=quick)
    people.run("INSERT INTO people (id, name) VALUES (2, 'Bo')")
    assert ("Bo", "Bo") == people.rows(BOTH)[1]


def test_rows_from_before_are_backfilled_and_the_old_twin_is_left_alone(production, quick):
    production.run(
        "CREATE TABLE orders (id int PRIMARY KEY, total numeric(10,3), cents int)",
        "INSERT INTO orders SELECT n, n + 0.345 FROM generate_series(1, 95) AS n",
    )
    twins = Twins("orders", "total", "cents", up="round({value} * 100)", down="{value} / 100.0 -- cents")
    install(production.connect, twins, waiting=quick)
    with production.connect() as connection:
        assert 95 == disagreeing(connection, twins)
        spec = backfill_for(connection, twins, rows=10)
    was = production.rows("SELECT id, total FROM orders ORDER BY id")
    filled = fill(production.connect, spec, waiting=quick)
    assert (95, 0) == (filled.rows, filled.left)
    assert was == production.rows("SELECT id, total FROM orders ORDER BY id")
    production.run("UPDATE orders SET cents = 777 WHERE id = 1")
    assert "7.770" == str(production.one("SELECT total FROM orders WHERE id = 1"))


def test_a_backfill_fills_either_twin_and_decides_between_no_two(production, quick):
    production.run(
        "CREATE TABLE t (id int PRIMARY KEY, a int, b int)",
        "INSERT INTO t VALUES (1, 12, NULL), (2, NULL, 1234), (3, NULL, NULL)",
    )
    twins = Twins("t", "a", "b", "{value} * 100", "{value} / 100")
    install(production.connect, twins, waiting=quick)
    with production.connect() as connection:
        spec = backfill_for(connection, twins)
    assert 0 == fill(production.connect, spec, waiting=quick).left
    assert [(1, 12, 1200), (2, 12, 1234), (3, None, None)] == production.rows("SELECT * FROM t ORDER BY id")
    production.run("SET session_replication_role = replica", "INSERT INTO t VALUES (4, 5, 700)")
    with pytest.raises(ActionError, match="1 rows are left and the last round changed none of them"):
        fill(production.connect, spec, waiting=quick)
    assert [(5, 700)] == production.rows("SELECT a, b FROM t WHERE id = 4")


def test_a_partitioned_table_and_odd_names_are_served(production, quick):
    production.run(
        'CREATE TABLE "Our ""people"" s" (id int, "old Näme" json, "select" json) PARTITION BY LIST (id)',
        'CREATE TABLE first PARTITION OF "Our ""people"" s" FOR VALUES IN (1)',
    )
    twins = Twins('"Our ""people"" s"', "old Näme", "select")
    install(production.connect, twins, waiting=quick)
    production.run("""INSERT INTO "Our ""people"" s" (id, "select") VALUES (1, '{"a": 1}')""")
    production.run("""UPDATE first SET "old Näme" = '{"a":1}'""")
    assert [({"a": 1}, {"a": 1})] == production.rows('SELECT "old Näme", "select" FROM first')
    assert 0 == production.one("""SELECT count(*) FROM first WHERE "old Näme"::text <> "select"::text""")
    production.run('CREATE TABLE second PARTITION OF "Our ""people"" s" FOR VALUES IN (2)')
    production.run("""INSERT INTO second (id, "select") VALUES (2, '1')""")
    assert 1 == production.one('SELECT "old Näme" FROM second')


def test_what_does_not_fit_is_refused_to_the_writer_and_never_cut_off(production, quick):
    production.run("CREATE TABLE t (id int PRIMARY KEY, a varchar(3), b text)")
    install(production.connect, Twins("t", "a", "b"), waiting=quick)
    with pytest.raises(Exception, match="value too long"):
        production.run("INSERT INTO t (id, b) VALUES (1, 'abcdef')")


def test_rows_of_a_replication_keep_what_they_bring(people):
    people.run("SET session_replication_role = replica", "INSERT INTO people VALUES (1, 'Ada', 'Bo', 1)")
    assert [("Ada", "Bo")] == people.rows(BOTH)
    people.run("UPDATE people SET age = 2")
    assert [("Ada", "Bo")] == people.rows(BOTH)
    with people.connect() as connection:
        assert 1 == disagreeing(connection, NAMES)


@pytest.mark.parametrize(
    ("table", "twins", "why"),
    [
        ("SELECT", Twins("t", "a", "b"), "t: there is no such table"),
        ("CREATE VIEW t AS SELECT 1 AS a, 2 AS b", Twins("t", "a", "b"), "t is no table"),
        ("CREATE TABLE t (a int)", Twins("t", "a", "b"), "t.b: there is no such column"),
        ("CREATE TABLE t (a int)", Twins("t", "a", "a"), "no twin of itself"),
        (
            "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a) STORED)",
            Twins("t", "a", "b"),
            "b: a generated",
        ),
        (
            "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY, b int)",
            Twins("t", "a", "b"),
            "t.a: an identity column",
        ),
        (
            "CREATE TABLE t (a int, b int DEFAULT 1)",
            Twins("t", "a", "b"),
            "t.b: leave its DEFAULT out until contract",
        ),
        (
            "CREATE TABLE t (a int, b int) PARTITION BY LIST (a)",
            Twins("t", "a", "b"),
            "chooses the partition",
        ),
        ("CREATE TABLE t (a int, b int)", Twins("t", "a", "b", up="{value} +"), "up: 42601"),
        ("CREATE TABLE t (a int, b int)", Twins("t", "a", "b", down="nowhere({value})"), "down: 42883"),
        (
            "CREATE TABLE t (a int, b int)",
            Twins("t", "a", "b", up="1) AS int); DROP TABLE t; --"),
            "up: 42601",
        ),
        ("CREATE TABLE t (a int, b point)", Twins("t", "a", "b"), "up: 42846"),
    ],
)
def test_what_cannot_be_twins_is_refused(production, quick, table, twins, why):
    production.run(table)
    with pytest.raises(ConfigError, match=why):
        install(production.connect, twins, waiting=quick)
    assert 0 == production.one("SELECT count(*) FROM pg_trigger WHERE tgname LIKE '~verdigris%'")


MAPPINGS = (
    ("text", "text", "", ""),
    ("int", "text", "", ""),
    ("int NOT NULL", "bigint", "{value} * 100", "{value} / 100"),
    ("varchar(9) NOT NULL", "text NOT NULL", "lower({value})", ""),
)
WRITES = st.tuples(
    st.sampled_from(["old", "new", "both"]),
    st.sampled_from(["put", "set", "age", "drop"]),
    st.integers(1, 3),
    st.integers(0, 9),
)


@pytest.mark.parametrize(("old", "new", "up", "down"), MAPPINGS)
def test_whatever_two_versions_write_each_reads_its_own_and_both_agree(production, quick, old, new, up, down):
    production.run(f"CREATE TABLE t (id int PRIMARY KEY, a {old}, b {new}, age int)")
    twins = Twins("t", "a", "b", up, down)
    install(production.connect, twins, waiting=quick)

    @settings(max_examples=15, suppress_health_check=list(HealthCheck))
    @given(st.lists(WRITES, max_size=12))
    def property_(writes):
        with production.connect() as connection:
            connection.execute("TRUNCATE t")
            for version, what, row, number in writes:
                value = {"a": str(number), "b": str(number * 100 if "100" in up else number)}
                mine = {"old": ["a"], "new": ["b"], "both": ["a", "b"]}[version]
                write(connection, what, row, {name: value[name] for name in mine})
                if what in ("put", "set"):
                    for seen in connection.execute(
                        "SELECT a::text, b::text FROM t WHERE id = %s", (row,)
                    ).fetchall():
                        assert (
                            value["b" if "b" in mine else "a"]
                            == seen["ab".index("b" if "b" in mine else "a")]
                        )
                assert 0 == disagreeing(connection, twins)

    property_()


def write(connection, what, row, values):
    names, marks = ", ".join(values), ", ".join(["%s"] * len(values))
    changes = ", ".join(f"{name} = %s" for name in values)
    data = list(values.values())
    if what == "put":
        connection.execute(
            f"INSERT INTO t (id, {names}) VALUES (%s, {marks}) ON CONFLICT (id) DO UPDATE SET {changes}",
            [row, *data, *data],
        )
    elif what == "set":
        connection.execute(f"UPDATE t SET {changes} WHERE id = %s", [*data, row])
    elif what == "age":
        connection.execute("UPDATE t SET age = coalesce(age, 0) + 1 WHERE id = %s", [row])
    else:
        connection.execute("DELETE FROM t WHERE id = %s", [row])


def test_a_drop_that_cascades_takes_both_triggers_in_the_same_moment(people):
    people.run(
        "ALTER TABLE people DROP COLUMN name CASCADE", "INSERT INTO people (id, full_name) VALUES (1, 'Ada')"
    )
    assert [("Ada",)] == people.rows("SELECT full_name FROM people")
    assert [] == people.rows("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")


@pytest.mark.parametrize("column", ["name", "full_name"])
def test_a_drop_that_does_not_cascade_is_refused_with_both_by_name(people, column):
    with pytest.raises(DependentObjectsStillExist) as raised:
        people.run(f"ALTER TABLE people DROP COLUMN {column}")
    assert 2 == str(raised.value).count("~verdigris_sync_")
