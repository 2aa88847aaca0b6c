"""The replayer of an app, made from its settings: it sends as the router would, and marks as the environment can."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verdigris.traffic.replayer import Replayer
from verdigris.traffic.sender import Front, Sender

if TYPE_CHECKING:
    from verdigris.adapters.environments.process.adapter import ProcessEnvironment
    from verdigris.adapters.signals.router_lines import RouterLines
    from verdigris.config import Settings
    from verdigris.ports import Clock

__all__ = ["front_of", "replayer"]


def replayer(
    settings: Settings, lines: RouterLines, environment: ProcessEnvironment, clock: Clock
) -> Replayer:
    """Made for every app, whatever its file says today: a deployment keeps the policy that it began with."""
    sender = Sender(front_of(settings))
    return Replayer(clock, lines.sample(settings.app), sender, environment.mark)


def front_of(settings: Settings) -> Front:
    route = settings.route
    return Front(
        host=route.host or "",
        scheme="https" if route.tls else "http",
        prefix=route.path if route.strip else "",
    )
