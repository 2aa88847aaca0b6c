"""A PostgreSQL server that is nobody's: base, expanded and contracted schemas are made there, and nothing is lost."""
