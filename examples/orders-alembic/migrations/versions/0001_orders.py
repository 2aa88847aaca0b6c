"""Orders, and what is to be known of an item. Both slots' roles are members of `orders`."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "items", sa.Column("item", sa.Text, primary_key=True), sa.Column("note", sa.Text, nullable=False)
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("item", sa.Text, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
    )
    op.execute("GRANT SELECT, INSERT ON items, orders TO orders")
    op.execute("GRANT SELECT ON alembic_version TO orders")  # which the deep health check looks at
