"""What stands in a schema, what a migration changes of it, and what that makes the migration."""
