"""Is what the code expects applied: Alembic and Django against a real PostgreSQL."""

import os
import shutil
import signal
import sys
import time
from pathlib import Path

import httpx
import psycopg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from tests.servers.server import Server, free_port
from tests.waiting import eventually_sync
from verdigris_kit import Health, checks

SITE = Path(__file__).with_name("django_site.py")
ENV = """
from alembic import context
with context.config.attributes["engine"].connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
"""
REVISION = """
revision, down_revision, branch_labels, depends_on = {name!r}, {before!r}, None, None
def upgrade(): pass
def downgrade(): pass
"""
MIGRATION = """
from django.db import migrations
class Migration(migrations.Migration):
    dependencies = {before!r}
    verdigris = {kind!r}
"""


@pytest.fixture
def scripts(tmp_path):
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text(ENV)
    for name, before in (("a1", None), ("b2", "a1")):
        (tmp_path / "versions" / f"{name}_.py").write_text(REVISION.format(name=name, before=before))
    return tmp_path


async def test_alembics_revision_is_seen_through_every_kind_of_engine(postgres, scripts):
    engine = create_engine(postgres.url.replace("postgresql:", "postgresql+psycopg:"))
    config = Config(attributes={"engine": engine})
    config.set_main_option("script_location", str(scripts))
    slow = create_async_engine(postgres.url.replace("postgresql:", "postgresql+asyncpg:"))
    sources = {"engine": engine, "async": slow, "connects": lambda: psycopg.connect(postgres.url)}
    health = Health(
        {name: checks.alembic(source, scripts) for name, source in sources.items()}, fresh_for=0, within=20
    )
    assert "degraded" == (await health.report())["status"]
    command.upgrade(config, "a1")
    behind = await health.report(details=True)
    command.upgrade(config, "head")
    there = await health.report(details=True)
    engine.dispose()
    await slow.dispose()
    assert {"the schema is at a1, not at b2: migrate"} == set(behind["reasons"].values())
    assert ("healthy", "b2, b2, b2") == (there["status"], there["schema"])


@pytest.fixture
def django(postgres, tmp_path):
    """A site of Django, with two migrations, and a third one that is for when the version before is gone."""
    shutil.copy(SITE, tmp_path)
    (tmp_path / "shop" / "migrations").mkdir(parents=True)
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "shop" / "migrations" / "__init__.py").touch()
    migrations = {"0001_orders": (), "0002_total": ("0001_orders",), "0003_gone": ("0002_total",)}
    for name, names in migrations.items():
        kind = "contract" if name == "0003_gone" else None
        text = MIGRATION.format(before=[("shop", each) for each in names], kind=kind)
        (tmp_path / "shop" / "migrations" / f"{name}.py").write_text(text)
    port = free_port()
    site = Server(
        name="django",
        command=[sys.executable, str(tmp_path / SITE.name), str(port)],
        port=port,
        url=f"http://127.0.0.1:{port}",
        answers=answers,
        log=tmp_path / "log",
        ends_by=signal.SIGKILL,
        environ={**os.environ, "DATABASE_PORT": str(postgres.port)},
    )
    site.start()
    yield site
    site.stop()


def answers(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", timeout=10).status_code in (200, 503)
    except httpx.TransportError:
        return False


def health_of(site):
    return httpx.get(f"{site.url}/health", timeout=10).json()


def test_djangos_migrations_are_looked_at_and_its_database_asked(django, postgres):
    before = health_of(django)
    assert (True, False) == (before["checks"]["database"], before["checks"]["schema"])
    assert "not applied: shop.0001_orders, shop.0002_total. Migrate" == before["reasons"]["schema"]

    httpx.get(f"{django.url}/migrate?to=0001", timeout=10).raise_for_status()
    assert "not applied: shop.0002_total. Migrate" == health_of(django)["reasons"]["schema"]
    httpx.get(f"{django.url}/migrate?to=0002", timeout=10).raise_for_status()
    assert ("healthy", "shop.0002_total") == (health_of(django)["status"], health_of(django)["schema"])

    with psycopg.connect(postgres.url) as connection:
        connection.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0003_new', now())"
        )
    ahead = health_of(django)
    assert ("healthy", "shop.0003_new") == (ahead["status"], ahead["schema"])

    httpx.get(f"{django.url}/migrate?to=zero", timeout=10).raise_for_status()
    assert "degraded" == health_of(django)["status"]


def test_a_frozen_database_of_django_is_false_in_time_and_leaves_no_connections_behind(django, postgres):
    httpx.get(f"{django.url}/migrate?to=0002", timeout=10).raise_for_status()
    postgres.freeze()
    began = time.monotonic()
    assert {"database": False, "schema": False} == {
        name: health_of(django)["checks"][name] for name in ("database", "schema")
    }
    assert time.monotonic() - began < 11  # two looks of four seconds at most, and what busy cores add
    postgres.thaw()
    eventually_sync(lambda: health_of(django)["status"] == "healthy", "the database to answer again")
    for _ in range(10):
        health_of(django)
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        eventually_sync(lambda: others(connection) <= 2, "the sessions of those who have their answer to end")


def others(connection):
    [(count,)] = connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    return count
