from dataclasses import replace

import pytest

from verdigris.core.errors import ActionError, ConfigError, Refused
from verdigris.schema.running.twins import Twins
from verdigris.schema.script import Kind
from verdigris.schema.tools.django import Django, answer, owed
from verdigris.schema.tools.tool import Patience
from verdigris.schema.tools.twinning import kept

ITEM = "migrations.CreateModel('Item', [('id', models.BigAutoField(primary_key=True)), ('name', models.TextField())])"
NICK = "migrations.AddField('item', 'nick', models.TextField({}))"
INDEX = "postgres.AddIndexConcurrently('item', models.Index(fields=['name'], name='by_name'))"
FILLED = (
    "migrations.RunPython(lambda apps, editor: apps.get_model('shop', 'Item').objects.create(name='made'),"
    " migrations.RunPython.noop)"
)


def shop(django):
    django.has("0001_item", [], ITEM)
    django.has("0002_nick", ["0001_item"], NICK.format("null=True"), 'verdigris = "expand"')
    django.has("0003_index", ["0002_nick"], INDEX, "atomic = False")
    django.has("0004_fill", ["0003_index"], FILLED, 'verdigris = "backfill"')


def test_migrations_are_run_one_after_the_other_by_the_projects_own_manage(database, django):
    shop(django)
    tool, url = Django(django.project), database.url()
    steps = tool.pending(url)
    assert [
        ("shop.0001_item", None, False),
        ("shop.0002_nick", Kind.EXPAND, False),
        ("shop.0003_index", None, True),
        ("shop.0004_fill", Kind.BACKFILL, False),
    ] == [(step.name, step.declared, step.alone) for step in steps]
    for number, step in enumerate(steps[:2], 1):
        tool.run(url, step)
        assert steps[number:] == tool.pending(url)
    for step in steps[2:]:
        tool.run(url, step)
    with database.connected() as connection:
        assert [("made", None)] == connection.execute("select name, nick from shop_item").fetchall()
        assert connection.execute(
            "select indisvalid from pg_index where indexrelid = 'by_name'::regclass"
        ).fetchone()


def test_a_lock_in_the_way_ends_the_try_and_leaves_nothing(database18, django):
    shop(django)
    tool, url = Django(django.project), database18.url()
    first, second, *_ = tool.pending(url)
    tool.run(url, first)
    with database18.connected() as reader:
        reader.execute("begin")
        reader.execute("select * from shop_item")
        with pytest.raises(ActionError, match="did not get its lock within 0 s"):
            tool.run(url, second, Patience(retry_for=0))
    tool.run(url, second)


def test_advice_comes_with_what_it_is_for(database18, django):
    django.has("0001_item", [], ITEM)
    django.has("0002_nick", ["0001_item"], NICK.format("default='x'"))
    django.has("0003_nock", ["0002_nick"], NICK.format("db_default='x'").replace("'nick'", "'nock'"))
    django.has(
        "0004_drop", ["0003_nock"],
        "migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField('item', 'nick')])",
    )  # fmt: skip
    steps = Django(django.project).pending(database18.url())
    assert [False, True, False, False] == [
        any("db_default" in each for each in step.advice) for step in steps
    ]


TOTAL = ITEM.replace("models.TextField()", "models.TextField()), ('total', models.IntegerField()")
WIDE = (
    "migrations.AlterField('item', 'total', models.IntegerField(null=True)),"
    " migrations.AddField('item', 'amount', models.IntegerField(null=True))"
)
SYNC = 'verdigris, verdigris_sync = "expand", "shop_item total amount"'
BOTH = "select total, amount from shop_item order by id"


def renamed(django):
    django.has("0001_item", [], TOTAL)
    django.has("0002_amount", ["0001_item"], WIDE, SYNC)
    django.has(
        "0003_total", ["0002_amount"], "migrations.RemoveField('item', 'total')", 'verdigris = "contract"'
    )


def test_twins_that_a_migration_declares_are_kept_alike_until_one_of_them_is_removed(database, django):
    renamed(django)
    tool, url = Django(django.project), database.url()
    first, expand, contract = tool.pending(url)
    assert ((), (Twins("shop_item", "total", "amount"),)) == (first.twins, expand.twins)
    tool.run(url, first)
    tool.run(url, expand)
    with database.connected() as connection:
        connection.execute("insert into shop_item (name, total) values ('old', 1)")
        connection.execute("insert into shop_item (name, amount) values ('new', 2)")
        assert [(1, 1), (2, 2)] == connection.execute(BOTH).fetchall()
        tool.run(url, contract)
        connection.execute("insert into shop_item (name, amount) values ('newer', 3)")
    assert () == tool.pending(url)


def test_a_trigger_that_a_kill_left_out_is_still_owed_and_nothing_is_migrated_for_it(database18, django):
    renamed(django)
    tool, url = Django(django.project), database18.url()
    first, expand, contract = tool.pending(url)
    tool.run(url, first)
    with pytest.raises(KeyboardInterrupt), kept(url, expand):
        django.project.answered(url, "migrate", "--no-input", "shop", "0002_amount")
        raise KeyboardInterrupt
    owed_still, last = tool.pending(url)
    assert (replace(expand, applied=True), contract) == (owed_still, last)
    tool.run(url, owed_still)
    with database18.connected() as connection:
        connection.execute("insert into shop_item (name, total) values ('old', 1)")
        assert [(1, 1)] == connection.execute(BOTH).fetchall()
    assert (contract,) == tool.pending(url)


def test_settings_that_read_the_database_elsewhere_are_refused(database18, django):
    shop(django)
    (django.home / "settings.py").write_text(
        'SECRET_KEY = "x"\nINSTALLED_APPS = ["shop"]\n'
        'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}\n'
    )
    with pytest.raises(Refused, match="did not connect to the database"):
        Django(django.project).pending(database18.url())


def test_two_leaves_of_an_app_are_to_be_joined(database18, django):
    django.has("0001_item", [], ITEM)
    django.has("0002_a", ["0001_item"], "")
    django.has("0002_b", ["0001_item"], "")
    with pytest.raises(ConfigError, match=r"shop \(0002_a, 0002_b\) both come last"):
        Django(django.project).pending(database18.url())


def test_a_word_that_means_nothing_is_refused(database18, django):
    django.has("0001_item", [], ITEM, 'verdigris = "later"')
    with pytest.raises(ConfigError, match=r"shop\.0001_item: verdigris = 'later'"):
        Django(django.project).pending(database18.url())


def test_a_project_that_is_broken_says_how(database18, django):
    django.has("0001_item", [], "nonsense")
    with pytest.raises(ActionError, match="name 'nonsense' is not defined"):
        Django(django.project).pending(database18.url())


@pytest.mark.parametrize("out", ["", "hello\n", "verdigris-plan:{", "verdigris-plan:"])
def test_nonsense_is_no_answer(out):
    with pytest.raises(ActionError, match="did not answer what is to be migrated"):
        answer(out)


@pytest.mark.parametrize(
    "told", [None, [], {}, {"conflicts": {}, "steps": [{}]}, {"conflicts": {}, "steps": 3}]
)
def test_an_answer_of_another_shape_is_none(told):
    with pytest.raises(ActionError, match="answered what cannot be read"):
        owed(told)
