"""Webhooks that survive a switch: callback URLs that outlive a slot, signatures, and deliveries that count once.

Signatures follow the Standard Webhooks specification 1.0.0, symmetric scheme. Nothing here opens a connection: the
application brings its web framework, its HTTP client and its store.
"""

from .callbacks import Callbacks
from .inbox import AsyncInbox, Inbox, Outcome
from .receiver import Answer, AsyncReceiver, Receiver
from .signing import Delivery, Signatures, Verdict, new_secret
from .stores import AsyncRedisStore, Claim, MemoryStore, RedisStore, Store
from .table import TableStore

__all__ = [
    "Answer",
    "AsyncInbox",
    "AsyncReceiver",
    "AsyncRedisStore",
    "Callbacks",
    "Claim",
    "Delivery",
    "Inbox",
    "MemoryStore",
    "Outcome",
    "Receiver",
    "RedisStore",
    "Signatures",
    "Store",
    "TableStore",
    "Verdict",
    "new_secret",
]
