"""The way back, tried on a real router under load: nobody notices, and a way back that does not work is news."""

from concurrent.futures import ThreadPoolExecutor

from load import Call
from tests.e2e.sight import WITHIN
from tests.waiting import eventually_sync

SHORT = {"drill": {"for": "4s"}}


def last_drill(project):
    return project.json("status")["last_drill"]


def drilled(project):
    """The drill that begins: a verdict that is unknown for a moment refuses it."""
    for _ in range(10):
        done = project.verdigris("drill", "--share", "100%")
        if done.returncode != 1:
            break
    return done


def arrived(project):
    """Whether the old slot is seen to serve."""
    drill = project.desk.newest().deployment.drill
    return drill is not None and drill.there is not None


def test_a_drill_goes_all_the_way_there_and_back_and_then_finds_a_way_back_that_does_not_work(
    projects, figure
):
    project = projects(**SHORT)
    old = project.ship()
    new = project.ship()
    project.until("stabilize")
    assert last_drill(project) is None

    with project.load(200.0, (Call(),)) as load:
        eventually_sync(lambda: project.serves == new, "the new version to serve")
        done = drilled(project)
        assert 0 == done.returncode, done.stderr
        assert new == project.serves
    assert {} == dict(load.result.by_error)
    assert {old, new} == set(load.result.by_version)
    assert "✔ the way back works: 100 % to blue" in done.stdout
    assert ", 0 of " in done.stdout
    record = last_drill(project)
    assert (100, "blue", old, None) == tuple(record[k] for k in ("share", "slot", "version", "trouble"))
    assert (0, True, True) == (
        record["unanswered"],
        record["judged_by"]["users"] > 200,
        0 < record["judged_by"]["own"] < 60,
    )
    figure(f"drill of 100 %: there in {record['there']:.3f} s, back in {record['back']:.3f} s")
    assert "last drill" in project.verdigris("status").stdout

    with project.load(200.0, (Call(),)) as load:
        with ThreadPoolExecutor(1) as another:
            done = another.submit(drilled, project)
            eventually_sync(lambda: arrived(project), "the old slot to serve", WITHIN)
            project.kill(*project.instances("blue").values())
            assert 12 == done.result().returncode, done.result().stderr
        assert 100 == project.weight("green")
        assert new == project.serves
    figure(f"drill, old slot killed: {sum(load.result.by_error.values())} requests failed")
    assert (
        sum(load.result.by_error.values()) <= 128
    )  # those inside the killed: no more than there are connections
    assert last_drill(project)["trouble"]
    assert 1 == project.verdigris("doctor").returncode
    assert "stabilize" == project.phase()
