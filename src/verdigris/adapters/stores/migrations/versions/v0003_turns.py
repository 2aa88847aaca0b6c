"""The story of a deployment, its phases and steps, is found among any number of other events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    turns = sa.text("kind IN ('phase', 'step')")
    op.create_index("events_that_turn", "events", ["app", "deployment"], sqlite_where=turns)
