"""What expands is carried out by hand, on production that is a real server, and nothing else is."""

import pytest

from tests.unit.cli.schema.conftest import CONTRACT, NOTE, NOTES, OLD, RENAME, ROWS
from verdigris.schema.jobs.papers import Desk

RIGHT = "SELECT count(*) FROM orders WHERE amount = total"
TO_BE_HAD = ("expand", "--database", "env:OWNER", "--directory")
UNKNOWN = "--allow-unproven"


def test_what_expands_is_carried_out_and_what_contracts_is_left(site):
    place = site.write("source", **RENAME) / "migrations"
    code, found, said = site.type(*TO_BE_HAD, str(place), UNKNOWN, nowhere=True)
    assert (0, ["001_amount.expand.sql", "002_amount.backfill.sql"]) == (code, found["carried_out"])
    assert ["003_total.contract.sql contracts and is left for `verdigris schema contract`"] == found["owed"]
    assert [(ROWS,)] == site.ask(RIGHT)
    for sentence in (
        f"nothing was deployed from {site.house.state}",
        "001_amount.expand.sql is carried out, step 1 of 2",
        "002_amount.backfill.sql is carried out, step 2 of 2",
        f"002_amount.backfill.sql: {ROWS} of {ROWS} rows are done",
    ):
        assert any(one.startswith(sentence) for one in said), (sentence, said)
    code, found, _ = site.type(*TO_BE_HAD, str(place), nowhere=True)
    assert (0, [], "there is nothing to expand") == (code, found["carried_out"], found["sentence"])


def test_where_nobody_knows_what_is_sent_nothing_is_carried_out_unless_it_is_typed(site):
    place = site.write("source", **RENAME) / "migrations"
    code, found, _ = site.type(*TO_BE_HAD, str(place), nowhere=True)
    assert (11, [], ["id", "total"]) == (code, found["carried_out"], site.columns())
    assert "nobody knows what is sent" in found["sentence"]
    assert found["sentence"].endswith("or go on all the same with --allow-unproven")


def test_what_would_break_a_statement_that_is_sent_is_not_carried_out(site):
    place, sent = (
        site.write("source", **NOTE) / "migrations",
        site.write("sent", sent=NOTES) / "statements.jsonl",
    )
    code, found, _ = site.type(*TO_BE_HAD, str(place), "--statements", str(sent), nowhere=True)
    assert (11, ["id", "total"]) == (code, site.columns()), found
    assert "001_note.expand.sql: statement 1 breaks `SELECT note FROM orders" in found["sentence"]


@pytest.mark.parametrize(
    ("name", "sql", "told"),
    [
        (
            "001_x",
            "ALTER TABLE orders RENAME COLUMN total TO amount",
            "001_x.sql expands and contracts at once",
        ),
        ("001_x.expand", CONTRACT, "001_x.expand.sql is declared as expand and contracts"),
    ],
)
def test_what_is_both_or_misnamed_is_refused_with_what_to_do(site, name, sql, told):
    site.write("source", **{name: sql})
    code, found, _ = site.type("expand")
    assert (1, ["id", "total"]) == (code, site.columns())
    assert told in found["sentence"]


def test_what_stands_in_the_source_is_proven_with_what_the_serving_release_sends(site):
    site.write("1.0", sent=NOTES)
    site.house.ship("1.0")
    site.write("source", **NOTE, sent=OLD)
    code, found, _ = site.type("expand")
    assert (11, ["id", "total"]) == (code, site.columns()), found
    assert ("disproven", []) == (found["proof"]["verdict"], found["carried_out"])


@pytest.mark.parametrize("phase", ["bake", "stabilize"])
def test_while_a_rollback_is_on_offer_nothing_is_changed_by_hand(site, phase):
    site.write("source", **RENAME)
    site.house.ship("1.0")
    site.house.ship("2.0", phase=phase)
    code, found, _ = site.type("expand")
    assert (14, ["id", "total"]) == (code, site.columns())
    assert f"(2.0) is in {phase} and can still be taken back to 1.0" in found["sentence"]


def test_beside_a_job_of_a_deployment_nothing_is_begun(site):
    site.write("source", **RENAME)
    with Desk(site.house.state / "schema" / "orders", "d-1").at_work():
        code, found, _ = site.type("expand")
    assert (14, ["id", "total"]) == (code, site.columns())
    assert "a job is at work on this schema already" in found["sentence"]


def test_without_a_database_it_says_where_to_name_it(site):
    code, found, _ = site.type("expand", nowhere=True)
    assert 2 == code
    assert "--database URL" in found["sentence"]
