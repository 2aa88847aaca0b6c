"""From checked models to settings: texts with a unit become numbers, words for "nothing" become None.

Nothing here can fail for a document that the models and the checks have let through.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from verdigris.config.addresses import address_of, hosts_of, identity_of, network_of
from verdigris.config.fields import statuses
from verdigris.config.models import Section, Service
from verdigris.config.policies import policy_of, ramp_text
from verdigris.config.routing import Cohort, Route, Tls
from verdigris.config.schema import Schema
from verdigris.config.serving import Health, Router, Run
from verdigris.config.settings import (
    AlertSettings,
    CohortSettings,
    EnvironmentSettings,
    Expected,
    HealthSettings,
    MaintenanceSettings,
    PauseSettings,
    PrometheusSettings,
    RouterSettings,
    RouteSettings,
    Row,
    RunSettings,
    SchemaSettings,
    Settings,
    SignalSettings,
    Timeouts,
    TlsSettings,
)
from verdigris.config.signals import Signals, sources_of
from verdigris.config.units import seconds, size

__all__ = ["settings_of"]


def settings_of(app: str, service: Service, directory: str) -> Settings:
    """The settings that a checked service asks for."""
    policy = policy_of(service)
    rows = [Row("app", app, "file"), *(row for row in _rows(service, "") if row.key != "app")]
    effective = {"cutover.ramp": ramp_text(policy.ramp)}
    return Settings(
        app=app,
        directory=directory,
        run=_run(service.run),
        route=_route(service.route, directory),
        health=_health(service.health),
        router=_router(service.router),
        environment=EnvironmentSettings(service.environment.kind),
        alerts=AlertSettings(_unless("none", service.alerts.webhook)),
        policy=policy,
        routes=tuple(service.judge.routes),
        signals=_signals(service.signals, directory),
        schema=_schema(service.schema_, service.run.env),
        rows=tuple(Row(row.key, effective.get(row.key, row.value), row.origin) for row in rows),
    )


def _run(run: Run) -> RunSettings:
    # PORT is given to every instance anyway: naming it says only that the program reads it.
    env = tuple((name, value) for name, value in run.env.items() if name != "PORT")
    return RunSettings(
        command=tuple(run.command),
        source=_unless("git", run.source),
        build=tuple(tuple(command) for command in run.build),
        env=env,
        grace=seconds(run.grace),
        api_version=run.api_version,
        version=_unless("auto", run.version),
    )


def _route(route: Route, directory: str) -> RouteSettings:
    address, port = address_of(route.listen)
    return RouteSettings(
        address=address,
        port=port,
        hosts=hosts_of(route.host),
        path=route.path,
        strip=route.strip,
        tls=_tls(route.tls, directory),
        trust=tuple(sorted(set(map(network_of, route.trust)))),
        proxy_protocol=route.proxy_protocol,
        max_body=None if route.max_body == "none" else size(route.max_body),
        http2=route.http2,
        cohort=_cohort(route.cohort),
        pause=PauseSettings(seconds(route.pause.longest), route.pause.most),
        maintenance=MaintenanceSettings(
            _file(route.maintenance.page, directory), seconds(route.maintenance.retry_after)
        ),
    )


def _tls(tls: Tls, directory: str) -> TlsSettings | None:
    certificate = _file(tls.certificate, directory)
    if tls.listen == "none" or certificate is None:
        return None
    listen = RouteSettings(*address_of(tls.listen)).listen
    return TlsSettings(listen, certificate, _file(tls.private_key, directory), tls.redirect, tls.oldest)


def _cohort(cohort: Cohort) -> CohortSettings | None:
    by, name = identity_of(cohort.by)
    if by == "none" and not cohort.assign:
        return None
    return CohortSettings(by, name, cohort.assign, tuple(cohort.allow), tuple(cohort.deny))


def _file(written: str, directory: str) -> Path | None:
    """Whether it is there is for `verdigris doctor` to say: a file may come later, and change at any time."""
    return None if written == "none" else Path(directory, written)


def _health(health: Health) -> HealthSettings:
    return HealthSettings(
        path=health.path,
        timeout=seconds(health.timeout),
        interval=seconds(health.interval),
        status=statuses(health.status),
        body=tuple(_expected((), health.body)),
        smoke=tuple(health.smoke),
        grpc=_service(health.grpc),
    )


def _service(written: bool | str) -> str | None:
    return None if written is False else "" if written is True else written


def _expected(path: tuple[str, ...], body: Mapping[str, Any]) -> Iterator[Expected]:
    for name, value in body.items():
        if isinstance(value, Mapping):
            yield from _expected((*path, name), value)
        else:
            yield Expected((*path, name), value)


def _router(router: Router) -> RouterSettings:
    waits = {name: seconds(value) for name, value in router.timeouts.model_dump().items()}
    return RouterSettings(router.kind, _unless("bundled", router.bin), Timeouts(**waits))


def _schema(schema: Schema, env: Mapping[str, str]) -> SchemaSettings | None:
    if schema.tool == "none":
        return None
    return SchemaSettings(
        tool=schema.tool,
        database=schema.database,
        directory=schema.directory,
        command=() if schema.command == "none" else tuple(schema.command),
        url_env=schema.url_env,
        role="" if schema.role == "none" else schema.role,
        shadow=None if schema.shadow == "embedded" else schema.shadow,
        statements=None if schema.statements == "none" else schema.statements,
        shapes=schema.shapes,
        hazards=schema.hazards,
        env=tuple((name, env[name]) for name in schema.env),
    )


def _signals(signals: Signals, directory: str) -> SignalSettings | None:
    if not sources_of(signals):
        return None
    asked = signals.prometheus
    found = PrometheusSettings(asked.url, asked.good, asked.bad, _unless("none", asked.token))
    return SignalSettings(
        prometheus=None if asked.url == "none" else found,
        file=_file(signals.file, directory),
        command=() if signals.command == "none" else tuple(signals.command),
        every=seconds(signals.every),
    )


def _rows(section: Section, before: str) -> Iterator[Row]:
    for name, field in type(section).model_fields.items():
        key, value = f"{before}{field.alias or name}", getattr(section, name)
        if isinstance(value, Section):
            yield from _rows(value, f"{key}.")
        else:
            yield Row(key, _text(value), "file" if name in section.model_fields_set else "default")


def _text(value: Any) -> str:
    """As it could stand in the file. The ramp, a list of sections, is told by the policy instead."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _unless(word: str, value: str) -> str | None:
    return None if value == word else value
