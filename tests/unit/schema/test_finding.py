"""What a cell and a proof come to."""

import pytest

from verdigris.schema.finding import Cell, Finding, Outcome, Proof, Stage, Version, worst
from verdigris.schema.statement import Statement

GOOD, BAD, UNKNOWN = Outcome.PROVEN, Outcome.DISPROVEN, Outcome.UNPROVEN


def cell(*outcomes):
    findings = tuple(Finding(Statement("SELECT 1"), outcome) for outcome in outcomes)
    return Cell(Version.OLD, Stage.BASE, findings)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [((GOOD, GOOD), GOOD), ((GOOD, UNKNOWN), UNKNOWN), ((UNKNOWN, BAD, GOOD), BAD), ((), UNKNOWN)],
)
def test_the_worst_decides_and_nothing_proves_nothing(outcomes, expected):
    assert expected is worst(outcomes)
    assert expected is cell(*outcomes).outcome


def test_cells_that_are_only_told_decide_nothing():
    assert GOOD is Proof((cell(GOOD),), told=(cell(BAD),)).outcome
