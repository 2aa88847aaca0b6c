from tests.waiting import eventually_sync
from verdigris.schema.running.blocking import InTheWay, Session, beside, blockers, held_up, sessions


def test_a_session_is_told_without_what_it_was_asked():
    session = Session(7, "reports", "app", "idle in transaction", 61.4)
    assert "pid 7 (reports, role app, idle in transaction for 61 s)" == session.told()
    assert "pid 7 (active for 0 s)" == Session(7, "", "", "active", 0).told()


def test_who_blocks_and_who_is_held_up_is_seen(production):
    production.run("CREATE TABLE t (a int)")
    holder = production.session()
    holder.execute("BEGIN")
    holder.execute("LOCK TABLE t")
    waiting = production.in_background("SELECT * FROM t")
    with production.connect() as looker:
        eventually_sync(lambda: held_up(looker, holder.info.backend_pid) == 1, "somebody to be held up")
        waiter = looker.execute("SELECT pid FROM pg_locks WHERE NOT granted").fetchone()[0]
        (blocker,) = blockers(looker, waiter)
        assert (holder.info.backend_pid, True) == (blocker.pid, blocker.in_transaction)
        seen = InTheWay(waiter)
        seen.look(looker)
        holder.execute("COMMIT")
        waiting.join()
        seen.look(looker)
        assert f"in the way: pid {blocker.pid}" in seen.told()
        assert 0 == held_up(looker, holder.info.backend_pid)


def test_of_many_in_the_way_some_are_named():
    many = InTheWay(1, tuple(Session(n, "", "", "active", 0) for n in range(5)))
    assert many.told().endswith("; and 2 more")
    assert "who holds it was not seen" == InTheWay(1).told()


def test_what_has_gone_is_not_told(production):
    with production.connect() as connection:
        assert () == sessions(connection, [2_000_000_000])
        assert "a prepared transaction" == sessions(connection, [0])[0].application


def test_who_looks_from_beside_troubles_nobody(production):
    looks = []

    def look(connection):
        looks.append(1)
        raise ValueError("not seen")

    with beside(production.connect, look, every=0):
        eventually_sync(lambda: looks, "a look")
    with beside(lambda: 1 / 0, look, every=0):
        pass
    assert [1] == looks
