"""Sources: each reads from outside how many requests of a slot came to something good or bad for users."""
