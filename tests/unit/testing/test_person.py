"""The person: reads the sentence and types the next command, mends what everything rests on, rolls back by hand."""

from dataclasses import replace

from verdigris.core.world import Verb
from verdigris.testing.host import Nature
from verdigris.testing.simulation import Simulation
from verdigris.testing.stage import APP


def a_person():
    """Somebody who always comes, on a stage where a first release serves."""
    simulation = Simulation(3)
    simulation.ship(Nature())
    simulation.calm_down()
    simulation.rng.random = lambda: 0.0
    return simulation, simulation.person


def waiting(simulation, sentence, **changes):
    tick = simulation.round()
    d = replace(tick.decision.deployment, **changes)
    return replace(tick, decision=replace(tick.decision, waiting_for=sentence, deployment=d))


def asked(simulation):
    return [command.verb for _, command in simulation.memory.waiting.values()]


def test_whoever_is_told_to_type_a_command_types_it():
    for sentence, verb in (
        ("held: type `verdigris resume`", Verb.RESUME),
        ("paused: type `verdigris unpause`", Verb.UNPAUSE),
    ):
        simulation, person = a_person()
        person.help_out(waiting(simulation, sentence))
        assert [verb] == asked(simulation)


def test_a_gate_gets_its_yes_and_whoever_says_it_answers_for_it():
    simulation, person = a_person()
    person.help_out(waiting(simulation, "somebody to say yes", phase="gate"))
    assert ([Verb.PROMOTE], True) == (asked(simulation), simulation.witness.course.promoted)


def test_what_everything_rests_on_is_mended():
    simulation, person = a_person()
    d = simulation.memory.newest_deployment(APP)
    simulation.host.natures[d.release.digest] = Nature(never_up=True)
    person.repair(d)
    assert Nature() == simulation.host.natures[d.release.digest]


def test_a_direct_rollback_leaves_its_record_and_another_controller():
    simulation, person = a_person()
    person.roll_back_directly()
    assert None is simulation.directs.record  # nothing to go back to
    simulation.ship(Nature())
    while simulation.memory.newest_deployment(APP).phase != "bake":
        simulation.round()
    d, engine = simulation.memory.newest_deployment(APP), simulation.engine
    person.roll_back_directly()
    assert (d.live, 100) == (simulation.directs.record.to, simulation.host.routing.weights[d.live])
    assert engine is not simulation.engine
