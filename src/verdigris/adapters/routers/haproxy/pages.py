"""What an app answers during maintenance: the page of its owner as it is now, or a plain one of ours.

HAProxy reads our copy at each answer, so that a changed page needs no successor. Nothing gets into it that could not
be shown; until the owner's is mended the earlier copy stays.
"""

from __future__ import annotations

import html
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path

from verdigris.adapters.routers.haproxy.files import Files
from verdigris.adapters.routers.haproxy.settings import Site
from verdigris.adapters.routers.haproxy.words import page_of
from verdigris.core.errors import ConfigError

__all__ = ["PAGE_MOST", "Pages", "page"]

PAGE_MOST = 12 << 10
"""Bytes. HAProxy holds the whole answer in one buffer of 16 KiB."""

OURS = """\
<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Back soon</title>
<h1>Back soon</h1><p>{app} is under maintenance. Please try again in a moment.</p></html>
"""


class Pages:
    """The copies in the router's directory. `say` is told of a page that cannot be shown, once."""

    def __init__(self, files: Files, say: Callable[[str], None]) -> None:
        self._files = files
        self._say = say
        self._said: dict[str, str] = {}

    def renew(self, site: Site) -> None:
        """Take up the page as it is now; one that cannot be shown leaves the earlier one where it is."""
        name = page_of(site.app)
        try:
            self._files.keep(name, page(site))
            self._said.pop(site.app, None)
        except ConfigError as error:
            earlier = self._files.read(name)
            self._files.keep(name, earlier or ours(site.app))
            self._tell(
                site.app, f"{error}. Shown until then: {'the page as it was' if earlier else 'one of ours'}"
            )

    def _tell(self, app: str, sentence: str) -> None:
        if self._said.get(app) != sentence:
            self._said[app] = sentence
            self._say(f"{app}: {sentence}")


def page(site: Site) -> str:
    """The page as text, read now. `ConfigError` when it cannot be shown."""
    path = site.maintenance.page
    return ours(site.app) if path is None else _text(path)


def ours(app: str) -> str:
    return OURS.format(app=html.escape(app))


def _text(path: Path) -> str:
    where = f"route.maintenance.page: {path}"
    content = _content(path, where)
    if not content:
        raise ConfigError(f"{where} is empty. Write the page, or set it to none for one of ours")
    if len(content) > PAGE_MOST:
        raise ConfigError(
            f"{where} is longer than {PAGE_MOST >> 10} KiB. Shorten it: the router sends it from memory"
        )
    try:
        return re.sub("\r\n?", "\n", content.decode())
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where} is not UTF-8 (at byte {error.start}). Save it as UTF-8") from None


def _content(path: Path, where: str) -> bytes:
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ConfigError(f"{where} is no file. Name the HTML file itself")
            return file.read(PAGE_MOST + 1)
    except OSError as error:
        raise ConfigError(
            f"{where} cannot be read ({error.strerror}). Put it there and make it readable"
        ) from None


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe would wait for somebody to write
