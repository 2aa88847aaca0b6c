"""A migration as a file holds it."""

from verdigris.schema.script import Kind, Script


def test_who_declares_nothing_is_run_in_a_transaction():
    script = Script("001.sql", ("SELECT 1",))
    assert (None, False) == (script.declared, script.alone)


def test_the_kinds_are_the_words_of_file_names():
    assert ["expand", "contract", "backfill", "both"] == list(Kind)
