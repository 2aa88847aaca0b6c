"""Clients that mean no good, or come from elsewhere: they send what they are given, and keep what comes back."""

import asyncio
import contextlib
import socket
from dataclasses import dataclass

__all__ = ["Answer", "exchange", "proxied", "request"]

WITHIN = 20.0
PROXY_V2 = b"\r\n\r\n\0\r\nQUIT\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of HTTP/1.1 and what came behind it; status 0 when the connection was closed without one."""

    status: int
    headers: dict[str, str]
    rest: bytes

    @classmethod
    def of(cls, raw):
        head, _, rest = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        status = int(first.split(" ")[1]) if first.startswith("HTTP/1.1 ") else 0
        pairs = (line.partition(": ") for line in lines)
        return cls(status, {name.lower(): value for name, _, value in pairs}, rest)


async def exchange(port, *parts, source="127.0.0.1"):
    """Send the parts, and everything that comes back until the other side closes, as one answer.

    Sockets without asyncio's transports: those forget what has arrived as soon as a write fails, and whoever is
    refused early fails to write.
    """
    loop, answer = asyncio.get_running_loop(), b""
    with socket.socket() as connection:
        connection.setblocking(False)
        connection.bind((source, 0))
        await loop.sock_connect(connection, ("127.0.0.1", port))
        async with asyncio.timeout(WITHIN):
            with contextlib.suppress(ConnectionError):
                await loop.sock_sendall(connection, b"".join(parts))
            with contextlib.suppress(ConnectionError):
                while more := await loop.sock_recv(connection, 65536):
                    answer += more
    return Answer.of(answer)


def request(*headers, method="GET", path="/", body=b"", last=True):
    """A request as bytes. With `last` the connection is closed after its answer."""
    lines = [f"{method} {path} HTTP/1.1", "Host: api.example.com", *headers, *["Connection: close"] * last]
    return "\r\n".join([*lines, "", ""]).encode() + body


def proxied(version, source="198.51.100.7", target="203.0.113.1"):
    """The line or the block with which a proxy tells whom it speaks for."""
    if version == 1:
        return f"PROXY TCP4 {source} {target} 4321 443\r\n".encode()
    addresses = b"".join(bytes(map(int, address.split("."))) for address in (source, target))
    block = addresses + (4321).to_bytes(2, "big") + (443).to_bytes(2, "big")
    return PROXY_V2 + bytes([0x21, 0x11]) + len(block).to_bytes(2, "big") + block
