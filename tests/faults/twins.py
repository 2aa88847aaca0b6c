"""What becomes of the rows that matter most when their guard is taken out: one fault each, the scenarios as they are.

Those that break a decision are the simulator's own planted faults, by their names.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.faults.registry import TWINS, twin
from verdigris.adapters.environments import request
from verdigris.adapters.environments.request import Client, Response
from verdigris.adapters.notifiers import addresses
from verdigris.adapters.routers.haproxy import render
from verdigris.adapters.stores import files
from verdigris.config import checks
from verdigris.config.loader import _Builder
from verdigris.core import commands, evidence, judge, looks, safety
from verdigris.core.deployment import Deployment
from verdigris.core.world import Command, World
from verdigris.engine import look, loop
from verdigris.engine.effects import Effects
from verdigris.engine.ledger import Ledger
from verdigris.engine.loop import Engine
from verdigris.engine.service import Service
from verdigris.testing.planted import FAULTS
from verdigris.testing.planting import attribute, in_rows, instead

__all__ = ["TWINS"]

Planted = AbstractContextManager[Any]

KNOWN = {fault.name: fault.plant for fault in FAULTS}
for number, name in {
    "F-01": "acted on before saved",
    "F-06": "elapsed time is evidence",
    "F-19": "a change by hand is overwritten",
    "F-23": "the call is trusted",
    "F-26": "the front door is not asked",
    "F-57": "the health gate is skipped",
    "F-65": "unknown counts as good",
    "F-66": "the front door is not asked",
    "F-69": "a bad verdict is ignored",
    "F-71": "the other side does not matter",
    "F-72": "the other side does not matter",
    "F-73": "backward turns forward",
    "F-83": "a full store stops nothing",
    "F-91": "the schema contracts under sessions",
    "F-121": "the old one is not looked at",
    "F-122": "nobody is told anything",
    "F-124": "a direct rollback is not adopted",
}.items():
    twin(number)(KNOWN[name])


# --- crashes --------------------------------------------------------------------------------------------------


@twin("F-02")
def what_is_found_is_not_counted() -> Planted:
    return instead(safety.wanted_count, lambda slot, found, d, p: found + p.instances)


@twin("F-03")
def what_was_written_down_is_taken_for_done() -> Planted:
    act = Effects.act

    async def trusting(self: Effects, d: Deployment, actions: Any) -> None:
        told = [e.sentence for e in self.parts.store.inner.log if (e.deployment, e.phase) == (d.id, d.phase)]
        await act(self, d, tuple(a for a in actions if told.count(f"{a.kind}: {a.why}") < 2))

    return attribute(Effects, "act", trusting)


@twin("F-04")
def who_starts_anew_begins_the_ramp_anew() -> Planted:
    load = Ledger.load

    async def from_the_first_step(self: Ledger) -> None:
        fresh = not self.loaded
        await load(self)
        if fresh and self.saved is not None:
            self.saved = replace(self.saved, deployment=replace(self.saved.deployment, step=0))

    return attribute(Ledger, "load", from_the_first_step)


@twin("F-05")
def a_stop_breaks_off_what_is_under_way() -> Planted:
    async def at_once(self: Service, engine: Engine) -> None:
        while not self.stopping.is_set():
            round_, stop = (asyncio.create_task(work) for work in (self.one(engine), self.stopping.wait()))
            await asyncio.wait([round_, stop], return_when=asyncio.FIRST_COMPLETED)
            round_.cancel()
            stop.cancel()

    return attribute(Service, "drive", at_once)


# --- the router -----------------------------------------------------------------------------------------------


@twin("F-24")
def nobody_notices_that_nobody_can_see() -> Planted:
    return instead(evidence.blind, lambda d, w, verdict, waiting: False)


@twin("F-27")
def every_look_gives_a_new_order() -> Planted:
    return instead(safety.stamp_of, lambda routing, d, w: d.generation + 1)


@twin("F-37")
def the_old_slot_goes_with_the_switch() -> Planted:
    return instead(looks.moved, looks.only_candidate)


@twin("F-112")
def anybody_may_open_the_controls() -> Planted:
    write = render._global
    return instead(write, lambda *told: write(*told).replace("mode 600", "mode 666"))


# --- slots and evidence ---------------------------------------------------------------------------------------


@twin("F-47")
def a_rollback_is_taken_up_though_its_slot_is_going() -> Planted:
    roll_back = commands.roll_back

    def late(command: Command, d: Deployment, w: World, p: Any) -> Any:
        found = roll_back(command, replace(d, phase="stabilize"), w, p)
        return found if d.phase == "decommission" else roll_back(command, d, w, p)

    return instead(roll_back, late)


@twin("F-67")
def any_sample_will_do() -> Planted:
    return instead(judge.surely, lambda bad, requests, limit, p: bad > limit * requests)


@twin("F-125")
def silence_is_taken_for_good_news() -> Planted:
    return instead(judge.uncounted, lambda d, w, p: None)


@twin("F-126")
def one_of_sixty_is_above_one_percent() -> Planted:
    return instead(judge.surely, lambda bad, n, limit, p: n >= p.min_requests and bad > limit * n)


@twin("F-68")
def the_other_slot_is_not_compared() -> Planted:
    return instead(judge.shared, lambda d: judge.bad(d, f"{d.candidate} fails"))


@twin("F-70")
def nobody_watches_while_it_stabilizes() -> Planted:
    return in_rows(lambda row: replace(row, watched=False) if row.name == "stabilize" else row)


@twin("F-76")
def whatever_is_filed_is_the_policy() -> Planted:
    def newest(saved: Any, decision: Any, filed: tuple[Command, ...]) -> Any:
        policies = [command.policy for command in filed if command.policy is not None]
        return replace(saved, policy=policies[-1]) if policies else saved

    return instead(loop.applied, newest)


@twin("F-79")
def time_is_what_the_wall_says() -> Planted:
    see = look.look

    async def by_the_wall(parts: Any, *seen: Any) -> World:
        world: World = await see(parts, *seen)
        return replace(world, now=parts.clock.wall() - 1_700_000_000.0)

    return instead(see, by_the_wall)


# --- probes ---------------------------------------------------------------------------------------------------


@twin("F-52", "F-53")
def a_probe_has_all_the_time_in_the_world() -> Planted:
    get = Client.get

    async def patient(self: Client, url: str, within: float, host: str = "") -> Response:
        return await get(self, url, within * 100, host)

    return attribute(Client, "get", patient)


@twin("F-54")
def an_answer_may_be_as_long_as_it_likes() -> Planted:
    return attribute(request, "BODY_MOST", 1 << 40)


@twin("F-55")
def redirects_are_followed() -> Planted:
    async def anywhere(self: Client, url: str, host: str, so_far: Response) -> None:
        async with self._opened().get(url, allow_redirects=True) as answer:
            so_far.status, so_far.headers = answer.status, {k.lower(): v for k, v in answer.headers.items()}
            so_far.body = await answer.read()

    return attribute(Client, "_fetch", anywhere)


# --- input ----------------------------------------------------------------------------------------------------


@twin("F-97")
def a_configuration_has_no_bounds() -> Planted:
    def lax(self: _Builder, event: Any) -> None:
        self._refuse(event.anchor is not None, event, "anchors and aliases are not read.")

    return attribute(_Builder, "_check", lax)


@twin("F-98")
def a_variable_may_be_named_anything() -> Planted:
    return instead(checks._variable, lambda name, value: None)


@twin("F-99")
def links_are_followed() -> Planted:
    def careless(path: Path) -> int:
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            return os.fstat(fd).st_ino
        finally:
            os.close(fd)

    return instead(files.made_private, careless)


@twin("F-102")
def any_address_will_do() -> Planted:
    return instead(addresses.forbidden, lambda text: "")


@twin("F-107")
def a_complaint_repeats_what_it_is_about() -> Planted:
    return instead(checks._variable, lambda name, value: f"must not be {value}")
