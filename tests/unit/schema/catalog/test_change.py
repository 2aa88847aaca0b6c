"""What a migration is, by its changes."""

from __future__ import annotations

import pytest

from verdigris.schema.catalog.change import Change, kind_of
from verdigris.schema.script import Kind

E, C, D, B = (Change("t", "x", kind) for kind in (Kind.EXPAND, Kind.CONTRACT, Kind.BACKFILL, Kind.BOTH))
WEAK = Change("t", "x", Kind.EXPAND, weak=True)
LOST = Change("t", "x", Kind.CONTRACT, weak=True)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ([], Kind.EXPAND),
        ([E], Kind.EXPAND),
        ([C], Kind.CONTRACT),
        ([D], Kind.BACKFILL),
        ([B], Kind.BOTH),
        ([E, C], Kind.BOTH),
        ([E, D], Kind.EXPAND),
        ([C, D], Kind.CONTRACT),
        ([C, WEAK], Kind.CONTRACT),
        ([D, WEAK], Kind.BACKFILL),
        ([WEAK], Kind.EXPAND),
        ([LOST], Kind.CONTRACT),
    ],
)
def test_what_counts_decides(changes, kind):
    assert kind is kind_of(changes)


def test_a_change_reads_as_a_sentence():
    assert "orders.status: NOT NULL added" == str(Change("orders.status", "NOT NULL added", Kind.CONTRACT))
