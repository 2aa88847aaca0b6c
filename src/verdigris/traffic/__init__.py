"""Traffic of our own making: replayed requests. Whoever sends here decides nothing, and nobody's answer is kept."""
