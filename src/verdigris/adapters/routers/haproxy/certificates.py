"""The certificates that HAProxy serves: taken over from the files of whoever renews them, at run time as well.

A pair that is broken, or that HAProxy itself does not find valid, never replaces one that serves. Neither a key nor
a part of one leaves these files but for HAProxy's own socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from verdigris.adapters.routers.haproxy.crt_lists import crt_lists, name_of
from verdigris.adapters.routers.haproxy.expiry import EXPIRIES, Expiry, noted
from verdigris.adapters.routers.haproxy.handing import fingerprint, hand_over
from verdigris.adapters.routers.haproxy.words import CERTIFICATES
from verdigris.core.errors import ActionError, ConfigError

if TYPE_CHECKING:
    from verdigris.adapters.routers.haproxy.files import Files
    from verdigris.adapters.routers.haproxy.pair import Pair
    from verdigris.adapters.routers.haproxy.settings import Door, Site
    from verdigris.adapters.routers.haproxy.socket import Conversation

__all__ = ["Certificates"]

CHECK_WITHIN = 10.0
SETTLED = 2.0
"""Seconds. A file that changed so shortly before it was read may change once more without looking changed."""

PROOF = """\
defaults
    mode http
    timeout client 1s
frontend check
    bind 127.0.0.1:1 ssl crt {name}
    http-request return status 200
"""

Marks = tuple[tuple[int, ...] | None, ...]


@dataclass(slots=True)
class _Place:
    """One site's certificate: what lies in our directory, what was last seen of its source, and who has it."""

    pair: Pair | None
    seen: Marks | None = None
    fresh: bool = False
    given: tuple[int, Pair] | None = None
    unread: str = ""
    refused: str = ""


