"""The orders from before, a thousand at a time: each in a transaction of its own, so that nobody waits for them all.

Ended anywhere, it goes on with what is left.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
verdigris = "backfill"

FILL = """
    UPDATE orders SET amount = total WHERE id IN (
        SELECT id FROM orders WHERE amount IS NULL AND total IS NOT NULL ORDER BY id LIMIT 1000
    )
"""


def upgrade() -> None:
    with op.get_context().autocommit_block():
        while op.get_bind().exec_driver_sql(FILL).rowcount:
            pass
