"""On a shadow the user's own tool is given stand-ins, and has them on production only where that went well."""

import pytest

from verdigris.schema.jobs.steps import walked
from verdigris.schema.running.drops import Drop
from verdigris.schema.running.session import connecting
from verdigris.schema.running.stand_ins import stand_in
from verdigris.schema.running.tombstone import KEEP, owed, restore
from verdigris.schema.running.words import Name
from verdigris.schema.tools.alembic import Alembic
from verdigris.schema.tools.django import Django
from verdigris.schema.tools.standing import dropped, stood

SHOP = """
op.create_table("kinds", sa.Column("id", sa.Integer, primary_key=True))
op.create_table("legacy", sa.Column("id", sa.Integer, primary_key=True), sa.Column("word", sa.Text, index=True))
op.create_table(
    "shop", sa.Column("id", sa.Integer, primary_key=True), sa.Column("nick", sa.Text, nullable=False, index=True),
    sa.Column("name", sa.Text), sa.Column("kind", sa.Integer, sa.ForeignKey("kinds.id", name="shop_kind")),
)
"""
GOES = """
op.drop_index("ix_shop_nick", "shop")
op.drop_column("shop", "nick")
op.drop_constraint("shop_kind", "shop")
op.drop_column("shop", "kind")
op.drop_index("ix_legacy_word", "legacy")
op.drop_table("legacy")
"""
NICK, KIND = (Drop(Name("public", "shop"), column) for column in ("nick", "kind"))
LEGACY = Drop(Name("public", "legacy"))
ROWS = "INSERT INTO kinds VALUES (3); INSERT INTO shop VALUES (1, 'a', 'b', 3); INSERT INTO legacy VALUES (7, 'word')"


def ready(tool, database):
    """The first step is carried out; what is left."""
    first, *left = tool.pending(database.url())
    tool.run(database.url(), first)
    return left


def tried(server, base, tool, steps, told=lambda sentence: None):
    with walked(server, base, tool, steps, told) as walk:
        return stood(server, walk.expanded, tool, walk.contract, walk.drops, told)


def test_what_a_revision_drops_is_kept_under_another_name_and_comes_back(server18, database18, alembic):
    alembic.has("a1", None, SHOP)
    alembic.has("b2", "a1", GOES)
    tool, url = Alembic(alembic.project), database18.url()
    steps = ready(tool, database18)
    found, notes = tried(server18, database18, tool, steps)
    assert ({"b2": {NICK, KIND, LEGACY}}, ()) == ({name: set(drops) for name, drops in found.items()}, notes)
    with connecting(url)() as connection:
        for statement in ROWS.split("; "):
            connection.execute(statement)
    stand_in(connecting(url), found["b2"], KEEP)
    assert steps == list(tool.pending(url))
    tool.run(url, *steps)
    assert () == tool.pending(url)
    restore(connecting(url))
    with connecting(url)() as connection:
        assert [(1, "a", "b", 3)] == connection.execute("SELECT id, nick, name, kind FROM shop").fetchall()
        assert [(7, "word")] == connection.execute("SELECT id, word FROM legacy").fetchall()
        assert () == owed(connection)


SAVES = """
op.execute("UPDATE shop SET name = nick")
op.drop_column("shop", "nick")
"""
READS = """
list(op.get_bind().execute(sa.text("SELECT word FROM legacy")))
op.drop_table("legacy")
"""
RENAMES = """
op.drop_column("shop", "nick")
op.alter_column("shop", "name", new_column_name="nick")
"""


@pytest.mark.parametrize(
    ("body", "drops", "why"),
    [
        (SAVES, NICK, "it does more than drop"),
        (READS, LEGACY, "it does more than drop"),
        (RENAMES, NICK, "it does more than drop"),
    ],
)
def test_a_revision_that_may_save_what_it_drops_has_no_stand_in_and_it_is_told(
    server18, database18, alembic, body, drops, why
):
    """It would find it empty."""
    alembic.has("a1", None, SHOP)
    alembic.has("b2", "a1", body, 'verdigris = "contract"')
    tool = Alembic(alembic.project)
    steps = ready(tool, database18)
    found, notes = stood(server18, database18, tool, steps, {"b2": (drops,)}, print)
    assert {} == found
    assert f"what b2 drops is gone at once and cannot be taken back: {why}" in notes[0]


def test_what_cannot_have_a_stand_in_is_dropped_by_the_tool_and_later_ones_neither(
    server18, database18, alembic
):
    """With a stand-in before it the last one would not go through: the type is needed under the other name."""
    kind = 'op.execute("CREATE TYPE mood AS ENUM ()")\nop.execute("ALTER TABLE shop ADD COLUMN mood mood")'
    alembic.has("a1", None, SHOP + kind)
    alembic.has("b2", "a1", 'op.drop_column("shop", "mood")')
    alembic.has("c3", "b2", 'op.execute("DROP TYPE mood")', 'verdigris = "contract"')
    tool = Alembic(alembic.project)
    found, notes = tried(server18, database18, tool, ready(tool, database18))
    assert {} == found
    assert ["what b2 drops is gone at once"] == [note[:29] for note in notes]
    assert "alembic upgrade c3 ended with 1" in notes[0]


MODELS = """
migrations.CreateModel("Kind", [("id", models.BigAutoField(primary_key=True))]),
migrations.CreateModel("Shop", [
    ("id", models.BigAutoField(primary_key=True)), ("nick", models.CharField(max_length=9, unique=True)),
    ("kind", models.ForeignKey("shop.kind", models.CASCADE)), ("name", models.TextField(db_index=True)),
])
"""
REMOVED = """
migrations.RemoveField("shop", "kind"), migrations.RemoveField("shop", "nick"), migrations.DeleteModel("Kind")
"""


def test_what_a_django_migration_removes_comes_back(server18, database18, django):
    django.has("0001_initial", [], MODELS)
    django.has("0002_less", ["0001_initial"], REMOVED)
    tool, url = Django(django.project), database18.url()
    steps = ready(tool, database18)
    found, notes = tried(server18, database18, tool, steps)
    assert () == notes
    with connecting(url)() as connection:
        connection.execute("INSERT INTO shop_kind VALUES (3)")
        connection.execute("INSERT INTO shop_shop (id, nick, kind_id, name) VALUES (1, 'a', 3, 'b')")
    stand_in(connecting(url), found[steps[0].name], KEEP)
    tool.run(url, *steps)
    with connecting(url)() as connection:
        connection.execute("INSERT INTO shop_shop (id, name) VALUES (2, 'c')")
    restore(connecting(url))
    with connecting(url)() as connection:
        rows = connection.execute("SELECT id, nick, kind_id FROM shop_shop ORDER BY id").fetchall()
        assert [(1, "a", 3), (2, None, None)] == rows
        assert [(3,)] == connection.execute("SELECT id FROM shop_kind").fetchall()


def test_of_a_table_that_is_gone_no_columns_are_told_and_a_new_name_is_no_drop():
    table, column, other = LEGACY, Drop(Name("public", "legacy"), "word"), Drop(Name("public", "shop"))
    before = {(1, 0): table, (1, 1): column, (2, 0): other, (2, 1): NICK, (2, 2): KIND}
    assert (table,) == dropped(before, {key: value for key, value in before.items() if key[0] == 2})
    assert (KIND,) == dropped(before, {(1, 0): table, (1, 1): column, (2, 0): LEGACY, (2, 1): column})
