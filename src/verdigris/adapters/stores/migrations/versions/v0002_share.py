"""A command may name a share: what a drill is to send back. 0 leaves it to the policy."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("commands", sa.Column("share", sa.Integer, nullable=False, server_default="0"))
