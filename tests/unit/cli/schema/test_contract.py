"""What only the old version needed is taken away by hand: with a proof, when nobody of it is left, and not before."""

import psycopg
import pytest

from tests.unit.cli.schema.conftest import CONTRACT, NEW, OLD, RENAME
from verdigris.adapters.schemas.jobs import desk_of
from verdigris.schema.jobs.papers import Papers

STEP = "003_total.contract.sql"
BLUE_IS_GONE = ("--role", "shop", "--old", "blue", "--yes")


@pytest.fixture
def expanded(site):
    """2.0 serves in green, and needs `amount` only."""
    site.write("1.0", sent=OLD)
    site.house.ship("1.0")
    site.write("2.0", **{"003_total.contract": CONTRACT}, sent=NEW)
    site.house.ship("2.0")
    site.ask("ALTER TABLE orders ADD COLUMN amount int")
    site.ask("GRANT INSERT ON orders TO shop_green")
    return site


def as_blue(site):
    return psycopg.connect(site.production.url().replace("verdigris@", "shop_blue@"))


def papers_of(site):
    newest = site.house.desk().newest("orders").deployment
    return desk_of(site.house.state / "schema" / "orders", newest).read()


def test_it_is_taken_away_under_another_name_and_dropped_when_it_is_due(expanded):
    code, found, said = expanded.type("contract", "--yes")
    assert (0, [STEP], "proven") == (code, found["carried_out"], found["proof"]["verdict"]), found
    assert "total" not in expanded.columns()
    assert ["public.orders.total"] == [kept["what"] for kept in found["kept"]]
    assert f"{STEP} is carried out, step 1 of 1" in said
    assert (True, True) == (papers_of(expanded).contracted, papers_of(expanded).due > 0)
    as_blue(expanded).close()
    code, found, _ = expanded.type("contract", "--drop-due", "--yes")
    assert (0, [], 1) == (code, found["dropped"], len(found["kept"]))
    assert papers_of(expanded).due > 0
    expanded.ask("UPDATE verdigris_schema.tombstones SET due = now() - interval '1 minute' RETURNING number")
    code, found, _ = expanded.type("contract", "--drop-due", "--yes")
    assert (0, ["public.orders.total"], []) == (code, found["dropped"], found["kept"])
    assert ["id", "amount"] == expanded.columns()
    assert 0 == papers_of(expanded).due, "nobody promises it any more"


def test_while_somebody_of_the_old_version_is_there_nothing_is_taken_away(expanded):
    with as_blue(expanded):
        code, found, _ = expanded.type("contract", "--yes")
    assert (1, True) == (code, "total" in expanded.columns())
    assert "1 session of shop_blue is left, so nothing is contracted" in found["sentence"]


def test_what_the_serving_version_still_sends_stays(expanded):
    expanded.write("2.0", sent=NEW + OLD)
    code, found, _ = expanded.type("contract", "--yes")
    assert (11, True) == (code, "total" in expanded.columns())
    assert ("disproven", [STEP]) == (found["proof"]["verdict"], found["owed"])
    assert "42703" in found["sentence"]


def test_without_a_proof_it_goes_on_only_where_that_is_said(expanded):
    expanded.write("2.0", sent="")
    code, found, _ = expanded.type("contract", "--yes")
    assert (11, "unproven", True) == (code, found["proof"]["verdict"], "total" in expanded.columns())
    code, found, _ = expanded.type("contract", "--yes", "--allow-unproven")
    assert (0, False) == (code, "total" in expanded.columns())


@pytest.mark.parametrize("phase", ["bake", "stabilize"])
def test_while_a_rollback_is_on_offer_nothing_is_taken_away(site, phase):
    site.house.ship("1.0")
    site.write("2.0", **RENAME, sent=NEW)
    site.house.ship("2.0", phase=phase)
    code, found, _ = site.type("contract", "--yes")
    assert (14, ["id", "total"]) == (code, site.columns())
    assert "can still be taken back to 1.0" in found["sentence"]


def test_what_expands_comes_first(expanded):
    expanded.write("2.0", **{"001_note.expand": "ALTER TABLE orders ADD COLUMN note text"})
    code, found, _ = expanded.type("contract", "--yes")
    assert (1, True) == (code, "total" in expanded.columns())
    assert "`verdigris schema expand` first" in found["sentence"]


def test_where_nothing_was_deployed_it_is_said_what_is_taken_for_granted(site):
    place, sent = site.write("source", **RENAME), site.write("sent", sent=NEW) / "statements.jsonl"
    words = ("--database", "env:OWNER", "--directory", str(place / "migrations"), "--statements", str(sent))
    assert 0 == site.type("expand", *words, "--allow-unproven", nowhere=True)[0]
    code, found, said = site.type("contract", *words, *BLUE_IS_GONE, nowhere=True)
    assert (0, [STEP]) == (code, found["carried_out"]), found
    assert (
        f"nothing was deployed from {site.house.state / 'nothing'}, so it is taken for granted that green serves and "
        "blue is gone" == said[0]
    )
    assert ["id", "amount"] == [name for name in site.columns() if "gone" not in name]


@pytest.mark.parametrize(
    ("left_out", "told"),
    [
        (("--role", "shop"), "without a database role for each slot"),
        (("--old", "blue"), "name its slot with --old"),
        (("--yes",), "nobody can be asked here. Add --yes"),
    ],
)
def test_what_nobody_can_know_has_to_be_typed(site, left_out, told):
    words = " ".join(("--database", "env:OWNER", *BLUE_IS_GONE)).replace(" ".join(left_out), "").split()
    code, found, _ = site.type("contract", *words, nowhere=True)
    assert (2, True) == (code, told in found["sentence"]), found


def test_the_slot_that_serves_is_not_the_old_one(expanded):
    code, found, _ = expanded.type("contract", "--yes", "--old", "green")
    assert (1, True) == (code, "total" in expanded.columns())
    assert "green serves 2.0" in found["sentence"]


def test_a_release_without_steps_proves_nothing_of_a_step_from_elsewhere(expanded):
    place = expanded.write("elsewhere", **{"003_total.contract": CONTRACT}) / "migrations"
    expanded.write("2.0", sent="")
    desk = desk_of(
        expanded.house.state / "schema" / "orders", expanded.house.desk().newest("orders").deployment
    )
    with desk.at_work():
        desk.write(Papers(unchanged=True))
    code, found, _ = expanded.type("contract", "--yes", "--directory", str(place))
    assert (11, "unproven", True) == (code, found["proof"]["verdict"], "total" in expanded.columns())
    assert found["sentence"].endswith("or go on all the same with --allow-unproven")


def test_a_role_that_a_killed_run_shut_out_is_let_in_where_nothing_is_left(site):
    site.ask("ALTER ROLE shop_blue NOLOGIN")
    place = site.write("source", **{"001_x.expand": "SELECT 1"}) / "migrations"
    (place / "001_x.expand.sql").unlink()
    words = ("--database", "env:OWNER", "--directory", str(place), *BLUE_IS_GONE)
    code, found, _ = site.type("contract", *words, nowhere=True)
    assert (0, "nothing is left to contract") == (code, found["sentence"])
    as_blue(site).close()


def test_nothing_is_dropped_for_good_unless_somebody_says_so(site):
    code, found, _ = site.type("contract", "--drop-due")
    assert (2, True) == (code, "Add --yes" in found["sentence"])
