"""What moves the database schema of an app."""
