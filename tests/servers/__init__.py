"""Real servers for tests: processes of their own on free ports, that can be stopped, frozen and brought back."""
