"""The reduced path of databases that are no PostgreSQL."""
