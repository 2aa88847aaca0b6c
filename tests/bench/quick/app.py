"""The smallest API that can be released: it answers at once, says its version, and ends when it is told to.

Standard library only, started with -I -S: its own start is short, so that what a release costs beside it shows.
"""

import asyncio
import os
import signal
import sys

BODY = b'{"status": "healthy"}'
HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nX-API-Version: {}\r\n\r\n"
ANSWER = HEAD.format(len(BODY), os.environ.get("API_VERSION", "")).encode() + BODY
LIVING = set()


class Api(asyncio.Protocol):
    """Answers every request alike, as soon as its head is whole."""

    def connection_made(self, transport):
        """Remember it, to close it in the end."""
        self.transport, self.seen = transport, b""
        LIVING.add(transport)

    def connection_lost(self, error):
        """Forget it."""
        LIVING.discard(self.transport)

    def data_received(self, data):
        """One answer for each head."""
        self.seen += data
        heads = self.seen.split(b"\r\n\r\n")
        self.transport.write(ANSWER * (len(heads) - 1))
        self.seen = heads[-1]


async def main():
    """Serve until SIGTERM; what was asked has been answered by then."""
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, told.set)
    server = await loop.create_server(Api, "127.0.0.1", int(sys.argv[1]))
    await told.wait()
    server.close()
    for transport in list(LIVING):
        transport.close()


asyncio.run(main())
