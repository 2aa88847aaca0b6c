"""Whether the database serves both versions: a proof on a shadow, a trace of locks, and the runner of what was proven.

Everything here talks to databases and decides nothing about traffic: what may be done when is the core's to say.
"""
