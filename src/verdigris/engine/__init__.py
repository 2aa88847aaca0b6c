"""Observe, decide, save, act: the loop around the core. It knows ports, never adapters."""
