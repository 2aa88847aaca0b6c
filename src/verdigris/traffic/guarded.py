"""The HTTP session with which instances are asked, by probes and by replays: whatever they answer, it costs little.

No proxy of the environment is asked, nothing is decompressed, no cookie is kept, and every request has a connection of
its own: a reused one would hide a listener that died, and a slot whose clients are sent away ends each connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import ClientSession

__all__ = ["guarded"]


def guarded(client: str, header_most: int, headers_most: int, headers: Mapping[str, str]) -> ClientSession:
    """A session that calls itself `client` and sends `headers`. The caller bounds the time, and closes it.

    An answer may have `headers_most` headers of at most `header_most` bytes each.
    """
    from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

    return ClientSession(
        connector=TCPConnector(force_close=True, limit=0),
        headers={"User-Agent": client, "Accept-Encoding": "identity", **headers},
        cookie_jar=DummyCookieJar(),
        timeout=ClientTimeout(total=None),  # asyncio.timeout counts everything, connecting and body too
        auto_decompress=False,
        trust_env=False,
        max_line_size=header_most,
        max_field_size=header_most,
        max_headers=headers_most,
    )
