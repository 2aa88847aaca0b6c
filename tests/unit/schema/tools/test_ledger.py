import pytest

from verdigris.core.errors import ActionError, ConfigError
from verdigris.schema.script import Script
from verdigris.schema.tools.conventions import Convention
from verdigris.schema.tools.ledger import added, applied, unapplied

MADE = {
    Convention.FLYWAY: (
        "create table flyway_schema_history (installed_rank int, version text, type text, script text, success bool)",
        "insert into flyway_schema_history values (2, '1', 'SQL', 'a/V1__a.sql', true), (3, '', '', 'R__x.sql', true)",
        ("V1__a.sql", "V2__b.sql", "R__x.sql"),
        ("V2__b.sql", "R__x.sql"),
    ),
    Convention.GOLANG_MIGRATE: (
        "create table schema_migrations (version bigint, dirty bool)",
        "insert into schema_migrations values (2, false)",
        ("000001_a.up.sql", "000002_b.up.sql", "000003_c.up.sql"),
        ("000003_c.up.sql",),
    ),
    Convention.SQLX: (
        "create table _sqlx_migrations (version bigint, success bool)",
        "insert into _sqlx_migrations values (20260101, true)",
        ("20260101_a.sql", "20260102_b.sql"),
        ("20260102_b.sql",),
    ),
    Convention.DIESEL: (
        "create table __diesel_schema_migrations (version varchar(50))",
        "insert into __diesel_schema_migrations values ('20260101000000')",
        ("2026-01-01-000000_a", "2026-01-02-000000_b"),
        ("2026-01-02-000000_b",),
    ),
    Convention.PRISMA: (
        "create table _prisma_migrations (migration_name text, finished_at timestamptz, rolled_back_at timestamptz)",
        "insert into _prisma_migrations values ('1_a', now(), null), ('2_b', null, now())",
        ("1_a", "2_b"),
        ("2_b",),
    ),
    Convention.GOOSE: (
        "create table goose_db_version (id serial, version_id bigint, is_applied bool)",
        "insert into goose_db_version (version_id, is_applied) values (0, true), (1, true), (2, true), (2, false)",
        ("00001_a.sql", "00002_b.sql"),
        ("00002_b.sql",),
    ),
    Convention.DBMATE: (
        "create table schema_migrations (version varchar(128))",
        "insert into schema_migrations values ('0001')",
        ("0001_a.sql", "0002_b.sql"),
        ("0002_b.sql",),
    ),
}


def scripts(names):
    return tuple(Script(name, ("select 1",)) for name in names)


@pytest.mark.parametrize("convention", MADE)
def test_a_tools_table_tells_what_is_new(server, convention):
    table, rows, names, new = MADE[convention]
    with server.create().connected() as connection:
        assert scripts(names) == unapplied(connection, convention, scripts(names))
        connection.execute(table)
        assert scripts(names) == unapplied(connection, convention, scripts(names))
        connection.execute(rows)
        assert scripts(new) == unapplied(connection, convention, scripts(names))


@pytest.mark.parametrize(
    ("convention", "row"),
    [
        (Convention.GOLANG_MIGRATE, "insert into schema_migrations values (3, true)"),
        (Convention.SQLX, "insert into _sqlx_migrations values (3, false)"),
        (Convention.PRISMA, "insert into _prisma_migrations values ('3_c', null, null)"),
    ],
)
def test_what_stands_half_applied_is_the_tools_to_mend(server18, convention, row):
    with server18.create().connected() as connection:
        connection.execute(MADE[convention][0])
        connection.execute(row)
        with pytest.raises(ActionError, match=f"{convention} left 3.* half applied"):
            applied(connection, convention)


def test_flyway_may_have_begun_late(server18):
    names = ("V1__a.sql", "V1_5__b.sql", "V2__c.sql")
    with server18.create().connected() as connection:
        connection.execute(MADE[Convention.FLYWAY][0])
        connection.execute(
            "insert into flyway_schema_history values (1, '1.5', 'BASELINE', '<< Flyway Baseline >>', true)"
        )
        assert scripts(names[2:]) == unapplied(connection, Convention.FLYWAY, scripts(names))


def test_a_table_of_that_name_that_is_another_tools_is_named(server18):
    with server18.create().connected() as connection:
        connection.execute("create table schema_migrations (version varchar(128))")
        with pytest.raises(ConfigError, match="schema_migrations is not the table that golang-migrate makes"):
            applied(connection, Convention.GOLANG_MIGRATE)
        with pytest.raises(ConfigError, match="have no table of their own"):
            applied(connection, Convention.PLAIN)


def test_a_release_brings_what_the_previous_did_not_have():
    assert scripts(["2_b.sql"]) == added(scripts(["1_a.sql"]), scripts(["1_a.sql", "2_b.sql"]))


def test_a_migration_that_was_changed_afterwards_is_refused():
    with pytest.raises(ConfigError, match="1_a.sql: is not what the previous release had under that name"):
        added(scripts(["1_a.sql"]), (Script("1_a.sql", ("select 2",)),))


def test_a_repeatable_one_may_change():
    changed = (Script("R__a.sql", ("select 2",)),)
    assert changed == added(scripts(["R__a.sql"]), changed)
