"""A schema that somebody else deploys is left alone where nothing is known of him."""

from tests.unit.cli.schema.conftest import RENAME
from verdigris.schema.running import journal

TO_BE_HAD = ("expand", "--database", "env:OWNER", "--allow-unproven", "--directory")


def test_a_schema_of_an_app_that_is_not_known_here_is_left_alone_until_one_is_typed(site):
    with site.production.connected() as connection:
        journal.prepare(connection)
        journal.finish(connection, "orders/000_x.expand.sql", 1, 1, "x")
    place = site.write("source", **{"001_amount.expand": RENAME["001_amount.expand"]}) / "migrations"
    code, found, _ = site.type(*TO_BE_HAD, str(place), nowhere=True)
    assert (1, ["id", "total"]) == (code, site.columns())
    assert "changed for the app orders" in found["sentence"]
    assert "nothing knows nothing of it" in found["sentence"]
    code, found, _ = site.type(*TO_BE_HAD, str(place), "--app", "orders", nowhere=True)
    assert (0, ["001_amount.expand.sql"]) == (code, found["carried_out"]), found
