"""Which jobs move the schema of an app: with the URLs that the environment has now, and none of them in a plan."""

from dataclasses import replace

import pytest

from tests.unit.core.worlds import a_deployment
from tests.unit.schema.conftest import server18
from verdigris.bootstrap.schemas import for_tool, handed, papers_of, plan_of, schema_jobs, seen, urls
from verdigris.config import SchemaSettings
from verdigris.core.errors import ConfigError
from verdigris.schema.jobs.order import DATABASE_URL, SHADOW_URL, TOOL
from verdigris.schema.jobs.papers import Papers

assert server18
SETTINGS = SchemaSettings("files", "env:OWNER_URL", role="orders", statements="said.jsonl")
SECRET = "postgresql://owner:hunter2@db/orders"


def test_where_nothing_moves_the_schema_there_are_no_jobs(tmp_path):
    assert schema_jobs(None, tmp_path, "orders", None) is None
    assert schema_jobs(SETTINGS, tmp_path, "orders", None) is not None


def test_urls_are_looked_up_anew_and_are_in_no_plan(monkeypatch, tmp_path):
    monkeypatch.setenv("OWNER_URL", SECRET)
    assert {DATABASE_URL: SECRET, SHADOW_URL: ""} == urls(SETTINGS)
    (tmp_path / "shadow").write_text(f"{SECRET}\n")
    assert SECRET == urls(replace(SETTINGS, shadow=f"file:{tmp_path / 'shadow'}"))[SHADOW_URL]
    plan = plan_of(SETTINGS)
    assert "hunter2" not in repr(plan)
    assert ("files", "orders", "said.jsonl") == (plan.tool, plan.role, plan.statements)


def test_a_tool_of_the_application_is_handed_its_variables(monkeypatch):
    monkeypatch.setenv("OWNER_URL", SECRET)
    monkeypatch.setenv("KEY", "hunter3")
    settings = replace(SETTINGS, tool="django", env=(("SECRET_KEY", "env:KEY"), ("STAGE", "live")))
    assert {DATABASE_URL, SHADOW_URL} == urls(settings).keys()
    found = for_tool(settings)
    assert ("hunter3", "live") == (found[f"{TOOL}SECRET_KEY"], found[f"{TOOL}STAGE"])
    assert "hunter3" not in repr(plan_of(settings))


def test_no_variable_with_the_address_of_a_database_is_handed_to_the_tool(monkeypatch):
    monkeypatch.setenv("OWNER_URL", SECRET)
    settings = replace(SETTINGS, tool="django", env=(("OTHER_URL", "env:OWNER_URL"),))
    with pytest.raises(ConfigError, match="OTHER_URL says where a database is") as raised:
        handed(settings)
    assert "hunter2" not in str(raised.value)
    assert () == handed(replace(settings, url_env="OTHER_URL"))


def test_the_doctor_names_a_variable_that_is_missing(monkeypatch):
    monkeypatch.setenv("OWNER_URL", SECRET)
    with pytest.raises(ConfigError, match="ABSENT_KEY"):
        seen("orders", replace(SETTINGS, env=(("SECRET_KEY", "env:ABSENT_KEY"),)))


def test_a_url_that_is_nowhere_says_what_to_do(monkeypatch):
    monkeypatch.delenv("OWNER_URL", raising=False)
    with pytest.raises(ConfigError, match="OWNER_URL"):
        urls(SETTINGS)


def test_of_a_deployment_without_a_job_nothing_is_known_yet(tmp_path):
    assert (Papers(), False) == papers_of(tmp_path, a_deployment("preflight"))


def test_the_doctor_says_what_production_is_and_what_is_missing_there(server18, monkeypatch):
    monkeypatch.setenv("OWNER_URL", server18.create().url())
    told = seen("orders", replace(SETTINGS, role=""))
    assert (True, "orders: PostgreSQL 18, no role for each slot, so nothing is contracted") == (
        told.passed,
        told.sentence,
    )
    told = seen("orders", SETTINGS)
    assert not told.passed
    assert (
        "there is no role orders_green: `verdigris schema role` makes it, a member of orders" in told.sentence
    )
    assert "CREATE EXTENSION pg_stat_statements" in told.sentence
