"""One guarded call by gRPC, of the health service or of the state, over HTTP/2 in clear and a connection of its own.

What the other side does can cost neither time beyond the deadline nor memory beyond HTTP/2's first window, 64 KiB of
body: it is never made larger.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from verdigris.adapters.environments.health_service import METHOD, message
from verdigris.adapters.environments.request import CLIENT, Response, Unanswered
from verdigris.adapters.environments.words import shown

if TYPE_CHECKING:
    from h2.connection import H2Connection
    from h2.events import Event

__all__ = ["exchange", "health_call", "named", "state_call"]

STREAM = 1
STATE = "/.verdigris/state"
NOTHING = b"\0\0\0\0\0"
"""An empty message."""
READ_MOST = 64 << 10
ADVICE = "`health.grpc` needs a server that takes gRPC without TLS at the instance's port"


def named(address: str, service: str) -> str:
    """The call as sentences name it."""
    return f"Health/Check of {service or 'the server'} at {address}"


def exchange(service: str, host: str) -> bytes:
    """All that a client sends for one call, for those who can send bytes and know no HTTP/2."""
    return _begun(service, host).data_to_send()


async def health_call(address: str, service: str, within: float, host: str = "") -> Response:
    """The answer, with its trailers among the headers. `Unanswered` says why there is none."""
    return await _called(named(address, service), address, _begun(service, host or address), within)


async def state_call(address: str, within: float, host: str, bearer: str) -> Response:
    """The same for what an application says of itself, to who has the token."""
    connection = _opened(STATE, NOTHING, host or address, authorization=f"Bearer {bearer}")
    return await _called(f"{STATE} at {address}", address, connection, within)


async def _called(call: str, address: str, connection: H2Connection, within: float) -> Response:
    begun, so_far = time.monotonic(), Response()
    try:
        async with asyncio.timeout(within):
            await _converse(address, connection, so_far)
    except TimeoutError:
        raise Unanswered(f"{call}: no complete answer within {within:g} s, {so_far}") from None
    except ConnectionRefusedError as error:
        raise Unanswered(f"{call}: nothing listens there", listening=False) from error
    except (OSError, ValueError) as error:
        raise Unanswered(f"{call}: {shown(str(error) or type(error).__name__)}") from error
    so_far.seconds = time.monotonic() - begun
    return so_far


def _begun(service: str, host: str) -> H2Connection:
    return _opened(METHOD, message(service), host)


def _opened(method: str, body: bytes, host: str, **more: str) -> H2Connection:
    from h2.connection import H2Connection

    connection = H2Connection()
    connection.initiate_connection()
    head = {
        ":method": "POST",
        ":scheme": "http",
        ":path": method,
        ":authority": host,
        "te": "trailers",
        "content-type": "application/grpc",
        "user-agent": CLIENT,
        **more,
    }
    connection.send_headers(STREAM, list(head.items()))
    connection.send_data(STREAM, body, end_stream=True)
    return connection


async def _converse(address: str, connection: H2Connection, so_far: Response) -> None:
    place = urlsplit(f"//{address}")
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        complete = False
        while not complete:
            writer.write(connection.data_to_send())
            await writer.drain()
            came = await reader.read(READ_MOST)
            if not came:
                raise ValueError(f"it closed the connection, {so_far}")
            complete = _take(_understood(connection, came), so_far)
    finally:
        writer.close()


def _understood(connection: H2Connection, came: bytes) -> Iterable[Event]:
    from h2.exceptions import ProtocolError

    if came.startswith(b"HTTP/1"):  # as a frame it would be one of 4.7 MB, which is waited for
        raise ValueError(f"that is no HTTP/2: {shown(came, 80)}. {ADVICE}")
    try:
        return connection.receive_data(came)
    except ProtocolError as error:
        raise ValueError(
            f"that is no HTTP/2 ({type(error).__name__}): {shown(came, 80)}. {ADVICE}"
        ) from error


def _take(events: Iterable[Event], so_far: Response) -> bool:
    """Note down what came; True when that was all."""
    from h2 import events as e

    for event in events:
        match event:
            case e.ResponseReceived() | e.TrailersReceived():
                _take_headers(event.headers or [], so_far)
            case e.DataReceived():
                so_far.body += event.data or b""
            case e.StreamReset():
                raise ValueError(f"it broke off the call (HTTP/2 error {event.error_code})")
            case e.ConnectionTerminated() if event.error_code:
                raise ValueError(f"it ended the connection (HTTP/2 error {event.error_code})")
            case e.StreamEnded():
                return True
    return False


def _take_headers(headers: Iterable[Any], so_far: Response) -> None:
    came = {name.decode("latin-1").lower(): value.decode("utf-8", "replace") for name, value in headers}
    so_far.status = int(came.pop(":status", so_far.status))
    so_far.headers = {**so_far.headers, **came}
