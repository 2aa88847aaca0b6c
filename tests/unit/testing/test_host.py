"""The simulated host is itself right: time, traffic, what falls over and what comes back."""

import random
from dataclasses import replace

import pytest

from verdigris.core.world import Member, Pause, PerSlot, Release, Routing, Slot, Weights
from verdigris.testing.host import LONGEST, RATE, STREAMS_MOST, Body, Host, Nature, Place

BLUE, GREEN = Slot.BLUE, Slot.GREEN


def a_host(nature=None, weights=Weights(100, 0), fallback=None, seed=1):  # noqa: B008
    """1.0 runs in blue and 2.0 in green; the router knows both."""
    host = Host(random.Random(seed))
    for slot, version in ((BLUE, "1.0"), (GREEN, "2.0")):
        host.natures[version] = (nature if slot is GREEN and nature else None) or Nature()
        address = "127.0.0.1:20001" if slot is BLUE else "127.0.0.1:20002"
        release = Release(version, version, f"/releases/{version}", ("run",))
        host.places[slot] = Place(
            release, 1, [Body(f"{slot}-1", version, address, host.now, alive=True, queued=False)]
        )
    pools = PerSlot((Member("blue-1", "127.0.0.1:20001"),), (Member("green-1", "127.0.0.1:20002"),))
    host.route(Routing(weights, pools, fallback), 1)
    return host


def last(host, slot):
    return host.seconds[-1].slots[slot]


def test_requests_go_by_weight():
    host = a_host(weights=Weights(70, 30))
    host.advance(1.0)
    assert (42, 18) == (last(host, BLUE).requests, last(host, GREEN).requests)


def test_an_instance_comes_up_is_probed_and_is_proved():
    host = a_host()
    host.advance(2.0)
    assert host.proved == set()
    host.advance(1.0)
    assert {"1.0", "2.0"} == host.proved


def test_a_release_turns_bad_after_it_served_a_while():
    host = a_host(Nature(error_rate=0.5, turns_bad_after=2.0), weights=Weights(0, 100))
    host.advance(2.0)
    assert 0 == last(host, GREEN).errors
    host.advance(1.0)
    assert 30 == last(host, GREEN).errors


def test_a_run_of_failures_is_counted_on_and_ends_with_a_success():
    host = a_host(Nature(error_rate=1.0), weights=Weights(0, 100))
    host.advance(3.0)
    assert 180 == last(host, GREEN).streak
    host.natures["2.0"] = Nature()
    host.advance(1.0)
    assert 0 == last(host, GREEN).streak


def test_an_instance_that_died_comes_back_later_each_time():
    host = a_host(Nature(dies_after=1.0), weights=Weights(0, 100))
    body = host.places[GREEN].bodies[0]
    host.advance(3.0)
    assert not body.alive
    host.advance(2.0)
    assert (True, 1) == (body.alive, body.restarts)


def test_an_instance_that_never_comes_up_is_given_up_on():
    host = a_host(Nature(never_up=True))
    host.die(host.places[GREEN].bodies[0])
    host.advance(30.0)
    assert host.places[GREEN].bodies[0].broken


def test_the_router_turns_to_its_fallback_when_nobody_is_left_and_stays_there():
    host = a_host(weights=Weights(0, 100), fallback=BLUE)
    host.advance(1.0)
    host.die(host.places[GREEN].bodies[0])
    host.places[GREEN].bodies[0].restart_at = host.now + 1.5
    host.advance(1.0)
    assert (BLUE, 60) == (host.fell_back, last(host, BLUE).requests)
    host.advance(5.0)
    assert BLUE is host.fell_back


def test_without_a_fallback_requests_get_lost():
    host = a_host(weights=Weights(0, 100))
    host.die(host.places[GREEN].bodies[0])
    host.places[GREEN].bodies[0].restart_at = host.now + 10
    host.advance(1.0)
    assert (60, None) == (last(host, GREEN).unreached, host.fell_back)


def test_requests_are_inside_a_slot_for_a_while_after_its_weight_is_gone():
    host = a_host(weights=Weights(0, 100))
    host.advance(1.0)
    host.route(replace(host.routing, weights=Weights(100, 0)), 2)
    assert 3 == host.in_flight(GREEN)
    host.advance(9.0)
    assert 0 == host.in_flight(GREEN)


def test_an_old_worker_goes_on_for_a_moment():
    host = a_host()
    old = host.routing
    host.route(replace(old, weights=Weights(0, 100)), 2)
    host.old_worker, host.old_worker_until = old, host.now + 2.0
    host.advance(1.0)
    assert (60, Weights(0, 100)) == (last(host, BLUE).requests, host.routing.weights)
    host.advance(2.0)
    assert 60 == last(host, GREEN).requests


