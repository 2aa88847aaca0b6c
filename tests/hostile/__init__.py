"""Bytes from strangers, at every door through which they come in: a value, or a sentence, in bounded time and room."""