class Certificates:
    """The certificates of all sites with TLS. `prepare` comes before HAProxy starts, `renew` now and then."""

    def __init__(self, door: Door, files: Files) -> None:
        self.door = door
        self.files = files
        self._sites = [site for site in door.sites if site.tls]
        self._places: dict[str, _Place] = {}
        self._told: dict[str, str] = {}
        self._tidy = False
        self._turn = threading.Lock()

    def prepare(self) -> tuple[str, ...]:
        """Have good pairs lie ready for `crt_lists`; returns complaints. `ConfigError` for a site without one."""
        if not self._sites:
            return ()
        (self.files.directory / CERTIFICATES).mkdir(mode=0o700, parents=True, exist_ok=True)
        self._take_over()
        for site in self._sites:
            if self._place(site).pair is None:
                raise ConfigError(f"{site.app}: {self._place(site).unread}")
        return self._news()

    async def renew(self, conversation: Conversation) -> tuple[str, ...]:
        """Take over what changed, on disk and in the serving process; returns the complaints that are new.

        No connection notices: those that are open keep what they were opened with.
        """
        await asyncio.to_thread(self._take_over)
        for site in self._sites:
            await self._give(conversation, site.app, self._place(site))
        await asyncio.to_thread(self._clear)
        return self._news()

    def expiries(self) -> tuple[Expiry, ...]:
        """How long each site's certificate is good, and what is wrong with it. Writes nothing."""
        return tuple(self._expiry(site) for site in self._sites)

    def _take_over(self) -> None:
        with self._turn:  # a look that was given up may still be at it
            for site in self._sites:
                self._take(site, self._place(site))
        with contextlib.suppress(
            ActionError
        ):  # a full disk that keeps a note from being written is told elsewhere
            self.files.keep(EXPIRIES, noted(self.expiries()))

    def _take(self, site: Site, place: _Place) -> None:
        """From the source into our directory, if it changed and is good."""
        marks = _marks(site)
        if marks == place.seen:
            return
        place.seen = marks if _settled(marks) else None
        try:
            found = _source(site)
            if place.pair is None or found.text != place.pair.text:
                _better(found, place.pair, site)
                self._prove(site.app, found)
                self.files.write(name_of(site.app), found.text)
                place.pair, place.fresh = found, True
            place.unread = ""
        except ConfigError as error:
            place.unread = str(error)
        except ActionError as error:
            place.unread, place.seen = str(error), None

    def _prove(self, app: str, pair: Pair) -> None:
        """`ConfigError` unless HAProxy would start with it: one that it refuses would keep all sites from starting."""
        name = f"{CERTIFICATES}/{app}.check"
        config = f"{name}.cfg"
        argv = [str(self.files.binary), "-c", "-f", config]
        try:
            self.files.write(name, pair.text)
            self.files.write(config, PROOF.format(name=name))
            subprocess.run(
                argv, cwd=self.files.directory, env={}, capture_output=True, timeout=CHECK_WITHIN, check=True
            )
        except subprocess.CalledProcessError as error:
            words = error.stderr.decode(errors="replace")
            raise ConfigError(
                f"HAProxy refuses the certificate: {_alert(words)}; issue another one"
            ) from None
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ActionError(f"the certificate cannot be tried: {error}; it is tried again") from error
        finally:
            for leftover in (name, config):
                with contextlib.suppress(OSError):  # or else `_clear` has it
                    (self.files.directory / leftover).unlink()

    async def _give(self, conversation: Conversation, app: str, place: _Place) -> None:
        """Have the serving process serve what lies on disk, if it does not yet, and see that it does."""
        pair, name = place.pair, name_of(app)
        if pair is None or place.given == (conversation.pid, pair):
            return
        served = await fingerprint(conversation, name)
        if served != pair.fingerprint or place.fresh:
            place.refused = await hand_over(conversation, name, pair)
            if place.refused:
                return
        place.given, place.fresh, place.refused = (conversation.pid, pair), False, ""

    def _place(self, site: Site) -> _Place:
        if site.app not in self._places:
            self._places[site.app] = _Place(self._stored(site.app))
        return self._places[site.app]

    def _stored(self, app: str) -> Pair | None:
        """What an earlier controller put there."""
        from verdigris.adapters.routers.haproxy.pair import read

        try:
            return read(self.files.directory / name_of(app))
        except ConfigError:
            return None

    def _expiry(self, site: Site) -> Expiry:
        place = self._place(site)
        pair, trouble = place.pair, place.unread or place.refused
        if place.seen is None and not trouble:  # nobody has looked: doctor asks without taking anything over
            try:
                found = _source(site)
                _better(found, pair, site)
                pair = found
            except ConfigError as error:
                trouble = str(error)
        if pair is None:
            return Expiry(site.app, site.hosts, trouble=trouble)
        return Expiry(site.app, site.hosts, pair.since, pair.until, trouble, pair.without(site.hosts))

    def _news(self) -> tuple[str, ...]:
        now = datetime.now(UTC)
        said = {expiry.app: expiry.complaint(now) for expiry in self.expiries()}
        news = tuple(text for app, text in said.items() if text and text != self._told.get(app))
        self._told = said
        return news

    def _clear(self) -> None:
        """Keys of sites that are gone do not stay. Only once HAProxy serves: an old list may name them till then."""
        if self._tidy or not self._sites:
            return
        ours = {EXPIRIES, *crt_lists(self.door), *(name_of(site.app) for site in self._sites)}
        for path in (self.files.directory / CERTIFICATES).iterdir():
            if f"{CERTIFICATES}/{path.name}" not in ours:
                path.unlink(missing_ok=True)
        self._tidy = True


def _source(site: Site) -> Pair:
    from verdigris.adapters.routers.haproxy.pair import read

    assert site.tls is not None
    return read(site.tls.certificate, site.tls.key)


def _better(found: Pair, before: Pair | None, site: Site) -> None:
    """An expired certificate is served rather than none, but not in the place of a good one."""
    now = datetime.now(UTC)
    if before is None or found.valid(now) or not before.valid(now):
        return
    assert site.tls is not None
    said = f"expired on {found.until:%Y-%m-%d}" if now >= found.until else f"begins on {found.since:%Y-%m-%d}"
    raise ConfigError(f"{site.tls.certificate}: the certificate {said}; put one there that is valid now")


def _marks(site: Site) -> Marks:
    """What changes when a file is written, replaced, or pointed to from elsewhere."""
    assert site.tls is not None
    return tuple(_mark(path) for path in (site.tls.certificate, site.tls.key) if path is not None)


def _mark(path: Path) -> tuple[int, ...] | None:
    try:
        seen = os.stat(path)
    except OSError:
        return None
    return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


def _settled(marks: Marks) -> bool:
    now = datetime.now(UTC).timestamp()
    return all(mark is None or abs(now - mark[-1] / 1e9) > SETTLED for mark in marks)


def _alert(words: str) -> str:
    """The first sentence of HAProxy's that says what is wrong."""
    lines = [line.partition(" : ")[2] or line for line in words.splitlines() if "[ALERT]" in line]
    return (lines or ["without a word"])[0][:300]
