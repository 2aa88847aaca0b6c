"""An ending that is not in order is seen to be none: each promise is broken here by hand."""

from dataclasses import replace

import pytest

from verdigris.core.world import Command, Pause, Verb, Weights
from verdigris.ports import Alert
from verdigris.testing.ending import ALERTS, ended, judge
from verdigris.testing.host import Nature
from verdigris.testing.invariants import Violation
from verdigris.testing.simulation import Simulation
from verdigris.testing.stage import APP


def an_ending():
    """Two releases, one after the other, both well."""
    simulation = Simulation(3)
    for _ in range(2):
        simulation.ship(Nature())
        simulation.calm_down()
    return simulation, simulation.memory.newest_deployment(APP)


def promise(words):
    return pytest.raises(Violation, match=words)


def test_one_that_is_in_order_is_not_complained_about():
    simulation, d = an_ending()
    judge(simulation, d)
    assert ended(simulation, simulation.round())


def test_a_release_that_never_became_healthy_and_succeeded():
    simulation, d = an_ending()
    simulation.shipped[d.release.digest] = Nature(healthy=False)
    with promise("I2 gate: 1.2 never became healthy and succeeded"):
        judge(simulation, d)


def test_a_release_that_fails_all_the_time_and_succeeded_unless_somebody_took_it_upon_themselves():
    simulation, d = an_ending()
    simulation.shipped[d.release.digest] = Nature(error_rate=1.0)
    with promise("I9 evidence: 1.2 fails all the time and succeeded"):
        judge(simulation, d)
    promoted = next(e for e in simulation.memory.log if e.deployment == d.id)
    simulation.memory.log.append(replace(promoted, sentence="promote by somebody"))
    judge(simulation, d)


def test_somebody_who_never_got_an_answer():
    simulation, d = an_ending()
    simulation.memory.file(APP, Command(0, Verb.HOLD, "somebody"))
    with promise("I14 liveness: never answered"):
        judge(simulation, d)


def test_somebody_who_was_told_that_what_was_begun_is_refused():
    simulation, d = an_ending()
    simulation.memory.admitted[2] = (False, "no", "")
    with promise("I11 audit: 1.2 was begun and is said to be refused"):
        judge(simulation, d)


def test_more_alerts_than_anybody_can_hear():
    simulation, d = an_ending()
    alert = replace(simulation.memory.log[-1], kind="alert")
    simulation.memory.log += [alert] * (ALERTS + 1)
    with promise("I8 bounded: alerts for each phase"):
        judge(simulation, d)


def test_a_router_that_still_lets_requests_wait():
    simulation, d = an_ending()
    simulation.host.routing = replace(simulation.host.routing, pause=Pause.ALL)
    with promise("I6 convergence: succeeded and the router has pause all"):
        judge(simulation, d)


def test_traffic_that_did_not_arrive():
    simulation, d = an_ending()
    simulation.host.routing = replace(simulation.host.routing, weights=Weights(50, 50))
    with promise("I6 convergence: succeeded with blue 50 % green 50 %"):
        judge(simulation, d)


def test_an_old_side_that_still_runs():
    simulation, d = an_ending()
    simulation.host.places[d.live].bodies.append(simulation.host.places[d.candidate].bodies[0])
    with promise(f"I6 convergence: succeeded and {d.live} still runs"):
        judge(simulation, d)


def test_one_that_is_stuck_is_over_when_a_person_was_told():
    simulation, d = an_ending()
    saved = simulation.memory.rows[APP][-1]
    simulation.memory.rows[APP][-1] = replace(saved, deployment=replace(d, phase="stuck"))
    assert not ended(simulation, None)
    simulation.notifier.alerts.append(Alert(APP, d.id, "alert", f"{d.id} is stuck", 0.0))
    assert ended(simulation, None)
