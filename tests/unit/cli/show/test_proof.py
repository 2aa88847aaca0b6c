"""The proof for people and for programs."""

import json

from verdigris.cli.show.ink import plain
from verdigris.cli.show.proof import ALL_ROWS, SHOWN, document, proof_lines
from verdigris.schema.catalog.labelling import Labelled
from verdigris.schema.finding import Cell, Coverage, Finding, Layer, Outcome, Proof, Stage, Version
from verdigris.schema.proof.gate import Answer
from verdigris.schema.script import Script
from verdigris.schema.statement import Statement

ONE = Statement("SELECT a\nFROM t WHERE b = $1", runs=(("hunter2",),))
BROKEN = Finding(
    ONE, Outcome.DISPROVEN, Layer.PARSE, "42703", "column does not exist", "001.sql: statement 2"
)
SHAPE = Finding(ONE, Outcome.PROVEN, Layer.SHAPE, "0A000", "column x is new")


def answer(*findings, shapes=(), **rest):
    cell = Cell(Version.OLD, Stage.EXPANDED, findings, shapes, ("something to know",))
    return Answer(Proof((cell,), **rest), (Labelled(Script("001.sql", ()), ()),))


def shown(*findings, **rest):
    return plain(proof_lines(answer(*findings, **rest), 100))


def test_what_is_broken_has_its_text_layer_state_and_step():
    lines = [line.strip() for line in shown(BROKEN).splitlines()]
    assert "001.sql            expand" in lines
    assert "✖ old × expanded     1 disproven" in lines
    assert "✖ SELECT a FROM t WHERE b = $1" in lines
    assert "L1 42703: column does not exist" in lines
    assert "since 001.sql: statement 2" in lines
    assert lines[-1].startswith("disproven: 1 statement would fail")


def test_shapes_coverage_and_notes_are_told():
    text = shown(
        Finding(ONE, Outcome.PROVEN),
        shapes=(SHAPE,),
        coverage=Coverage(("t.a", "t.b"), ("t.b",)),
        notes=("a note",),
    )
    assert "1 proven, 1 result of another shape" in text
    assert "shape 0A000: column x is new" in text
    assert "coverage: 1 of 2 things" in text
    assert "unseen  t.b" in text
    assert "note  a note" in text
    assert text.splitlines()[-1].startswith("proven: ")


def test_of_very_many_the_first_are_written_out():
    text = shown(*[BROKEN] * (SHOWN + 3))
    assert "and 3 more; --json has them all" in text


def test_a_statement_of_any_length_takes_few_rows():
    long = Finding(Statement("SELECT " + "x, " * 10_000), Outcome.DISPROVEN)
    assert len(shown(long).splitlines()) < ALL_ROWS + 15


def test_the_document_has_all_of_it_and_no_parameter():
    found = document(answer(BROKEN, shapes=(SHAPE,)))
    assert "disproven" == found["overall"]
    (row,) = found["cells"][0]["statements"]
    assert ("disproven", "L1", "42703", "001.sql: statement 2") == (
        row["verdict"], row["layer"], row["sqlstate"], row["step"],
    )  # fmt: skip
    assert "hunter2" not in json.dumps(found) + shown(BROKEN)
