from dataclasses import replace

import pytest

from verdigris.core.errors import ActionError, ConfigError, Refused
from verdigris.schema.script import Kind
from verdigris.schema.tools.alembic import Alembic, Revision, owed, revision
from verdigris.schema.tools.tool import Patience
from verdigris.schema.tools.twinning import kept

SHOP = 'op.execute("create table shop (id int primary key)")'
NICK = 'op.add_column("shop", sa.Column("nick", sa.Text))'
INDEX = """
with op.get_context().autocommit_block():
    op.create_index("shop_nick", "shop", ["nick"], postgresql_concurrently=True)
"""


def columns(database):
    with database.connected() as connection:
        rows = connection.execute(
            "select column_name from information_schema.columns where table_name = 'shop' order by 1"
        )
        return [name for (name,) in rows]


def names(steps):
    return [step.name for step in steps]


def test_revisions_are_run_one_after_the_other_by_the_projects_own_alembic(database, alembic):
    alembic.has("a1", None, SHOP)
    alembic.has("b2", "a1", NICK, 'verdigris = "expand"')
    alembic.has("c3", "b2", INDEX)
    tool, url = Alembic(alembic.project), database.url()
    first, second, third = tool.pending(url)
    assert [None, Kind.EXPAND, None] == [first.declared, second.declared, third.declared]
    assert [False, False, True] == [first.alone, second.alone, third.alone]
    tool.run(url, first)
    assert ["b2", "c3"] == names(tool.pending(url))
    assert ["id"] == columns(database)
    tool.run(url, second)
    tool.run(url, third)
    assert () == tool.pending(url)
    assert ["id", "nick"] == columns(database)
    with database.connected() as connection:
        assert 1 == connection.execute("select count(*) from pg_index where indexrelid = 'shop_nick'::regclass "
                                       "and indisvalid").fetchone()[0]  # fmt: skip


def test_python_in_a_revision_is_run(database18, alembic):
    alembic.has(
        "a1", None, SHOP + '\nop.get_bind().execute(sa.text("insert into shop values (:id)"), {"id": 7})'
    )
    tool = Alembic(alembic.project)
    tool.run(database18.url(), *tool.pending(database18.url()))
    with database18.connected() as connection:
        assert 7 == connection.execute("select id from shop").fetchone()[0]


def test_a_lock_in_the_way_is_waited_for_shortly_and_the_revision_is_tried_again(database, alembic):
    alembic.has("a1", None, SHOP)
    alembic.has("b2", "a1", NICK)
    tool, url = Alembic(alembic.project), database.url()
    first, second = tool.pending(url)
    tool.run(url, first)
    with database.connected() as reader:
        reader.execute("begin")
        reader.execute("select * from shop")
        with pytest.raises(ActionError, match="did not get its lock within 0 s"):
            tool.run(url, second, Patience(retry_for=0))
        tries = []

        def pause(seconds):
            tries.append(seconds)
            reader.execute("commit")

        Alembic(replace(alembic.project, pause=pause)).run(url, second)
    assert 1 == len(tries)
    assert ["id", "nick"] == columns(database)


def test_a_project_that_reads_its_url_elsewhere_is_refused_before_anything_is_run(database, alembic):
    alembic.has("a1", None, SHOP)
    environment = alembic.home / "migrations" / "env.py"
    environment.write_text(environment.read_text().replace("DATABASE_URL", "OTHER_URL"))
    with pytest.raises(Refused, match="did not connect to the database that it was given in DATABASE_URL"):
        Alembic(alembic.project).pending(database.url())


def test_what_is_meant_for_the_shadow_never_runs_on_a_database_that_the_project_names_itself(
    server18, alembic
):
    alembic.has("a1", None, SHOP)
    production, shadow = server18.create(), server18.create()
    environment = alembic.home / "migrations" / "env.py"
    fixed = production.url().replace("postgresql:", "postgresql+psycopg:")
    environment.write_text(
        environment.read_text().replace('os.environ.get("DATABASE_URL", "sqlite://")', repr(fixed))
    )
    tool = Alembic(alembic.project)
    (step,) = tool.pending(production.url())
    with pytest.raises(Refused, match="did not connect to the database"):
        tool.run(shadow.url(), step)
    assert [] == columns(production) == columns(shadow)


def test_a_revision_that_fails_says_why_without_the_data(database18, alembic):
    alembic.has("a1", None, SHOP + '\nop.execute("insert into shop values (4711), (4711)")')
    tool = Alembic(alembic.project)
    with pytest.raises(ActionError, match="duplicate key value") as raised:
        tool.run(database18.url(), *tool.pending(database18.url()))
    assert "Key (id)=(4711)" not in str(raised.value)
    assert ["a1"] == names(tool.pending(database18.url()))


def test_a_database_that_is_ahead_of_the_project_is_said(database18, alembic):
    alembic.has("a1", None, SHOP)
    with database18.connected() as connection:
        connection.execute("create table alembic_version (version_num text)")
        connection.execute("insert into alembic_version values ('zz')")
    with pytest.raises(ActionError, match="Can't locate revision identified by 'zz'"):
        Alembic(alembic.project).pending(database18.url())


TWIN = 'op.add_column("shop", sa.Column("number", sa.Integer))'
SYNC = 'verdigris_sync = "shop id number"'


