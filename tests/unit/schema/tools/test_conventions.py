import pytest

from verdigris.core.errors import ConfigError
from verdigris.schema.tools import conventions
from verdigris.schema.tools.conventions import Convention, ordered, recognised, version_of

PLAIN = (
    "1_a.sql",
    "003_c.expand.sql",
    "003_c.backfill.sql",
    "003_c.contract.sql",
    "010_d.expand.sql",
    "20260101_e.sql",
)
FLYWAY = (
    "V1__a.sql",
    "V1_1__b.sql",
    "V1.2__c.sql",
    "V1.10__d.sql",
    "V2__e.sql",
    "V10__f.sql",
    "R__alpha.sql",
    "R__beta.sql",
)
MIGRATE = ("000001_a.up.sql", "000002_b.up.sql", "10_c.up.sql")


def made(tmp_path, names, text="select 1;"):
    for name in reversed(names):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("convention", "names", "passed_over", "text"),
    [
        (Convention.PLAIN, PLAIN, ("1_a.down.sql", "README.md"), "select 1;"),
        (Convention.FLYWAY, FLYWAY, ("U2__e.sql", "B3__x.sql", "V1__a.sql.conf"), "select 1;"),
        (Convention.GOLANG_MIGRATE, MIGRATE, ("000001_a.down.sql", "seed.sql"), "select 1;"),
        (Convention.DIESEL, ("2026-01-01_a/up.sql", "2026-01-02_b/up.sql"), ("2026-01-01_a/down.sql",), ""),
        (Convention.PRISMA, ("20260101_a/migration.sql", "20260102_b/migration.sql"), ("migration_lock.toml",), ""),
        (Convention.GOOSE, ("00001_a.sql", "2_b.sql"), ("notes.txt", "x_test.go"), "-- +goose Up\nselect 1;"),
        (Convention.DBMATE, ("20260101_a.sql", "20260102_b.sql"), (), "-- migrate:up\nselect 1;"),
    ],
)  # fmt: skip
def test_each_tools_directory_is_recognised_and_in_its_order(tmp_path, convention, names, passed_over, text):
    made(tmp_path, names + passed_over, text)
    assert convention is recognised(tmp_path)
    assert [tmp_path / name for name in names] == list(ordered(tmp_path, convention))


def test_sqlx_is_read_both_ways(tmp_path):
    made(tmp_path, ("20260101_a.sql", "20260102_b.up.sql", "20260102_b.down.sql", "seed.sql"))
    assert ["20260101_a.sql", "20260102_b.up.sql"] == [p.name for p in ordered(tmp_path, Convention.SQLX)]


def test_flyway_looks_below_its_directory(tmp_path):
    made(tmp_path, ("2026/V1__a.sql", "2027/V2__b.sql"))
    assert Convention.FLYWAY is recognised(tmp_path)
    assert ["V1__a.sql", "V2__b.sql"] == [path.name for path in ordered(tmp_path, Convention.FLYWAY)]


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        (("003_a.expand.sql", "003_b.expand.sql"), "003_a.expand.sql and 003_b.expand.sql have one number"),
        (("V1__a.sql", "V1.0__b.sql"), "have one number"),
        (("1_a.up.sql", "01_b.up.sql"), "have one number"),
        (("1_a.sql", "seed.sql"), "seed.sql: has no number in front"),
        (("9" * 31 + "_a.sql",), "a version has at most 30 digits"),
    ],
)
def test_what_has_no_order_is_refused(tmp_path, names, complaint):
    made(tmp_path, names)
    with pytest.raises(ConfigError, match=complaint):
        ordered(tmp_path, recognised(tmp_path))


def test_a_migration_in_go_is_gooses_own(tmp_path):
    made(tmp_path, ("1_a.sql", "2_b.go"), "-- +goose Up\n")
    with pytest.raises(ConfigError, match="is written in Go"):
        ordered(tmp_path, recognised(tmp_path))


def test_an_empty_directory_has_no_migration(tmp_path):
    assert () == ordered(tmp_path, recognised(tmp_path))


def test_a_directory_that_is_the_whole_disk_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(conventions, "FILES_MAX", 2)
    with pytest.raises(ConfigError, match="holds more than 2 files"):
        recognised(made(tmp_path, ("1_a.sql", "2_a.sql", "3_a.sql")))


@pytest.mark.parametrize(
    ("name", "convention", "version"),
    [
        ("003_a.expand.sql", Convention.PLAIN, "003_a.expand.sql"),
        ("V1.2__a.sql", Convention.FLYWAY, "V1.2__a.sql"),
        ("000012_a.up.sql", Convention.GOLANG_MIGRATE, "12"),
        ("20260101_a.sql", Convention.SQLX, "20260101"),
        ("00003_a.sql", Convention.GOOSE, "3"),
        ("2026-01-02-030405_a", Convention.DIESEL, "20260102030405"),
        ("20260101_a", Convention.PRISMA, "20260101_a"),
        ("0042_a.sql", Convention.DBMATE, "0042"),
    ],
)
def test_versions_are_as_the_tools_table_has_them(name, convention, version):
    assert version == version_of(name, convention)
