"""Shipped for people who write adapters: fakes, a simulated world, and the conformance suites of the ports."""
