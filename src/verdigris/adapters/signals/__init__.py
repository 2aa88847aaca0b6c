"""Signals: each counts how requests went, second by second, and says when it cannot."""
