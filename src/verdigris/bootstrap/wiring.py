"""Which adapter is which: what all apps of a house share, and the parts of each, made from its settings."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from verdigris.adapters.clock import MachineClock
from verdigris.adapters.environments.health_service import judge_call
from verdigris.adapters.environments.process.adapter import ProcessEnvironment
from verdigris.adapters.environments.response import HealthCheck
from verdigris.adapters.notifiers.webhook import Webhook
from verdigris.adapters.routers.haproxy.adapter import HaproxyRouter
from verdigris.adapters.routers.haproxy.door import FrontDoor
from verdigris.adapters.routers.haproxy.runner import KeeperRunner
from verdigris.adapters.signals.router_lines import RouterLines
from verdigris.adapters.sources.polled import Polled
from verdigris.adapters.stores.board import FileBoard
from verdigris.adapters.stores.directs import FileDirects
from verdigris.adapters.stores.sql import SqlStore
from verdigris.bootstrap.house import DATABASE, House
from verdigris.bootstrap.replaying import replayer
from verdigris.bootstrap.schemas import schema_jobs
from verdigris.bootstrap.sites import door_of
from verdigris.bootstrap.sources import reader_of
from verdigris.config import Settings
from verdigris.core.errors import ConfigError
from verdigris.core.world import Member, Slot
from verdigris.engine.parts import Parts
from verdigris.keeper.client import KeeperClient
from verdigris.traffic.control import Controlled
from verdigris.traffic.inside import Counting

__all__ = ["Wired", "health_check", "webhook", "wired"]

log = logging.getLogger("verdigris")


@dataclass(frozen=True, slots=True)
class Wired:
    """What all apps share, and the parts of each. `environments` are those of the parts, with all that they can."""

    keeper: KeeperClient
    door: FrontDoor
    lines: RouterLines
    store: SqlStore
    apps: Mapping[str, Parts]
    environments: Mapping[str, ProcessEnvironment]

    def of(self, app: str) -> Parts:
        """`ConfigError` for an app that the file does not have."""
        if app not in self.apps:
            raise ConfigError(
                f"the configuration has no app {app!r}, it has {', '.join(self.apps)}. Put it back, or name another"
            )
        return self.apps[app]


@asynccontextmanager
async def wired(house: House, *, listen: bool = True) -> AsyncIterator[Wired]:
    """The adapters of all apps, connected until the block ends. `listen` takes the router's request counts in."""
    clock = MachineClock()
    async with AsyncExitStack() as stack:
        keeper = KeeperClient(house.state)
        door = FrontDoor(door_of(house), house.installation(), clock, KeeperRunner(keeper))
        stack.push_async_callback(door.close)
        # A router that runs as it should is left alone: with what it did before, if it did anything.
        await door.prepare()
        lines = RouterLines(house.state / "router", clock, door.counters)
        if listen:
            await lines.start()
            stack.push_async_callback(lines.close)
        store = SqlStore(house.state / DATABASE)
        stack.push_async_callback(store.close)
        shared = Shared(keeper, door, lines, store, clock, stack)
        fitted = {app: await fit(settings, shared) for app, settings in house.apps.items()}
        environments = {app: environment for app, (_, environment) in fitted.items()}
        yield Wired(
            keeper, door, lines, store, {app: parts for app, (parts, _) in fitted.items()}, environments
        )


@dataclass(frozen=True, slots=True)
class Shared:
    """What the parts of an app are made over; what is to be closed goes on the stack."""

    keeper: KeeperClient
    door: FrontDoor
    lines: RouterLines
    store: SqlStore
    clock: MachineClock
    stack: AsyncExitStack


async def fit(settings: Settings, shared: Shared) -> tuple[Parts, ProcessEnvironment]:
    """The adapters of one app."""
    state, app = shared.keeper.state, settings.app
    environment = ProcessEnvironment(shared.keeper, app, health_check(settings), shared.clock)
    shared.stack.push_async_callback(environment.close)
    router = haproxy(settings, shared.door, environment)
    shared.stack.push_async_callback(router.close)
    replays = replayer(settings, shared.lines, environment, shared.clock)
    shared.stack.push_async_callback(replays.close)
    parts = Parts(
        router=router,
        environment=environment,
        signals=Controlled(
            Counting(shared.lines.of(app, settings.routes), environment.inside), replays.control
        ),
        store=shared.store,
        clock=shared.clock,
        directs=FileDirects(state, app),
        notifier=await webhook(settings, shared.stack),
        board=FileBoard(state),
        replayer=replays,
        source=source(settings, shared),
        schema=schema_jobs(settings.schema, state, app, shared.clock),
    )
    return parts, environment


def haproxy(settings: Settings, door: FrontDoor, environment: ProcessEnvironment) -> HaproxyRouter:
    """The router of one app: what comes through the front door is held against what its instances are."""
    check = health_check(settings)

    def complaint(status: int, body: bytes) -> str:
        if check.grpc is not None:
            passed, sentence = judge_call(status, {}, body)
            return "" if passed else sentence
        wanted = any(low <= status <= high for low, high in check.statuses)
        return "" if wanted else f"it answered {status}"

    def proves(slot: Slot, member: Member) -> str | None:
        return environment.proves(member.name)

    return HaproxyRouter(door, settings.app, complaint, proves)


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
        grpc=health.grpc,
    )


def source(settings: Settings, shared: Shared) -> Polled | None:
    """Where it is counted what users got; None where nobody does."""
    if settings.signals is None:
        return None
    polled = Polled(
        reader_of(settings.signals, Path(settings.directory)),
        shared.clock,
        every=settings.signals.every,
        apart=settings.policy.outcomes_within,
    )
    shared.stack.push_async_callback(polled.close)
    return polled


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
