"""How Alembic reaches the database: by the URL in `DATABASE_URL`, which verdigris gives it, and by no other."""

import os

from alembic import context
from sqlalchemy import NullPool, create_engine

from orders_table import METADATA

with create_engine(os.environ["DATABASE_URL"], poolclass=NullPool).connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        transaction_per_migration=True,  # so that no revision holds its locks until the last one is done
    )
    with context.begin_transaction():
        context.run_migrations()
