"""What should happen, and why: pure functions over frozen values. No clock, no I/O, no dice."""
