"""The ports: what each room promises the engine, and who keeps it."""

from __future__ import annotations

import inspect
import typing
from dataclasses import is_dataclass

import pytest

from verdigris import ports
from verdigris.adapters.clock import MachineClock
from verdigris.adapters.environments.process.adapter import ProcessEnvironment
from verdigris.adapters.notifiers.webhook import Webhook
from verdigris.adapters.routers.haproxy.adapter import HaproxyRouter
from verdigris.adapters.schemas.jobs import SchemaJobs
from verdigris.adapters.signals.router_lines import AppSignals
from verdigris.adapters.sources.polled import Polled
from verdigris.adapters.stores.board import FileBoard
from verdigris.adapters.stores.desk import SqliteDesk
from verdigris.adapters.stores.sql import SqlStore
from verdigris.testing import fakes
from verdigris.testing.counting import FakeSource
from verdigris.testing.fake_schema import FakeSchema
from verdigris.testing.memory_store import MemoryStore
from verdigris.traffic.control import Controlled
from verdigris.traffic.replayer import Replayer

KEPT_BY = {
    ports.Clock: (MachineClock, fakes.FakeClock),
    ports.Router: (HaproxyRouter, fakes.FakeRouter),
    ports.Environment: (ProcessEnvironment, fakes.FakeEnvironment),
    ports.Signals: (AppSignals, Controlled, fakes.FakeSignals),
    ports.SchemaTool: (SchemaJobs, FakeSchema),
    ports.Rehearser: (fakes.FakeRehearser,),
    ports.Replayer: (Replayer, fakes.FakeReplayer),
    ports.Source: (Polled, FakeSource),
    ports.Notifier: (Webhook, fakes.FakeNotifier),
    ports.Store: (SqlStore, MemoryStore),
    ports.Board: (FileBoard,),
    ports.Desk: (SqliteDesk, MemoryStore),
}
PAIRS = [(port, keeper) for port, keepers in KEPT_BY.items() for keeper in keepers]


def verbs(port: type) -> dict[str, object]:
    return {name: work for name, work in vars(port).items() if inspect.isfunction(work) and name[0] != "_"}


def test_every_port_has_somebody_who_keeps_it():
    found = {value for value in vars(ports).values() if getattr(value, "_is_protocol", False)}
    assert {port for port in found if port.__module__ == ports.__name__} == set(KEPT_BY)


@pytest.mark.parametrize(("port", "keeper"), PAIRS, ids=lambda kind: kind.__name__)
def test_whoever_keeps_a_port_takes_the_same_words(port, keeper):
    for name, verb in verbs(port).items():
        kept = getattr(keeper, name)
        wanted = list(inspect.signature(verb).parameters)
        assert wanted == list(inspect.signature(kept).parameters)[: len(wanted)], name
        assert inspect.iscoroutinefunction(verb) is inspect.iscoroutinefunction(kept), name


def test_what_crosses_a_port_is_frozen():
    values = [value for name in ports.__all__ if is_dataclass(value := getattr(ports, name))]
    assert values
    for value in values:
        assert typing.cast(typing.Any, value).__dataclass_params__.frozen
        assert "__slots__" in vars(value)