def test_columns_that_a_revision_calls_twins_are_kept_alike_until_one_of_them_is_dropped(database, alembic):
    alembic.has("a1", None, SHOP + "\n" + NICK)
    alembic.has(
        "b2", "a1", 'op.add_column("shop", sa.Column("alias", sa.Text))', 'verdigris_sync = "shop nick alias"'
    )
    alembic.has("c3", "b2", 'op.drop_column("shop", "nick")')
    tool, url = Alembic(alembic.project), database.url()
    first, second, third = tool.pending(url)
    tool.run(url, first)
    tool.run(url, second)
    with database.connected() as connection:
        connection.execute("insert into shop (id, nick) values (1, 'ann')")
        connection.execute("insert into shop (id, alias) values (2, 'bob')")
        assert [("ann", "ann"), ("bob", "bob")] == connection.execute(
            "select nick, alias from shop order by id"
        ).fetchall()
    assert ["c3"] == names(tool.pending(url))
    tool.run(url, third)
    with database.connected() as connection:
        connection.execute("insert into shop (id, alias) values (3, 'cem')")
    assert ["alias", "id"] == columns(database)


def test_a_revision_that_was_applied_by_one_who_was_killed_before_its_trigger_is_owed_still(
    database18, alembic
):
    alembic.has("a1", None, SHOP)
    alembic.has("b2", "a1", TWIN, SYNC)
    tool, url = Alembic(alembic.project), database18.url()
    first, second = tool.pending(url)
    tool.run(url, first)
    with pytest.raises(KeyboardInterrupt), kept(url, second):
        alembic.project.answered(url, "upgrade", "b2")
        raise KeyboardInterrupt
    (late,) = tool.pending(url)
    assert ("b2", True) == (late.name, late.applied)
    tool.run(url, late)
    assert () == tool.pending(url)
    with database18.connected() as connection:
        connection.execute("insert into shop (id) values (4)")
        assert 4 == connection.execute("select number from shop").fetchone()[0]


def test_branches_of_phases_are_two_heads_and_both_are_owed(database18, alembic):
    alembic.has("a1", None, SHOP)
    alembic.has("c1", "a1", "op.execute('select 1')", labels=("contract",))
    alembic.has("e1", "a1", NICK, labels=("expand",))
    alembic.has("e2", "e1", "op.execute('select 2')")
    tool, url = Alembic(alembic.project), database18.url()
    steps = tool.pending(url)
    assert [("a1", None), ("e1", Kind.EXPAND), ("e2", Kind.EXPAND), ("c1", Kind.CONTRACT)] == [
        (step.name, step.declared) for step in steps
    ]
    for step in steps[:3]:
        tool.run(url, step)
    assert ["c1"] == names(tool.pending(url))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("revision = 'a'\nverdigris = 'expnad'", "verdigris = 'expnad': is none of"),
        ("revision = 'a'\nverdigris = ['x']", "is none of"),
        ("revision = 'a'\ndown_revision = 'b' + str(1)", r"1_a\.py:2: `down_revision` is calculated"),
        ("revision = 'a'\nverdigris_sync = 'shop id'", "write the table, the old column and the new one"),
        ("x = 1", "has no `revision`"),
        ("revision = 'a", "is no revision that can be read"),
        ("revision = '\udce4'", "is no revision that can be read"),
        ("a = '\0'", "is no revision that can be read"),
    ],
)
def test_a_file_that_does_not_say_it_plainly_is_refused(tmp_path, text, complaint):
    path = tmp_path / "1_a.py"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ConfigError, match=complaint):
        revision(path)


def test_annotations_and_tuples_are_read_as_alembic_writes_them(tmp_path):
    path = tmp_path / "1_a.py"
    path.write_text(
        "from typing import Union, Sequence\nrevision: str = 'm'\ndown_revision: Union[str, None] = ('a', 'b')\n"
        "depends_on: Union[str, Sequence[str], None] = None\nverdigris: str = 'contract'\n"
    )
    assert Revision("m", ("a", "b"), declared=Kind.CONTRACT, title="1_a") == revision(path)


def test_two_heads_that_nobody_named_are_refused():
    with pytest.raises(ConfigError, match="has 2 heads, b, c: join them with `alembic merge heads`"):
        owed([Revision("a"), Revision("b", ("a",)), Revision("c", ("a",))], [])


def test_a_merge_joins_and_a_dependency_orders():
    revisions = [
        Revision("a"),
        Revision("c", ("a",), labels=("contract",)),
        Revision("e", ("a",), labels=("expand",), needs=("c",)),
        Revision("m", ("c", "e")),
    ]
    found = owed(revisions, ["a"])
    assert [("c", Kind.CONTRACT), ("e", Kind.EXPAND), ("m", None)] == [(s.name, s.declared) for s in found]


@pytest.mark.parametrize(
    "revisions", [[Revision("a", ("b",)), Revision("b", ("a",))], [Revision("b", ("gone",))]]
)
def test_a_history_that_cannot_be_is_refused(revisions):
    with pytest.raises(ConfigError, match="correct down_revision"):
        owed(revisions, [])


def test_a_long_history_is_ordered_at_once():
    line = [Revision(f"r{number}", (f"r{number - 1}",) if number else ()) for number in range(3000)]
    assert 2999 == len(owed(line, ["not a revision", "r0"]))
