"""What a column says of itself."""

from __future__ import annotations

from verdigris.schema.catalog.parts import Column


def test_a_column_is_filled_by_a_default_an_identity_or_an_expression():
    assert not Column(1, "a", "text", required=True).fills
    assert Column(1, "a", "text", required=True, default="1").fills
    assert Column(1, "a", "int", required=True, identity="d").fills
    assert Column(1, "a", "int", required=True, generated="s").unwritable
    assert not Column(1, "a", "int", required=True, identity="d").unwritable
