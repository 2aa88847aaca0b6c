"""What `doctor` says of the files that sites name: certificates and maintenance pages. It changes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from verdigris.core.errors import ConfigError
from verdigris.core.world import Check

if TYPE_CHECKING:
    from verdigris.adapters.routers.haproxy.expiry import Expiry
    from verdigris.adapters.routers.haproxy.settings import Door, Site

__all__ = ["certificates", "maintenance_pages"]


def certificates(door: Door, now: datetime) -> list[Check]:
    """A line for each certificate, with its days."""
    from verdigris.adapters.routers.haproxy.certificates import Certificates
    from verdigris.adapters.routers.haproxy.files import Files

    found = Certificates(door, Files(door.directory, door.binary)).expiries()
    return [_certificate(expiry, now) for expiry in found]


def maintenance_pages(door: Door) -> list[Check]:
    """A line for each page that somebody wrote."""
    return [_page(site) for site in door.sites if site.maintenance.page is not None]


def _certificate(expiry: Expiry, now: datetime) -> Check:
    if complaint := expiry.complaint(now):
        return Check("certificate", False, complaint)
    whose = ", ".join(expiry.hosts) or "any host"
    until = f"{expiry.not_after:%Y-%m-%d}" if expiry.not_after else "-"
    return Check(
        "certificate", True, f"{expiry.app}: good for {whose} for {expiry.days(now)} days, until {until}"
    )


def _page(site: Site) -> Check:
    from verdigris.adapters.routers.haproxy.pages import page

    try:
        page(site)
    except ConfigError as error:
        return Check("page", False, f"{site.app}: {error}")
    return Check("page", True, f"{site.app}: {site.maintenance.page} can be shown")
