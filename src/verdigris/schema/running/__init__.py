"""Carries a migration out while the application serves: small locks, retries, batches, and a way back."""
