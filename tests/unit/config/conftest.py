"""Examples drawn by hypothesis have no deadline: two busy cores must not fail a test that is right."""

from hypothesis import settings

settings.register_profile("config", deadline=None)
settings.load_profile("config")
