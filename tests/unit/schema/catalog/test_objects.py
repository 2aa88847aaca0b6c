"""Names and what they mean in a snapshot."""

from __future__ import annotations

from verdigris.schema.catalog.objects import Domain, Relation, RelationKind, Snapshot, shown


def table(oid, schema, name, **rest):
    return Relation(oid, schema, name, RelationKind.TABLE, "owner", **rest)


def test_public_is_not_said():
    assert ("orders", "other.orders") == (shown("public", "orders"), shown("other", "orders"))
    assert "public.orders" == table(1, "public", "orders").full


def test_a_name_without_schema_is_the_first_on_the_path():
    here, there = table(1, "public", "t"), table(2, "other", "t")
    found = Snapshot((here, there), path=("other", "public"))
    assert (there, here, None) == (found.find("", "t"), found.find("public", "t"), found.find("", "u"))
    assert here is found.number(1)


def test_a_type_is_no_relation_that_a_statement_can_name():
    pair = Relation(1, "public", "pair", RelationKind.COMPOSITE, "owner")
    assert Snapshot((pair,)).find("", "pair") is None


def test_children_are_found_by_their_parent():
    parent, child = table(1, "public", "p"), table(2, "public", "c", parents=(1,))
    assert ((child,), ()) == (Snapshot((parent, child)).children(1), Snapshot((parent, child)).children(2))


def test_a_domain_is_found_by_its_number():
    email = Domain(7, "public", "email", "text", required=False, default="")
    assert email is Snapshot(domains=(email,)).domain(7)
