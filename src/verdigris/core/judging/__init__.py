"""The mathematics of the judge: counts of two slots in, evidence out. Standard library `math`, no clock, no dice.

`trial` is the story, `settings` what may be said about it; the others are one noun each.
"""
