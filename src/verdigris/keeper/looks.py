"""Turns a record and its process into what is told about them. Looks, and touches nothing."""

from __future__ import annotations

from pathlib import Path

from verdigris.keeper import logs
from verdigris.keeper.children import Child
from verdigris.keeper.journal import Instance, Router
from verdigris.keeper.observed import InstanceSeen, RouterSeen, State
from verdigris.keeper.ports import Evidence

__all__ = ["instance_seen", "router_seen"]


def instance_seen(i: Instance, child: Child | None, evidence: Evidence, log: Path) -> InstanceSeen:
    """One instance; its last lines unless it runs."""
    pid = child.identity.pid if child and not child.dead() else None
    return InstanceSeen(
        name=i.name,
        pid=pid,
        port=i.port or None,
        state=i.state,
        alive=pid is not None,
        owns_port=evidence.owns_port(i.port, pid) if pid else None,
        exit_code=None if pid else i.exit_code,
        restarts=i.restarts,
        since=i.since,
        sentence=i.sentence,
        log_tail=() if i.state is State.RUNNING else tuple(logs.tail(log, since=i.log_from)),
    )


def router_seen(
    r: Router, child: Child | None, leaving: tuple[int, ...], holds_sockets: bool, log: Path
) -> RouterSeen:
    """The router; its last lines unless it lives."""
    pid = child.identity.pid if child and not child.dead() else None
    return RouterSeen(
        alive=pid is not None,
        pid=pid,
        state=r.state,
        restarts=r.restarts,
        exit_code=r.exit_code,
        since=r.since,
        leaving=leaving,
        listen=r.listen,
        holds_sockets=holds_sockets,
        sentence=r.sentence,
        log_tail=() if pid else tuple(logs.tail(log)),
    )
