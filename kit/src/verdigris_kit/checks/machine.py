"""Is there room on the disk, and does another service answer over HTTP."""

import os
from typing import Union
from urllib.parse import urlsplit

from verdigris_kit.health import Check, Finding

__all__ = ["disk", "http"]


def disk(path: Union[str, "os.PathLike[str]"] = "/", free_percent: float = 5.0) -> Check:
    """Check that this share of the file system of `path` is free for us: of its bytes, and of its files."""
    if not 0 < free_percent < 100:
        raise ValueError(f"free_percent is {free_percent}: it lies between 0 and 100. 5 is usual.")

    def check() -> Finding:
        seen = os.statvfs(path)
        shares = {"bytes": (seen.f_bavail, seen.f_blocks), "files": (seen.f_favail, seen.f_files)}
        # Some file systems do not count files, and say 0.
        free = {what: 100 * left / there for what, (left, there) in shares.items() if there}
        short = [f"{left:.1f} % of the {what}" for what, left in free.items() if left < free_percent]
        return Finding(not short, f"free are {', '.join(short)}, wanted {free_percent:g} %" if short else "")

    return check


def http(url: str, within: float = 1.0) -> Check:
    """Check that a GET is answered with a status from 200 to 299; `within` seconds for each step of it.

    Redirects are not followed. For what you cannot serve without only; for the rest it is an informational check.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url!r} is no address of a service: write http://host:port/path.")
    host, target = parts.hostname, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def check() -> Finding:
        from http.client import HTTPConnection, HTTPSConnection

        connects = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = connects(host, parts.port, timeout=within)
        try:
            connection.request("GET", target, headers={"User-Agent": "verdigris-kit", "Connection": "close"})
            status = connection.getresponse().status
        finally:
            connection.close()
        return Finding(200 <= status < 300, "" if 200 <= status < 300 else f"it answered {status}")

    return check