def test_a_router_that_restarts_has_what_is_on_its_disk():
    host = a_host()
    for generation in range(2, 7):
        host.route(replace(host.routing, weights=Weights(100 - generation, generation)), generation)
    host.fell_back, host.edited = BLUE, host.routing
    host.restart_router()
    assert host.generation in (4, 5, 6)
    assert (None, None, host.generation) == (host.fell_back, host.edited, host.routing.weights.green)


@pytest.mark.parametrize("seed", range(20))
def test_an_edit_by_hand_is_remembered_as_one(seed):
    host = a_host(weights=Weights(60, 40), seed=seed)
    host.edit_router(newest=1)
    assert host.edited == host.routing
    assert host.generation in (None, 1)
    assert Weights(60, 40) != host.routing.weights


def test_a_reboot_starts_another_clock_and_everything_anew():
    host = a_host()
    host.advance(5.0)
    host.reboot()
    assert ("boot-2", 0, False) == (host.base, len(host.seconds), host.places[BLUE].bodies[0].alive)
    host.advance(2.0)
    assert host.up(BLUE)


def test_an_impostor_is_fit_for_nothing_and_only_for_a_while():
    host = a_host()
    host.advance(3.0)
    body = host.places[BLUE].bodies[0]
    assert host.fit(body, "1.0")
    body.posing, body.posing_until = "stranger", host.now + 2.0
    assert not host.fit(body, "1.0")
    host.advance(3.0)
    assert host.fit(body, "1.0")


def test_effects_under_way_arrive_when_it_is_time():
    host, arrived = a_host(), []
    host.pending.append((host.now + 2.0, lambda: arrived.append(host.now)))
    host.advance(1.0)
    assert [] == arrived
    host.advance(1.0)
    assert 1 == len(arrived)


# --- a pause --------------------------------------------------------------------------------------------------


def paused(host, pause, generation=2):
    host.route(replace(host.routing, pause=pause), generation)


@pytest.mark.parametrize("pause", [Pause.SAFE, Pause.ALL])
def test_while_it_is_paused_requests_wait_and_are_served_when_it_is_over(pause):
    host = a_host()
    paused(host, pause)
    host.advance(2.0)
    assert (0, 2 * RATE) == (last(host, BLUE).requests, host.waiting)
    paused(host, Pause.NONE, 3)
    host.advance(1.0)
    assert (3 * RATE, 0) == (last(host, BLUE).requests, host.waiting)


def test_nobody_waits_longer_than_the_router_lets_them():
    host = a_host()
    paused(host, Pause.ALL)
    host.advance(60.0)
    assert LONGEST * RATE == host.waiting


def test_in_maintenance_nobody_waits_and_nobody_is_served():
    host = a_host()
    paused(host, Pause.MAINTENANCE)
    host.advance(2.0)
    assert (0, 0) == (last(host, BLUE).requests, host.waiting)


# --- what lasts -----------------------------------------------------------------------------------------------


def test_clients_open_long_lived_connections_where_the_weight_is():
    host = a_host(weights=Weights(0, 100))
    host.lively = 1.0
    host.advance(60.0)
    assert (0, True) == (host.streams[BLUE], 0 < host.streams[GREEN] <= STREAMS_MOST)


def test_they_stay_when_the_weight_is_gone_and_are_ended_one_after_the_other():
    host = a_host(weights=Weights(0, 100))
    host.open_streams(GREEN, 5)
    host.advance(1.0)
    host.route(replace(host.routing, weights=Weights(100, 0)), 2)
    host.closing.add(GREEN)
    host.advance(3.0)
    assert (2, 3) == (host.streams[GREEN], host.ended[GREEN])
    assert [(1, "closed", 1.0), (1, "closed", 2.0), (1, "closed", 3.0)] == [
        (cut.count, cut.why, cut.idle) for cut in host.cuts
    ]
    host.advance(3.0)
    assert (0, set()) == (host.streams[GREEN], host.closing)


def test_weight_stops_the_closing_and_so_does_the_router_s_own_turn():
    host = a_host(weights=Weights(0, 100), fallback=BLUE)
    host.streams[BLUE] = 5
    host.closing.add(BLUE)
    host.route(replace(host.routing, weights=Weights(10, 90)), 2)
    assert set() == host.closing
    host.route(replace(host.routing, weights=Weights(0, 100)), 3)
    host.closing.add(BLUE)
    host.die(host.places[GREEN].bodies[0])
    host.turn_away()
    assert (BLUE, set()) == (host.fell_back, host.closing)


def test_they_end_with_their_instances_and_with_the_router_and_nobody_of_us_has_cut_them():
    for befalls in (lambda host: host.die(host.places[GREEN].bodies[0]), lambda host: host.restart_router()):
        host = a_host(weights=Weights(0, 100))
        host.open_streams(GREEN, 5)
        befalls(host)
        host.advance(0.4)
        assert (0, 0) == (host.streams[GREEN], len(host.cuts))


def test_none_is_opened_while_the_app_is_paused():
    host = a_host()
    paused(host, Pause.ALL)
    host.open_streams(BLUE, 3)
    assert 0 == host.streams[BLUE]
