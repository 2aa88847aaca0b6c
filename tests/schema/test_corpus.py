"""Every break of the corpus is caught, and nothing harmless is called a break, on the oldest and the newest server."""

import pytest

from tests.schema.clinic import CLINIC
from tests.schema.orders import ORDERS
from tests.schema.proving import based, found, tally
from tests.schema.table import PAGE, counts, rows
from verdigris.schema.finding import Layer

LAYERS = {Layer.PARSE: 11, Layer.PLAN: 4, Layer.CATALOG: 4, Layer.ALONE: 4, Layer.REPLAY: 4}
"""By how many of the shop's 27 breaks each layer is the first that sees them."""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["server15", "server18"])
@pytest.mark.parametrize("application", [ORDERS, CLINIC], ids=lambda application: application.name)
def test_all_breaks_are_caught_and_nothing_harmless_is_disproven(
    application, name, request, figure, tmp_path
):
    server = request.getfixturevalue(name)
    with based(server, application) as base:
        all_found = list(found(server, base, application, application.scenarios))
    of = tally(all_found)
    figure(
        f"{application.name} on PostgreSQL {server.major}: {of.caught} of {of.breaks} breaks caught, PREPARE alone"
        f" {of.prepared}; {of.wrong} of {of.harmless} harmless ones disproven, {of.unproven} unproven"
    )
    assert [] == [
        (each.scenario.name, each.outcome, each.layer, each.sqlstates) for each in all_found if not each.right
    ]
    page = PAGE.read_text("utf-8")
    assert counts(application.name, server.major, all_found) in page, (
        f"{PAGE} is old: python -m tests.schema.table"
    )
    assert application is not ORDERS or rows(all_found, tmp_path) in page


def test_the_corpus_is_what_it_is_said_to_be():
    breaks = [scenario for scenario in ORDERS.scenarios if scenario.sqlstate]
    assert (26, 42, 27) == (len(ORDERS.statements), len(ORDERS.scenarios), len(breaks))
    assert LAYERS == {layer: sum(scenario.first is layer for scenario in breaks) for layer in LAYERS}
