"""Environments: whatever runs the instances of a slot, and the probes that ask them how they are."""
