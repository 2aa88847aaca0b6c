"""Orders, and what was paid for them."""
