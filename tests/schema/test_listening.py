"""Migrations of Alembic and Django, run by their own machinery on a shadow, and heard there."""

from __future__ import annotations

import subprocess
import sys

import pytest

from verdigris.schema.trace.advice import holding
from verdigris.schema.trace.listener import install
from verdigris.schema.trace.weigh import Hazard, weigh

BASE = "CREATE TABLE people (id bigserial PRIMARY KEY, name varchar(50), age integer)"
WITHIN = 90.0
ENVIRONMENT = """
import sqlalchemy as sa
from alembic import context

engine = sa.create_engine(context.config.attributes["url"])
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""
REVISION = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "one", None


def upgrade():
    op.add_column("people", sa.Column("nick", sa.String(20)))
    op.alter_column("people", "age", type_=sa.BigInteger)
    op.execute("UPDATE people SET nick = name")
    with op.get_context().autocommit_block():
        op.create_index("people_nick", "people", ["nick"], postgresql_concurrently=True)
"""
ALEMBIC = """
import sys
from alembic import command
from alembic.config import Config

config = Config()
config.set_main_option("script_location", ".")
config.set_main_option("path_separator", "os")
config.attributes["url"] = sys.argv[1].replace("postgresql://", "postgresql+psycopg://")
command.upgrade(config, "head")
"""
DJANGO = """
import sys
from urllib.parse import parse_qs, urlsplit
from django.conf import settings

url = urlsplit(sys.argv[1])
query = {name: values[0] for name, values in parse_qs(url.query).items()}
settings.configure(INSTALLED_APPS=[], DATABASES={"default": {
    "ENGINE": "django.db.backends.postgresql", "NAME": url.path.lstrip("/"), "USER": url.username,
    "HOST": query["host"],
}})
import django
django.setup()
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState


class First(migrations.Migration):
    operations = [migrations.CreateModel("Person", [
        ("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=50, null=True)),
    ], options={"db_table": "people"})]


class Second(migrations.Migration):
    operations = [
        migrations.AddField("Person", "level", models.IntegerField(default=3)),
        migrations.RunPython(lambda apps, _: apps.get_model("app", "Person").objects.update(level=4)),
        migrations.AlterField("Person", "name", models.CharField(max_length=50, default="")),
    ]


state = First("first", "app").mutate_state(ProjectState())
with connection.schema_editor(atomic=True) as editor:
    Second("second", "app").apply(state, editor)
"""


@pytest.fixture(params=["server15", "server18"])
def server(request):
    found = request.getfixturevalue(request.param)
    yield found
    found.clear()


@pytest.fixture
def heard(server, tmp_path):
    """What is heard of a program that is given the shadow's URL."""

    def run(program: str):
        made = server.create()
        with made.connected() as connection:
            connection.execute(BASE)
            listener = install(connection)
            words = [sys.executable, "-c", program, made.url()]
            done = subprocess.run(
                words, capture_output=True, text=True, timeout=WITHIN, check=False, cwd=tmp_path
            )
            assert 0 == done.returncode, done.stderr
            return [one for one in weigh(listener.heard(connection)) if one.traced.touches]

    return run


def test_an_alembic_migration_is_heard_with_its_autocommit_block(heard, tmp_path):
    (tmp_path / "env.py").write_text(ENVIRONMENT)
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "one.py").write_text(REVISION)
    found = heard(ALEMBIC)
    assert ["ALTER TABLE", "ALTER TABLE", "UPDATE", "CREATE INDEX"] == [one.traced.tag for one in found]
    assert [None, Hazard.REWRITE, None] == [found[n].hazard for n in (0, 1, 3)]
    assert found[2].hazard in {Hazard.SCAN, Hazard.HELD}
    first, *rest = [one.traced.transaction for one in found]
    assert [first, first] == rest[:2] != rest[1:]
    assert ("SHARE UPDATE EXCLUSIVE", False) == (found[3].traced.lock.words, found[3].traced.inside)
    assert "people is written anew" in holding(found[1])


def test_a_django_migration_is_heard_with_its_python(heard):
    found = heard(DJANGO)
    tags = [one.traced.tag for one in found]
    assert ["ALTER TABLE", "ALTER TABLE", "UPDATE"] == tags[:3], (
        "a field with a default is added, and the default dropped"
    )
    assert found[2].hazard in {Hazard.SCAN, Hazard.HELD}
    (required,) = [one for one in found if "SET NOT NULL" in one.traced.sql]
    assert required.traced.scan
