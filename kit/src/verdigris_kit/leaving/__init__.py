"""Leaving well: who is being served is served to the end, and who stays connected is told in time, one after another.

On SIGTERM, or when the controller asks for it. It never cuts a connection itself.
"""

from .asgi import Leaving
from .wsgi import LeavingWSGI

__all__ = ["Leaving", "LeavingWSGI"]
