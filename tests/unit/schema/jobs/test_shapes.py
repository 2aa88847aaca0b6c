"""What becomes of a release that changes the results of what serves."""

import pytest

from verdigris.core.world import Proven
from verdigris.schema.finding import Cell, Finding, Outcome, Stage, Version
from verdigris.schema.jobs.papers import Answer
from verdigris.schema.jobs.shapes import reshaped, weighed
from verdigris.schema.proof.shape import shape
from verdigris.schema.proof.signature import Column
from verdigris.schema.statement import Statement

ALL = Statement("SELECT *\nFROM orders")
ID, NOTE, TOTAL = Column("id", "integer"), Column("note", "text"), Column("total", "integer")
WIDER = shape(ALL, [ID], [ID, NOTE])
TYPED = shape(Statement("SELECT 1 WHERE $1"), [ID], [ID], (["integer"], ["bigint"]))
PROVEN = Answer(Proven.PROVEN, "1 statements of the old release work on the expanded schema")


def cell(*shapes):
    return Cell(Version.OLD, Stage.EXPANDED, (Finding(ALL, Outcome.PROVEN),), shapes)


@pytest.mark.parametrize("outcome", [Proven.PROVEN, Proven.UNPROVEN])
def test_other_columns_are_refused_with_the_statement_and_the_ways_on(outcome):
    answer, notes = weighed(Answer(outcome), cell(WIDER), "refused")
    assert Proven.DISPROVEN is answer.outcome
    assert answer.sentence.startswith(
        "1 statement of the old release gets other result columns on the expanded schema, and fails where it was "
        "prepared on the server: `SELECT * FROM orders`: column note text is new. Name its columns; or set "
        "schema.shapes: recycled if "
    )
    assert "allowed if" in answer.sentence
    assert () == notes


@pytest.mark.parametrize("shapes", ["recycled", "allowed"])
def test_where_somebody_takes_care_of_it_it_is_told(shapes):
    answer, notes = weighed(PROVEN, cell(WIDER), shapes)
    assert PROVEN == answer
    assert ("`SELECT * FROM orders`: column note text is new",) == notes


def test_parameters_of_another_type_are_told():
    answer, notes = weighed(PROVEN, cell(TYPED), "refused")
    assert PROVEN == answer
    assert "$1 is bigint instead of integer" in notes[0]
    assert () == reshaped(cell(TYPED))


def test_what_fails_anyway_is_told_as_that():
    failed = Answer(Proven.DISPROVEN, "it fails")
    assert failed == weighed(failed, cell(WIDER), "refused")[0]
