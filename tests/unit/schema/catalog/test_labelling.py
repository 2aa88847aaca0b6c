"""What a script is, found by running it; and how to take apart one that is both."""

from __future__ import annotations

import pytest

from verdigris.core.errors import ActionError, ConfigError
from verdigris.schema.catalog.labelling import agreed, label
from verdigris.schema.catalog.snapshot import snapshot
from verdigris.schema.parsing import split
from verdigris.schema.script import Kind, Script

DROP_AND_ADD = """
ALTER TABLE orders ADD ref text;
UPDATE orders SET ref = code;
ALTER TABLE orders DROP code;
"""


@pytest.fixture
def labelled(server, base):
    """What a text is."""

    def ask(text, declared=None):
        return label(server, base, Script("002_x.sql", split(text), declared))

    return ask


def test_a_script_is_what_it_does(labelled):
    assert Kind.EXPAND is labelled("ALTER TABLE orders ADD a text").kind
    assert Kind.CONTRACT is labelled("BEGIN; ALTER TABLE orders DROP code; COMMIT").kind
    assert Kind.BACKFILL is labelled("UPDATE orders SET code = 'x'").kind
    assert Kind.BACKFILL is labelled("DO $$ BEGIN UPDATE orders SET code = 'x'; END $$").kind
    assert Kind.EXPAND is labelled("CREATE INDEX CONCURRENTLY k ON orders (total)").kind
    assert Kind.EXPAND is labelled("").kind


def test_what_is_both_is_split_by_its_statements(labelled):
    found = labelled(DROP_AND_ADD)
    assert Kind.BOTH is found.kind
    assert (
        "Into expand: statement 1.",
        "Into backfill: statement 2.",
        "Into contract: statement 3.",
    ) == found.split()
    with pytest.raises(
        ConfigError, match=r"002_x.sql both expands and contracts.*Into contract: statement 3\."
    ):
        agreed(found)


def test_a_wider_key_is_made_first_and_the_old_one_dropped_later(labelled):
    found = labelled(
        "ALTER TABLE customers DROP CONSTRAINT customers_mail_key; CREATE UNIQUE INDEX ON customers (mail, n)"
    )
    assert ("Into expand: statement 2.", "Into contract: statement 1.") == found.split()


def test_a_statement_that_is_both_by_itself_comes_with_advice(labelled):
    (sentence,) = labelled("ALTER TABLE orders RENAME code TO ref").split()
    assert sentence.startswith(
        "Statement 1 is both by itself (orders.code: renamed to ref): add ref, keep both"
    )
    (sentence,) = labelled("ALTER TABLE orders DROP code, ADD ref text").split()
    assert "Statement 1 is both by itself: write it as two." == sentence


@pytest.mark.parametrize(
    ("text", "declared"),
    [
        ("ALTER TABLE orders DROP code", Kind.EXPAND),
        ("ALTER TABLE orders ADD a text", Kind.CONTRACT),
        ("ALTER TABLE orders ADD a text", Kind.BACKFILL),
        ("UPDATE orders SET code = 'x'", Kind.EXPAND),
    ],
)
def test_a_label_that_disagrees_is_an_error_that_says_why(labelled, text, declared):
    with pytest.raises(ConfigError, match=f"002_x.sql is declared {declared}, and what it does is .*orders"):
        agreed(labelled(text, declared))


def test_a_label_that_agrees_or_is_left_out_stands(labelled):
    assert Kind.CONTRACT is agreed(labelled("ALTER TABLE orders DROP code", Kind.CONTRACT))
    assert Kind.CONTRACT is agreed(labelled("ALTER TABLE orders DROP code"))


def test_what_goes_with_any_step_takes_the_label_that_it_has(labelled):
    loosened = "ALTER TABLE orders DROP CONSTRAINT orders_total_check"
    assert Kind.CONTRACT is agreed(labelled(loosened, Kind.CONTRACT))
    assert Kind.EXPAND is agreed(labelled(loosened))


def test_what_fails_there_is_told_with_its_statement_and_leaves_nothing(server, base, labelled):
    before = snapshot(base)
    with pytest.raises(ActionError, match="002_x.sql: statement 2 fails on the shadow: 42P01"):
        labelled("ALTER TABLE orders ADD a text; ALTER TABLE nowhere ADD a text")
    assert before == snapshot(base)


def test_notes_are_for_a_person(labelled):
    (note,) = labelled("ALTER TYPE status ADD VALUE 'sent'").notes
    assert "status: label 'sent' added: the old version may read a label that it does not know" == note


def test_what_only_the_grammar_refuses_is_tried_on_the_server(server, base):
    with pytest.raises(ActionError, match="42601"):
        label(server, base, Script("002_x.sql", ("SELEC 1",)))
