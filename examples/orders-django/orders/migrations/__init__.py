"""Release after release."""
