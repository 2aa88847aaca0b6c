"""What verdigris.yaml says of the router, in the router's own words: one door, one site for each app of the file.

Nothing is decided here and nothing opened; `config` and the adapters' settings do not know each other.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from verdigris.adapters.environments.health_call import exchange
from verdigris.adapters.environments.health_service import METHOD, message
from verdigris.adapters.routers.haproxy.asking import HealthCall
from verdigris.adapters.routers.haproxy.binary import bundled
from verdigris.adapters.routers.haproxy.pages import page
from verdigris.adapters.routers.haproxy.settings import (
    Door,
    Identity,
    Maintenance,
    Patience,
    Site,
    Timeouts,
    Tls,
)

if TYPE_CHECKING:
    from verdigris.bootstrap.house import House
    from verdigris.config import CohortSettings, Settings, TlsSettings

__all__ = ["check_page", "door_of", "site_of"]

PLACES_LEAST = 4
"""Members that a slot can have without a reload, however few instances the file asks for."""


def door_of(house: House) -> Door:
    """The router of a state directory with all apps of its file."""
    apps = house.apps.values()
    binary = next((settings.router.binary for settings in apps if settings.router.binary), None)
    return Door(
        directory=house.state / "router",
        sites=tuple(map(site_of, apps)),
        binary=Path(binary) if binary else bundled(),
    )


def site_of(settings: Settings) -> Site:
    """One app as the router has to know it."""
    route, service = settings.route, settings.health.grpc
    return Site(
        app=settings.app,
        listen=route.listen,
        hosts=route.hosts,
        path=route.path,
        strip=route.strip,
        health_path=settings.health.path if service is None else METHOD,
        health_call=HealthCall(message(service), exchange(service, route.host or settings.app))
        if service is not None
        else None,
        places=max(PLACES_LEAST, settings.policy.instances),
        timeouts=Timeouts(**asdict(settings.router.timeouts)),
        max_body=route.max_body,
        tls=_tls(route.tls) if route.tls else None,
        trust=route.trust,
        proxy_protocol=route.proxy_protocol,
        http2=route.http2,
        identity=_identity(route.cohort) if route.cohort else None,
        patience=Patience(route.pause.longest, route.pause.most),
        maintenance=Maintenance(route.maintenance.page, route.maintenance.retry_after),
    )


def check_page(settings: Settings) -> None:
    """`ConfigError` when the page of maintenance cannot be shown as it is now."""
    page(site_of(settings))


def _tls(tls: TlsSettings) -> Tls:
    return Tls(tls.listen, tls.certificate, tls.key, tls.redirect, tls.oldest)


def _identity(cohort: CohortSettings) -> Identity:
    return Identity(cohort.by, cohort.name, cohort.assign, cohort.allow, cohort.deny)
