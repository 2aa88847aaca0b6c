"""The first schema. What was released once is never changed here: the next one gets a migration of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "deployments",
        sa.Column("row", sa.Integer, primary_key=True),
        *text("app", "id", "phase"),
        sa.Column("generation", sa.Integer, nullable=False),
        *text("data", "policy"),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("updated", sa.Float, nullable=False),
        sa.UniqueConstraint("app", "id", name="one_deployment"),
        sqlite_autoincrement=True,
    )
    op.create_index("deployments_of_app", "deployments", ["app"])
    op.create_table(
        "events",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("wall", sa.Float, nullable=False),
        *text("app", "deployment"),
        sa.Column("generation", sa.Integer, nullable=False),
        *text("phase", "kind", "sentence", "evidence"),
        sqlite_autoincrement=True,
    )
    op.create_index("events_of_deployment", "events", ["app", "deployment"])
    op.create_table(
        "commands",
        sa.Column("id", sa.Integer, primary_key=True),
        *text("app", "verb", "actor", "reason", "deployment", "policy"),
        sa.Column("filed", sa.Float, nullable=False),
        sa.Column("accepted", sa.Boolean),
        sa.Column("sentence", sa.Text),
        sqlite_autoincrement=True,
    )
    op.create_index("commands_waiting", "commands", ["app"], sqlite_where=sa.text("accepted IS NULL"))
    op.create_table(
        "filed",
        sa.Column("id", sa.Integer, primary_key=True),
        *text("app", "key", "data"),
        sa.Column("filed", sa.Float, nullable=False),
        sa.Column("accepted", sa.Boolean),
        sa.Column("sentence", sa.Text),
        sa.Column("deployment", sa.Text),
        sa.UniqueConstraint("app", "key", name="one_filing"),
        sqlite_autoincrement=True,
    )
    op.create_index("filed_waiting", "filed", ["app"], sqlite_where=sa.text("accepted IS NULL"))
    op.create_table("meta", sa.Column("key", sa.Text, primary_key=True), *text("value"))
