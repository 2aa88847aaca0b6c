"""Where the statements of a version come from."""
