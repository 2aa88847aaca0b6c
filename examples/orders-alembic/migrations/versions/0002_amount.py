"""`total` is to be called `amount`. There are both for a while; whoever writes one of them has written the other."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
verdigris = "expand"
verdigris_sync = "orders total amount"


def upgrade() -> None:
    op.add_column("orders", sa.Column("amount", sa.Integer))
    op.alter_column("orders", "total", nullable=True)
