"""The users' own migration tools: they run, we watch."""
