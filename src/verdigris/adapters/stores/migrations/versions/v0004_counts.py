"""What the trial of a deployment was told, second by second."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "counts",
        sa.Column("row", sa.Integer, primary_key=True),
        sa.Column("app", sa.Text, nullable=False),
        sa.Column("deployment", sa.Text, nullable=False),
        sa.Column("at", sa.Integer, nullable=False),
        sa.Column("ln_e", sa.Float, nullable=False),
        sa.Column("lines", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("app", "deployment", "at", name="one_second"),
        sqlite_autoincrement=True,
    )
