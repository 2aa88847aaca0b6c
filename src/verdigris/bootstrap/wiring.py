"""Which adapter is which: the parts of one app, made from its settings and connected."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from verdigris.adapters.clock import MachineClock
from verdigris.adapters.environments.process.adapter import ProcessEnvironment
from verdigris.adapters.environments.response import HealthCheck
from verdigris.adapters.notifiers.webhook import Webhook
from verdigris.adapters.routers.haproxy.adapter import HaproxyRouter
from verdigris.adapters.routers.haproxy.binary import bundled
from verdigris.adapters.routers.haproxy.runner import KeeperRunner
from verdigris.adapters.routers.haproxy.settings import HaproxySettings, Timeouts
from verdigris.adapters.signals.router_lines import RouterLines
from verdigris.adapters.stores.board import FileBoard
from verdigris.adapters.stores.directs import FileDirects
from verdigris.adapters.stores.sql import SqlStore
from verdigris.bootstrap.house import DATABASE, House
from verdigris.config import Settings
from verdigris.core.errors import ObservationError
from verdigris.core.world import Member, Slot
from verdigris.engine.parts import Parts
from verdigris.keeper.client import KeeperClient, KeeperError

__all__ = ["Wired", "router_settings", "wired"]

log = logging.getLogger("verdigris")


@dataclass(frozen=True, slots=True)
class Wired:
    """The parts of one app, and the pieces of them that somebody else than the engine needs."""

    parts: Parts
    environment: ProcessEnvironment
    router: HaproxyRouter
    store: SqlStore


@asynccontextmanager
async def wired(house: House, *, listen: bool = True) -> AsyncIterator[Wired]:
    """The adapters of the app, connected until the block ends. `listen` takes the router's request counts in."""
    settings, clock = house.settings, MachineClock()
    async with AsyncExitStack() as stack:
        keeper = KeeperClient(house.state)
        check = health_check(settings)
        environment = ProcessEnvironment(keeper, check, clock)
        stack.push_async_callback(environment.close)
        router = await haproxy(house, environment, check, clock, keeper)
        stack.push_async_callback(router.close)
        signals = RouterLines(house.state / "router", clock, settings.app, router.requests)
        if listen:
            await signals.start()
            stack.push_async_callback(signals.close)
        store = SqlStore(house.state / DATABASE)
        stack.push_async_callback(store.close)
        notifier = await webhook(settings, stack)
        board, directs = FileBoard(house.state), FileDirects(house.state)
        parts = Parts(router, environment, signals, store, clock, directs, notifier, board)
        yield Wired(parts, environment, router, store)


async def haproxy(
    house: House,
    environment: ProcessEnvironment,
    check: HealthCheck,
    clock: MachineClock,
    keeper: KeeperClient,
) -> HaproxyRouter:
    """The router, running: with what it did before, if it did anything."""

    def complaint(status: int, body: bytes) -> str:
        wanted = any(low <= status <= high for low, high in check.statuses)
        return "" if wanted else f"it answered {status}"

    def proves(slot: Slot, member: Member) -> str | None:
        return environment.proves(member.name)

    runner = KeeperRunner(keeper)
    router = HaproxyRouter(router_settings(house), house.installation(), clock, runner, complaint, proves)
    try:
        newest = (await keeper.observe()).generation
    except KeeperError as error:
        raise ObservationError(error.sentence) from error
    # Whoever has the lease speaks for the newest generation; a router that runs as it should is left alone.
    await router.prepare(newest)
    return router


def router_settings(house: House) -> HaproxySettings:
    settings = house.settings
    binary = Path(settings.router.binary) if settings.router.binary else bundled()
    address = f"[{settings.route.address}]" if ":" in settings.route.address else settings.route.address
    timeouts = settings.router.timeouts
    return HaproxySettings(
        app=settings.app,
        directory=house.state / "router",
        listen=f"{address}:{settings.route.port}",
        host=settings.route.host,
        health_path=settings.health.path,
        places=max(4, settings.policy.instances),
        timeouts=Timeouts(
            timeouts.connect,
            timeouts.request,
            timeouts.server,
            timeouts.client,
            timeouts.keep_alive,
            timeouts.tunnel,
        ),
        binary=binary,
    )


def health_check(settings: Settings) -> HealthCheck:
    health, policy = settings.health, settings.policy
    return HealthCheck(
        path=health.path,
        timeout=health.timeout,
        interval=health.interval,
        healthy=policy.healthy,
        unhealthy=policy.unhealthy,
        statuses=health.status,
        body=tuple((expected.path, expected.value) for expected in health.body),
        smoke=health.smoke,
        host=settings.route.host or "",
    )


async def webhook(settings: Settings, stack: AsyncExitStack) -> Webhook | None:
    """Where alerts go besides the event log. A literal address is treated like a secret one: never shown."""
    reference = settings.alerts.webhook
    if reference is None:
        return None
    if reference.startswith("https://"):
        hook = Webhook("env:WEBHOOK", log.warning, environment={"WEBHOOK": reference})
    else:
        hook = Webhook(reference, log.warning)
    await hook.start()
    stack.push_async_callback(hook.stop)
    return hook
