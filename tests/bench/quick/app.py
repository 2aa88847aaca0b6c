"""The smallest API that can be released: it answers at once, says its version, and ends when it is told to.

Standard library only, started with -I -S, on the kernel's own event queue: it shares the machine with the router and
the clients, and neither its work nor its start is what a bench wants to show.
"""

import os
import select
import signal
import socket
import sys

BODY = b'{"status": "healthy"}'
HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nX-API-Version: {}\r\n\r\n"
ANSWER = HEAD.format(len(BODY), os.environ.get("API_VERSION", "")).encode() + BODY
END = b"\r\n\r\n"
CALLERS, WATCH = {}, select.epoll()


def serve(door, told):
    """Until something arrives at `told`; what was asked by then has been answered."""
    for one in (door, told):
        WATCH.register(one, select.EPOLLIN)
    ready = []
    while told.fileno() not in ready:
        ready = [number for number, _ in WATCH.poll()]
        if door.fileno() in ready:
            welcome(door)
        for caller in [CALLERS[number] for number in ready if number in CALLERS]:
            hear(caller)


def welcome(door):
    """A connection more, and nothing asked on it yet."""
    caller = Caller(door.accept()[0])
    CALLERS[caller.socket.fileno()] = caller
    WATCH.register(caller.socket, select.EPOLLIN)


class Caller:
    """A connection, and the head of which some is missing."""

    def __init__(self, connection):
        """Answers leave at once."""
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket, self.seen = connection, b""


def hear(caller):
    """One answer for each whole head, or farewell."""
    try:
        data = caller.socket.recv(16384)
        *heads, caller.seen = (caller.seen + data).split(END)
        caller.socket.sendall(ANSWER * len(heads))
    except ConnectionError:
        data = b""
    if not data:
        del CALLERS[caller.socket.fileno()]
        caller.socket.close()


def main():
    """Serve until SIGTERM."""
    told, teller = socket.socketpair()
    teller.setblocking(False)
    signal.set_wakeup_fd(teller.fileno())
    signal.signal(signal.SIGTERM, lambda *_: None)
    serve(socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=1024), told)


main()
