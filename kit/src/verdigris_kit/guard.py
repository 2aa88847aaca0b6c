"""What may not leave a rehearsal: calls to listed hosts are refused or only written down while `rehearsing()`.

The last line behind the application's own `if rehearsing()`: a charge that somebody forgot raises here instead of
being made. Outside of a rehearsal it looks at one variable and does nothing. Nothing is patched by importing it.
"""

from collections import deque
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Callable, TypeVar, cast

from . import counts
from .hosts import plain
from .rehearsal import rehearsing

__all__ = ["Answer", "Guard", "Held", "HeldBack"]

T = TypeVar("T")

HELD_MAX = 1000
"""How many calls a guard remembers, the latest."""


class HeldBack(Exception):
    """A call that was not made, because the request at hand is a rehearsal."""


@dataclass(frozen=True)
class Held:
    """A call that was not made. Without query, headers and body: those may be secret."""

    method: str
    host: str
    path: str


@dataclass(frozen=True)
class Answer:
    """What a recorded call gets in place of the answer that nobody gave."""

    status: int = 202
    body: bytes = b"{}"
    type: str = "application/json"

    def __post_init__(self) -> None:
        """Refuse what a client would wait behind or choke on."""
        if not 200 <= self.status <= 599 or (self.status in (204, 304) and self.body):
            raise ValueError(
                f"answer: {self.status} with {len(self.body)} bytes is none. 204 and 304 have no body."
            )
        if not (self.type.isascii() and self.type.isprintable()):
            raise ValueError(f"answer: type is {self.type!r}: a header value is printable ASCII.")

    @property
    def headers(self) -> dict[str, str]:
        """`Connection: close`, so that no client keeps the stand-in for the next call, which may be meant."""
        return {"Content-Type": self.type, "Content-Length": str(len(self.body)), "Connection": "close"}

    @property
    def raw(self) -> bytes:
        """The whole answer, as HTTP/1.1."""
        lines = [
            f"HTTP/1.1 {self.status} Held",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


class Guard:
    """Holds back calls to `hosts` while rehearsing: raises `HeldBack`, or with `record` answers in their place.

    A host is a name, `*.example.com` for every name below it, or `*` for all. Installing covers whatever rests on
    `http.client` (urllib, requests, urllib3); httpx and aiohttp are handed `over(transport)` and `aiohttp`.
    """

    def __init__(self, *hosts: str, record: bool = False, answer: Answer = Answer()) -> None:
        """Raise `ValueError` for what is no host: an address with a scheme, a port or a path would match nothing."""
        self._hosts = tuple(_host(name) for name in hosts)
        self._record = record
        self._held: deque[Held] = deque(maxlen=HELD_MAX)
        self.answer = answer

    @property
    def held(self) -> list[Held]:
        """The calls that were held back, refused ones too, the latest last; at most `HELD_MAX`."""
        return list(self._held)

    def holds(self, method: str, host: str, path: str) -> bool:
        """False: make the call. True: it is written down, answer it with `answer`. Raise `HeldBack`: it is refused.

        For clients of your own; also counted as `guard.held`.
        """
        if not rehearsing() or not self._lists(host):
            return False
        self._held.append(Held(method, host, path.partition("?")[0]))
        counts.add("guard.held")
        if not self._record:
            raise HeldBack(
                f"{method} {host}: held back, because this request is a rehearsal. Ask rehearsing() before calling."
            )
        return True

    def install(self) -> "Guard":
        """Guard `http.client` in this process, until `uninstall`. Doing it twice is doing it once."""
        from . import guarded

        guarded.install(self)
        return self

    def uninstall(self) -> None:
        """Let `http.client` alone again. Without `install` before, nothing happens."""
        from . import guarded

        guarded.uninstall(self)

    def __enter__(self) -> "Guard":
        return self.install()

    def __exit__(self, *error: object) -> None:
        self.uninstall()

    def over(self, transport: T) -> T:
        """Return an httpx transport that asks this guard first: `httpx.Client(transport=guard.over(…))`, async too."""
        from .guarded import HttpxTransport

        return cast("T", HttpxTransport(self, transport))

    async def aiohttp(self, request: Any, handler: Callable[[Any], Awaitable[Any]]) -> Any:
        """A client middleware: `aiohttp.ClientSession(middlewares=[guard.aiohttp])`, from aiohttp 3.12 on."""
        if self.holds(request.method, request.url.host or "", request.url.path):
            from .guarded import aiohttp_answer

            return await aiohttp_answer(request, self.answer)
        return await handler(request)

    def _lists(self, host: str) -> bool:
        name = plain(host)
        return any(_matches(listed, name) for listed in self._hosts)


def _matches(listed: str, host: str) -> bool:
    return listed in ("*", host) or (listed.startswith("*.") and host.endswith(listed[1:]))


def _host(given: str) -> str:
    name = plain(given)
    bare = name.removeprefix("*.")
    if given != "*" and not (_ipv6(bare) if ":" in bare else bare and not set(bare) & set("/*@?# ")):
        raise ValueError(
            f"hosts: {given!r} is no host. Give a name as 'api.example.com', '*.example.com' or '*'."
        )
    return name


def _ipv6(name: str) -> bool:
    return name.count(":") > 1 and not set(name.lower()) - set("0123456789abcdef:.")
