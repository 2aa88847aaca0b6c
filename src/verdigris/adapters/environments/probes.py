"""Asks every instance again and again how it is, beside whoever wants to know.

One task for an instance, so probes of one never pile up. The two slots have separate bounds: a candidate that hangs
never delays the probes of what serves. Counts passes and failures in a row; what they mean is not decided here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from verdigris.adapters.environments.health_call import health_call, named
from verdigris.adapters.environments.health_service import judge_call
from verdigris.adapters.environments.request import Client, Unanswered
from verdigris.adapters.environments.response import HealthCheck, judge_response
from verdigris.adapters.environments.words import shown
from verdigris.core.world import Health, Known, Seen, Slot, Unknown

__all__ = ["Prober", "Target", "pause"]

AT_ONCE_MOST = 4
"""Probes under way in one slot."""

FIRST = 0.05
GROWTH = 1.5
SILENT_MOST = 0.2
"""While nothing listens a look costs the application nothing: it is not kept waiting for the next one."""


@dataclass(frozen=True, slots=True)
class Target:
    """One life of one instance: with another pid it is counted anew."""

    name: str
    slot: Slot
    address: str
    version: str
    life: tuple[int | None, int]


@dataclass(frozen=True, slots=True)
class Result:
    """One probe. `listening` is False when nothing accepted the connection."""

    passed: bool
    sentence: str
    listening: bool = True


def pause(check: HealthCheck, health: Health, steady: bool, listening: bool) -> float:
    """Seconds until the next probe: soon while it comes up or has just failed, at the interval when it is well."""
    if health.passes >= check.healthy:
        return check.interval
    if not listening and not steady:
        return min(check.interval, SILENT_MOST)
    first = max(FIRST, check.interval / 10) if steady else FIRST
    return min(check.interval, first * GROWTH ** min(health.failures, 64))


class Prober:
    """The probes of one environment. `turned` is told when an instance has become healthy or unhealthy."""

    def __init__(
        self, check: HealthCheck, now: Callable[[], float], turned: Callable[[str], None] = lambda _: None
    ) -> None:
        self.check = check
        self._now = now
        self._turned = turned
        self._client = Client()
        self._gates = {slot: asyncio.Semaphore(AT_ONCE_MOST) for slot in Slot}
        self._tasks: dict[Target, asyncio.Task[None]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._seen: dict[Target, Known[Health]] = {}

    def follow(self, targets: Iterable[Target]) -> None:
        """Probe exactly these from now on; those that are probed already go on undisturbed."""
        wanted = set(targets)
        for target in self._tasks.keys() - wanted:
            self._seen.pop(target, None)
            self._end(self._tasks.pop(target))
        for target in wanted - self._tasks.keys():
            self._tasks[target] = asyncio.create_task(self._watch(target), name=f"probe {target.name}")

    def health(self, target: Target) -> Seen[Health]:
        """What the last probe of this life said, and how many went the same way."""
        return self._seen.get(target, Unknown("not probed yet"))

    async def close(self) -> None:
        """End all probes and their connections."""
        self.follow(())
        await asyncio.gather(*self._ending, return_exceptions=True)
        await self._client.close()

    def _end(self, task: asyncio.Task[None]) -> None:
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        task.cancel()

    async def _watch(self, target: Target) -> None:
        health, steady = Health(0, 0), False
        answered = 0
        while True:
            async with self._gates[target.slot]:
                result = await self._probe(target, fresh=not steady)
            health = counted(health, result)
            self._seen[target] = Known(health, self._now())
            self._tell(target, health)
            steady = steady or health.passes >= self.check.healthy
            # Only answers make the pauses grow: how long it took until something listened is not its fault.
            answered = answered + 1 if result.listening and not result.passed else 0
            await asyncio.sleep(pause(self.check, Health(health.passes, answered), steady, result.listening))

    def _tell(self, target: Target, health: Health) -> None:
        if health.passes == self.check.healthy:
            self._turned(f"{target.name} is healthy")
        if health.failures == self.check.unhealthy:
            self._turned(f"{target.name} is unhealthy")

    async def _probe(self, target: Target, fresh: bool) -> Result:
        """The health endpoint; of a fresh instance the smoke paths too. Never raises for what is answered."""
        try:
            result = await (
                self._ask(target) if self.check.grpc is None else self._call(target, self.check.grpc)
            )
            for path in self.check.smoke if fresh and result.passed else ():
                result = await self._smoke(target, path)
                if not result.passed:
                    break
            return result
        except Unanswered as error:
            return Result(False, str(error), error.listening)

    async def _ask(self, target: Target) -> Result:
        check, url = self.check, f"http://{target.address}{self.check.path}"
        answer = await self._client.get(url, check.timeout, check.host)
        passed, sentence = judge_response(
            check, answer.status, answer.headers, answer.body, target.version, target.slot
        )
        said = f"GET {url} answered {answer.status} in {answer.seconds * 1000:.0f} ms: {sentence}"
        return Result(passed, said if passed else f"{said}. Body: {shown(answer.body) or 'empty'}")

    async def _call(self, target: Target, service: str) -> Result:
        answer = await health_call(target.address, service, self.check.timeout, self.check.host)
        passed, sentence = judge_call(answer.status, answer.headers, answer.body)
        said = f"{named(target.address, service)} answered in {answer.seconds * 1000:.0f} ms"
        return Result(passed, f"{said}: {sentence}")

    async def _smoke(self, target: Target, path: str) -> Result:
        url = f"http://{target.address}{path}"
        answer = await self._client.get(url, self.check.timeout, self.check.host)
        said = f"smoke: GET {url} answered {answer.status} in {answer.seconds * 1000:.0f} ms"
        return Result(
            answer.status < 400, said if answer.status < 400 else f"{said}: {shown(answer.body) or 'empty'}"
        )


def counted(before: Health, result: Result) -> Health:
    """The counts with one more result: it either lengthens its row or begins it."""
    if result.passed:
        return Health(before.passes + 1, 0, result.sentence)
    return Health(0, before.failures + 1, result.sentence)
