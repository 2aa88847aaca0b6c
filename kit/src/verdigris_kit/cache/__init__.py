"""A cache that two versions of an application can share: during a switch, after it, and on the way back.

Keys carry the version (`v2:user:123`), the new version reads what the old one wrote through a declared upgrade, the
old one never meets an entry of the new one, and invalidation removes all of them. See `Cache` and `AsyncCache`.
"""

from verdigris_kit.versions import Versions

from .caches import AsyncCache, Cache, Settings
from .hot import Hot, hottest

__all__ = ["AsyncCache", "Cache", "Hot", "Settings", "Versions", "hottest"]
