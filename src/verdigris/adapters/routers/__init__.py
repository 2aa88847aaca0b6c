"""Routers: each sends requests to slots, says what it does, and does what it is told."""
