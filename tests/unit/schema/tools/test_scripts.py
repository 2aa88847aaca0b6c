import pytest

from verdigris.core.errors import ActionError, ConfigError, Refused
from verdigris.schema.running import journal
from verdigris.schema.script import Kind
from verdigris.schema.tools.scripts import Scripts
from verdigris.schema.tools.tool import Step

FILES = {
    "001_shop.expand.sql": "create table shop (id int primary key);",
    "002_nick.expand.sql": "alter table shop add nick text;",
    "002_nick.contract.sql": "alter table shop drop nick;",
}


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def names(steps):
    return [step.name for step in steps]


def test_files_are_run_one_after_the_other_and_each_once(database, folder):
    tool, url = Scripts(folder), database.url()
    steps = tool.pending(url)
    assert list(FILES) == names(steps)
    assert [Kind.EXPAND, Kind.EXPAND, Kind.CONTRACT] == [step.declared for step in steps]
    for number, step in enumerate(steps, 1):
        tool.run(url, step)
        assert list(FILES)[number:] == names(tool.pending(url))


def test_two_apps_in_one_database_do_not_take_each_others_files_for_done(database, tmp_path):
    url, ours, theirs = database.url(), tmp_path / "ours", tmp_path / "theirs"
    for folder, table in ((ours, "a"), (theirs, "b")):
        folder.mkdir()
        (folder / "001_init.expand.sql").write_text(f"create table {table} (id int primary key);")
        (folder / "002_more.contract.sql").write_text(f"drop table {table};")
    for app, folder in (("orders", ours), ("stock", theirs)):
        tool = Scripts(folder, app=app)
        assert ["001_init.expand.sql", "002_more.contract.sql"] == names(tool.pending(url))
        tool.run(url, tool.pending(url)[0])
        assert ["002_more.contract.sql"] == names(tool.pending(url))
        tool.run(url, tool.pending(url)[0])
        assert () == tool.pending(url)
    with database.connected() as connection:
        noted = {step.name for step in journal.steps(connection)}
    assert {"orders/001_init.expand.sql", "stock/001_init.expand.sql"} <= noted


def test_what_another_tool_applied_is_applied(database18, tmp_path):
    for number in (1, 2):
        (tmp_path / f"{number:04}_a.sql").write_text("-- migrate:up\nselect 1;\n")
    with database18.connected() as connection:
        connection.execute("create table schema_migrations (version text)")
        connection.execute("insert into schema_migrations values ('0001')")
    assert ["0002_a.sql"] == names(Scripts(tmp_path).pending(database18.url()))


def test_what_is_gone_is_named(folder):
    with pytest.raises(ConfigError, match=r"009_a\.sql: is not in .* any more"):
        Scripts(folder).script(Step("009_a.sql"))
    with pytest.raises(ConfigError, match="is no directory of the release"):
        Scripts(folder / "gone").script(Step("009_a.sql"))


def test_a_database_that_does_not_answer_is_said_without_its_password(folder):
    with pytest.raises(ActionError, match="cannot be opened") as raised:
        Scripts(folder).pending("postgresql://me:hunter22@127.0.0.1:1/x")
    assert "hunter22" not in str(raised.value)


@pytest.mark.parametrize("sql", ["SELECT pg_sleep(1000);", "CREATE INDEX CONCURRENTLY slow_id ON slow (id);"])
def test_what_waits_for_ever_is_ended_on_a_shadow_and_told_with_its_statement(database18, tmp_path, sql):
    (tmp_path / "001_slow.sql").write_text(sql)
    tool = Scripts(tmp_path, shadow_within=0.5)
    with database18.connected() as connection:
        connection.execute("CREATE TABLE slow (id int)")
        with (
            connection.transaction(),
            pytest.raises(
                ConfigError, match=r"on a shadow without rows: .* 1 took too long: it may take 0\.5 s"
            ),
        ):
            connection.execute("LOCK TABLE slow IN ROW EXCLUSIVE MODE")
            tool.run(database18.url(), Step("001_slow.sql"))


def test_what_was_carried_out_without_an_app_is_not_carried_out_once_more_with_one(database18, folder):
    url, app, nobody = database18.url(), Scripts(folder, app="orders"), Scripts(folder)
    nobody.run(url, nobody.pending(url)[0])
    with pytest.raises(
        Refused, match="001_shop.expand.sql: was carried out without an app.*expand --app orders"
    ):
        app.pending(url)
    app.adopt(url)
    assert list(FILES)[1:] == names(app.pending(url))
    with pytest.raises(Refused, match="file of the app orders.*add --app orders"):
        nobody.pending(url)
