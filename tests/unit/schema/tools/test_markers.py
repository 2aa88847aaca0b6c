import pytest

from verdigris.core.errors import ConfigError
from verdigris.schema.script import Kind
from verdigris.schema.tools.markers import alone, declared, upward


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("001_a.expand.sql", "select 1", Kind.EXPAND),
        ("001_a.contract.up.sql", "select 1", Kind.CONTRACT),
        ("001_a.Backfill.sql", "select 1", Kind.BACKFILL),
        ("20260101_split.contract", "select 1", Kind.CONTRACT),
        ("001_a.sql", "select 1", None),
        ("001_expand.sql", "select 1", None),
        ("001_a.expanded.sql", "select 1", None),
        ("001_a.expand.old.sql", "select 1", None),
        ("001_a.sql", "-- Why.\n-- verdigris: contract\nselect 1", Kind.CONTRACT),
        ("001_a.sql", "select 1;\n-- verdigris: contract", None),
        ("001_a.sql", "select '-- verdigris: contract'", None),
        ("001_a.expand.sql", "-- VERDIGRIS: Expand\r\nselect 1", Kind.EXPAND),
    ],
)
def test_kind_is_declared_by_name_or_by_a_comment_at_the_top(tmp_path, name, text, kind):
    assert kind is declared(name, text, tmp_path / name)


def test_a_name_and_a_comment_that_differ_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="the name says expand, the comment says contract"):
        declared("1_a.expand.sql", "-- verdigris: contract\nselect 1", tmp_path / "1_a.expand.sql")


def test_a_word_that_means_nothing_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="`-- verdigris: expnad` means nothing"):
        declared("1_a.sql", "-- verdigris: expnad\nselect 1", tmp_path / "1_a.sql")


@pytest.mark.parametrize(
    "text",
    [
        "-- no-transaction\nselect 1",
        "-- verdigris: no-transaction\nselect 1",
        "-- +goose NO TRANSACTION\n-- +goose Up\nselect 1",
        "-- migrate:up transaction:false\nselect 1",
    ],
)
def test_every_tools_word_for_outside_a_transaction_counts(tmp_path, text):
    assert alone(text, tmp_path / "1_a.sql")


@pytest.mark.parametrize(
    "text",
    ["select 1", "select '-- no-transaction'", "select 1 -- no-transaction", "-- migrate:up\nselect 1"],
)
def test_what_no_tool_honours_does_not(tmp_path, text):
    assert not alone(text, tmp_path / "1_a.sql")


def test_files_beside_the_migration_count(tmp_path):
    (tmp_path / "V1__a.sql.conf").write_text("# why\nexecuteInTransaction=false\n")
    (tmp_path / "metadata.toml").write_text("run_in_transaction = false\n")
    assert alone("select 1", tmp_path / "V1__a.sql")
    assert alone("select 1", tmp_path / "up.sql")
    assert not alone("select 1", tmp_path / "V2__b.sql")


def test_a_file_beside_it_that_is_broken_is_named(tmp_path):
    (tmp_path / "metadata.toml").write_text("run_in_transaction = maybe")
    with pytest.raises(ConfigError, match=r"metadata\.toml: is not TOML"):
        alone("select 1", tmp_path / "up.sql")


@pytest.mark.parametrize(
    ("text", "up"),
    [
        ("select 1;", "select 1;"),
        ("-- +goose Up\nselect 1;\n-- +goose Down\nselect 2;", "select 1;"),
        ("-- migrate:down\nselect 2;\n-- migrate:up\nselect 1;", "select 1;"),
        ("-- +goose Up\nselect '\n-- +goose Down\n';", "select '\n-- +goose Down\n';"),
    ],
)
def test_only_what_goes_up_is_read(tmp_path, text, up):
    found = upward(text, tmp_path / "1_a.sql")
    assert (
        up
        == "\n".join(
            line for line in found.split("\n") if not line.startswith(("-- +goose Up", "-- mig"))
        ).strip()
    )
    assert text.count("\n") == found.count("\n")


def test_a_file_that_only_goes_down_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="none that goes up"):
        upward("-- +goose Down\nselect 2;", tmp_path / "1_a.sql")


def test_variables_of_goose_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="only goose can run it"):
        upward("-- +goose ENVSUB ON\n-- +goose Up\nselect '${A}';", tmp_path / "1_a.sql")
