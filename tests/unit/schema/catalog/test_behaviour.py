"""What changes meaning: triggers, rules, policies, rights, bodies."""

from __future__ import annotations

from .conftest import check

TABLE = {
    "CREATE TRIGGER k BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION t()": [
        "orders.k: trigger added = (expand)"
    ],
    "DROP TRIGGER watch ON customers": ["customers.watch: trigger dropped = contract"],
    "ALTER TABLE customers DISABLE TRIGGER watch": ["customers.watch: trigger disabled = contract"],
    "ALTER TRIGGER watch ON customers RENAME TO guard": [],
    "CREATE OR REPLACE TRIGGER watch BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION t()": [
        "customers.watch: trigger changed = (expand)"
    ],
    "CREATE RULE k AS ON DELETE TO orders DO INSTEAD NOTHING": ["orders.k: rule added = (expand)"],
    "CREATE OR REPLACE VIEW recent AS SELECT id, customer_id FROM orders WHERE total > 0": [
        "recent: view body changed = (expand)"
    ],
    "ALTER TABLE orders ENABLE ROW LEVEL SECURITY": ["orders: row level security enabled = contract"],
    "ALTER TABLE safe DISABLE ROW LEVEL SECURITY": ["safe: row level security disabled = (expand)"],
    "ALTER TABLE safe FORCE ROW LEVEL SECURITY": ["safe: row level security forced on its owner = contract"],
    "DROP POLICY mine ON safe": ["safe.mine: policy dropped = contract"],
    "CREATE POLICY more ON safe USING (true)": ["safe.more: policy added = (expand)"],
    "CREATE POLICY less ON safe AS RESTRICTIVE USING (false)": ["safe.less: policy added = contract"],
    "ALTER POLICY mine ON safe USING (id > 0)": ["safe.mine: policy changed = contract"],
    "GRANT UPDATE ON customers TO catalog_app": ["customers: UPDATE granted to catalog_app = (expand)"],
    "REVOKE INSERT ON customers FROM catalog_app": ["customers: INSERT revoked from catalog_app = contract"],
    "GRANT SELECT (code) ON orders TO catalog_app": ["orders.code: SELECT granted to catalog_app = (expand)"],
    "ALTER TABLE orders OWNER TO catalog_app": [
        "orders: owner verdigris is catalog_app now = (contract)",
        "orders_id_seq: owner verdigris is catalog_app now = (contract)",
    ],
    "ALTER TABLE safe SET UNLOGGED": ["safe: UNLOGGED = (expand)"],
    "ALTER TABLE safe SET (fillfactor = 70)": ["safe: storage options changed = (expand)"],
    "ALTER SEQUENCE numbers INCREMENT 2": ["numbers: numbers of the sequence changed = (expand)"],
    "ALTER TABLE events ATTACH PARTITION events_b FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')": [
        "events_b: attached to a parent = expand"
    ],
    "ALTER TABLE events DETACH PARTITION events_a": ["events_a: detached from its parent = contract"],
}


def test_each_change_of_behaviour_is_told_with_what_it_makes_of_the_migration(told):
    check(told, TABLE)


def test_what_no_proof_can_judge_has_a_note_for_a_person(changes):
    for migration in (
        "CREATE RULE k AS ON DELETE TO orders DO INSTEAD NOTHING",
        "CREATE OR REPLACE VIEW recent AS SELECT id, customer_id FROM orders WHERE total > 0",
        "ALTER TABLE orders ENABLE ROW LEVEL SECURITY",
        "ALTER POLICY mine ON safe USING (id > 0)",
    ):
        (change,) = changes(migration)
        assert change.note
