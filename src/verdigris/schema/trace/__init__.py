"""Which locks a migration takes, measured statement by statement on the shadow."""
