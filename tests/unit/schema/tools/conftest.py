"""Projects as people have them, each in a directory of its own, run by the interpreter that runs the tests."""

import sys
import textwrap
from collections.abc import Iterator

import pytest

from verdigris.schema.shadow.database import Database
from verdigris.schema.shadow.server import Server
from verdigris.schema.tools.project import Project

ENVIRONMENT = """
import os
from alembic import context
from sqlalchemy import create_engine

with create_engine(os.environ.get("DATABASE_URL", "sqlite://")).connect() as connection:
    context.configure(connection=connection, target_metadata=None, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
"""
REVISION = '''"""{name}"""
import sqlalchemy as sa
from alembic import op

revision = "{name}"
down_revision = {after!r}
branch_labels = {labels!r}
depends_on = {needs!r}
{said}

def upgrade():
{body}

def downgrade():
    pass
'''
SETTINGS = """
import os
from urllib.parse import parse_qs, urlsplit

url = urlsplit(os.environ["DATABASE_URL"])
SECRET_KEY = "tests"
INSTALLED_APPS = ["shop"]
DATABASES = {"default": {
    "ENGINE": "django.db.backends.postgresql", "NAME": url.path[1:], "USER": url.username,
    "HOST": parse_qs(url.query)["host"][0], "PORT": parse_qs(url.query).get("port", [""])[0],
}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
print("settings say hello")
"""
MANAGE = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""


class AlembicProject:
    """Writes revisions; `project` runs them."""

    def __init__(self, home):
        self.home = home
        self.versions = home / "migrations" / "versions"
        self.versions.mkdir(parents=True)
        (home / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
        (home / "migrations" / "env.py").write_text(ENVIRONMENT)
        (home / "migrations" / "script.py.mako").write_text("")
        self.project = Project((sys.executable, "-m", "alembic"), home, scheme="postgresql+psycopg")

    def has(self, name, after, body, said="", labels=None, needs=None):
        body = textwrap.indent(textwrap.dedent(body), "    ")
        words = {"name": name, "after": after, "body": body, "said": said, "labels": labels, "needs": needs}
        (self.versions / f"{name}.py").write_text(REVISION.format(**words))


class DjangoProject:
    """Writes migrations of the app `shop`; `project` runs them."""

    def __init__(self, home):
        self.home = home
        self.migrations = home / "shop" / "migrations"
        self.migrations.mkdir(parents=True)
        for folder in (self.migrations, home / "shop"):
            (folder / "__init__.py").write_text("")
        (home / "settings.py").write_text(SETTINGS)
        (home / "manage.py").write_text(MANAGE)
        self.project = Project((sys.executable, "-W", "ignore", "manage.py"), home)

    def has(self, name, after, operations, said=""):
        text = (
            "from django.db import migrations, models\n"
            "from django.contrib.postgres import operations as postgres\n"
            f"class Migration(migrations.Migration):\n    dependencies = {[('shop', each) for each in after]!r}\n"
            f"    {said or 'pass'}\n    operations = [{operations}]\n"
        )
        (self.migrations / f"{name}.py").write_text(text)


@pytest.fixture
def alembic(tmp_path) -> AlembicProject:
    return AlembicProject(tmp_path / "alembic project")


@pytest.fixture
def django(tmp_path) -> DjangoProject:
    return DjangoProject(tmp_path / "django project")


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    """An empty one, on each of the servers."""
    yield server.create()


@pytest.fixture
def database18(server18: Server) -> Iterator[Database]:
    made = server18.create()
    yield made
    server18.drop(made)
