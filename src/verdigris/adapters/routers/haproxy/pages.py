"""What an app answers during maintenance: the page of its owner, or a plain one of ours."""

from __future__ import annotations

import html
from collections.abc import Callable

from verdigris.adapters.routers.haproxy.settings import Site

__all__ = ["PAGE_MOST", "page"]

PAGE_MOST = 12 << 10
"""Bytes. HAProxy holds the whole answer in one buffer of 16 KiB."""

OURS = """\
<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Back soon</title>
<h1>Back soon</h1><p>{app} is under maintenance. Please try again in a moment.</p></html>
"""


def page(site: Site, say: Callable[[str], None]) -> str:
    """The page as text. One that cannot be read or is too long is replaced by ours, and that is said."""
    path = site.maintenance.page
    if path is None:
        return OURS.format(app=html.escape(site.app))
    try:
        with path.open("rb") as file:
            text = file.read(PAGE_MOST + 1).decode()
    except (OSError, ValueError) as error:
        say(f"{site.app}: route.maintenance.page: {path} cannot be read ({error}); our own page is used")
        return OURS.format(app=html.escape(site.app))
    if len(text.encode()) > PAGE_MOST:
        say(
            f"{site.app}: route.maintenance.page: {path} is longer than {PAGE_MOST} bytes; our own page is used"
        )
        return OURS.format(app=html.escape(site.app))
    return text
