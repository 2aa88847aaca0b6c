"""A statement of a version, whose parameters are nobody's business."""

from verdigris.schema.statement import Statement


def test_parameters_are_in_no_text():
    assert "hunter2" not in repr(Statement("SELECT $1", (("hunter2",),)))
