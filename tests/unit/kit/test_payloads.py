"""What breaks between two payloads, and which schemas cannot be compared at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verdigris_kit.events import Events, compare

PAID = {
    "type": "object",
    "required": ["id", "amount"],
    "properties": {
        "id": {"type": "integer", "description": "of the order"},
        "amount": {"type": "number"},
        "note": {"type": ["string", "null"]},
        "state": {"type": "string", "enum": ["paid", "open"]},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
    },
}


def document(schema, direction):
    events = Events()
    events.declare("order.paid", schema, direction)
    return events.document()


def changed(**properties):
    """PAID with other properties; None takes one away."""
    merged = {name: one for name, one in (PAID["properties"] | properties).items() if one is not None}
    return PAID | {"properties": merged}


def broken(new, old=PAID, direction="sent"):
    return [(found.path, found.what) for found in compare(document(old, direction), document(new, direction))]


@pytest.mark.parametrize(
    "new",
    [
        PAID,
        changed(currency={"type": "string"}),
        PAID | {"required": ["id", "amount", "note"]},
        changed(amount={"type": "integer"}),
        changed(note={"type": "string"}),
        changed(state={"type": "string", "enum": ["paid"]}),
        PAID | {"additionalProperties": False},
        PAID | {"title": "Paid"},
    ],
    ids=["same", "added", "promised", "integer", "never null", "fewer values", "closed", "title"],
)
def test_a_sent_payload_may_grow_and_promise_more(new):
    assert [] == broken(new)


@pytest.mark.parametrize(
    ("new", "path", "what"),
    [
        (changed(note=None), "note", "is gone"),
        (changed(id={"type": "string"}), "id", "type may be string now, it was integer"),
        (changed(id={"type": "number"}), "id", "type may be number now, it was integer"),
        (
            changed(id={}),
            "id",
            "type may be array or boolean or null or number or object or string now, it was integer",
        ),
        (changed(id={"type": ["integer", "null"]}), "id", "type may be null now, it was integer"),
        (PAID | {"required": ["id"]}, "amount", "is needed, and may be missing"),
        (
            changed(state={"type": "string", "enum": ["paid", "void"]}),
            "state",
            "may be void now, it was one of open or paid",
        ),
        (changed(state={"type": "string"}), "state", "may be anything now, it was one of open or paid"),
        (
            changed(
                lines={
                    "type": "array",
                    "items": {"type": "object", "properties": {"sku": {"type": "integer"}}},
                }
            ),
            "lines[].sku",
            "type may be integer now, it was string",
        ),
        (changed(lines={"type": "array", "items": {"type": "object"}}), "lines[].sku", "is gone"),
    ],
)
def test_a_sent_payload_breaks_who_knows_the_old_one(new, path, what):
    assert [(path, what)] == broken(new)


NAMES = st.sampled_from("abc")
LEAVES = st.fixed_dictionaries(
    {"type": st.sampled_from(["string", "integer", "number", "null", ["string", "null"]])},
    optional={"enum": st.lists(st.integers(0, 3), max_size=3)},
)
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: (
        st.fixed_dictionaries({"type": st.just("array"), "items": inner})
        | st.fixed_dictionaries(
            {
                "type": st.just("object"),
                "properties": st.dictionaries(NAMES, inner, max_size=3),
                "required": st.lists(NAMES, unique=True),
                "additionalProperties": st.booleans(),
            }
        )
    ),
    max_leaves=6,
)


@given(SCHEMAS, st.sampled_from(["sent", "received"]))
def test_nothing_breaks_where_nothing_has_changed(schema, direction):
    assert [] == broken(schema, schema, direction)


@given(SCHEMAS, SCHEMAS)
def test_what_a_receiver_of_the_new_payload_misses_breaks_its_sender_too(one, other):
    """The two directions look at one change from its two ends; a sender's end also counts what is gone."""
    received = broken(new=one, old=other, direction="received")
    assert set(received) <= set(broken(new=other, old=one, direction="sent"))


def test_a_property_that_was_promised_and_is_gone_is_said_once():
    assert [("amount", "is gone")] == broken(changed(amount=None) | {"required": ["id"]})


def test_a_closed_payload_breaks_with_every_property_that_is_new():
    closed = PAID | {"additionalProperties": False}
    assert [
        ("currency", "is new, where no further properties were to come"),
        ("", "further properties may come now, where none were to come"),
    ] == broken(changed(currency={"type": "string"}), closed)


@pytest.mark.parametrize(
    "new",
    [
        changed(note=None),
        changed(currency={"type": "string"}),
        PAID | {"required": ["id"]},
        changed(id={"type": ["integer", "string"]}),
        changed(state={"type": "string"}),
    ],
    ids=["unread", "optional", "needs less", "takes more", "any value"],
)
def test_a_received_payload_may_ask_for_less(new):
    assert [] == broken(new, direction="received")


@pytest.mark.parametrize(
    ("new", "path", "what"),
    [
        (PAID | {"required": ["id", "amount", "note"]}, "note", "is needed, and may be missing"),
        (changed(currency={"type": "string"}) | {"required": ["id", "currency"]}, "currency", "is gone"),
        (changed(amount={"type": "integer"}), "amount", "type may be number now, it was integer"),
    ],
)
def test_a_received_payload_breaks_where_it_asks_for_more(new, path, what):
    assert [(path, what)] == broken(new, direction="received")


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ([], "a: has to be a schema"),
        ({"$ref": "#/x"}, r"a: \$ref cannot be compared. Known are: additionalProperties, enum"),
        ({"properties": {"b": {"oneOf": []}}}, r"a\.b: oneOf cannot be compared"),
        ({"items": {"type": "text"}}, r"a\[\]: type is 'text'. Known are: array, boolean"),
        ({"type": []}, "a: type is"),
        ({"type": 5}, "a: type is"),
        ({"properties": []}, "a: properties has to be an object"),
        ({"required": "id"}, "a: required has to be a list"),
        ({"required": [1]}, "a: required has to be a list of names"),
        ({"enum": "x"}, "a: enum has to be a list"),
        ({"additionalProperties": {}}, "a: additionalProperties has to be true or false"),
        ({"enum": [{1, 2}]}, "a: Object of type set is not JSON serializable. A schema is JSON"),
    ],
)
def test_what_could_not_be_compared_is_refused_when_it_is_declared(schema, said):
    with pytest.raises(ValueError, match=said):
        Events().declare("a", schema)


def test_a_schema_that_holds_itself_is_refused():
    schema = {"type": "object", "properties": {}}
    schema["properties"]["self"] = schema
    with pytest.raises(ValueError, match="more than 32 levels deep. Does it hold itself"):
        Events().declare("a", schema)


def test_values_that_python_takes_for_the_same_are_two_in_json():
    numbers, truths = changed(state={"enum": [1, [0]]}), changed(state={"enum": [True, [False]]})
    assert [("state", "may be True or [False] now, it was one of 1 or [0]")] == broken(truths, numbers)
    assert [] == broken(changed(state={"enum": [1.0, {"a": 2}]}), changed(state={"enum": [1, {"a": 2.0}]}))


def test_a_list_that_says_now_what_is_in_it_breaks_who_sent_anything_and_nobody_who_read_it():
    some, numbers = {"type": "array"}, {"type": "array", "items": {"type": "integer"}}
    assert [] == broken(numbers, some)
    [(path, _)] = broken(numbers, some, "received")
    assert "[]" == path
