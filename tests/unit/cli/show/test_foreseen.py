"""The lines of a plan about the schema."""

from __future__ import annotations

import pytest

from tests.unit.cli.show.plans import SETTINGS
from tests.unit.core.worlds import a_deployment
from verdigris.cli.show.foreseen import Foreseen, foreseen_lines
from verdigris.cli.show.ink import plain, width
from verdigris.cli.show.plan import plan_lines, planned

FOUND = Foreseen(
    expand=("001_note.expand.sql",),
    contract=("002_total.contract.sql",),
    verdict="disproven",
    sentence="001_note.expand.sql: statement 1 breaks `SELECT note FROM orders`: 42702",
    hazards=("001_note.expand.sql: ACCESS EXCLUSIVE on orders while it is written anew",),
    notes=("the shadow is PostgreSQL 18, production 15",),
    refused=True,
)


def test_steps_proof_hazards_and_notes_stand_under_each_other():
    assert """
  schema         001_note.expand.sql is carried out in expand
                 002_total.contract.sql is carried out in contract
  proof          disproven: 001_note.expand.sql: statement 1 breaks `SELECT note FROM orders`: 42702
  hazard         001_note.expand.sql: ACCESS EXCLUSIVE on orders while it is written anew
  note           the shadow is PostgreSQL 18, production 15""" == plain(foreseen_lines(FOUND, 120)).rstrip()


@pytest.mark.parametrize("columns", [50, 100])
def test_it_is_a_part_of_the_plan_and_fits_its_window(columns):
    lines = plan_lines(planned(SETTINGS, a_deployment("succeeded"), schema=FOUND), columns)
    assert all(columns >= width(row) for row in lines[1:])
    assert "disproven" in plain(lines)
    assert "disproven" not in plain(plan_lines(planned(SETTINGS, a_deployment("succeeded")), columns))
