"""The long jobs of a deployment: a proof, an expand step, a contract step, each a process of its own.

A job outlives the controller that began it, and leaves papers from which the next one goes on.
"""
