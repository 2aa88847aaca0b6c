"""The keys of verdigris.yaml: names, defaults, units, bounds and what they are for. Everything else derives from here.

The models hold what the file says, as it says it; `values` turns that into seconds and parts of one. Relations
between keys are in `checks`. Reference, JSON Schema, example, "did you mean" and `verdigris config` read these models.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import GetJsonSchemaHandler, model_validator

from verdigris.config import fields as f
from verdigris.config.routing import Route
from verdigris.config.schema import Schema
from verdigris.config.section import Section, key, section
from verdigris.config.serving import Alerts, Environment, Health, Router, Run
from verdigris.config.signals import Signals

__all__ = ["App", "Apps", "Section", "Service"]

Name = Annotated[
    str, f.text("[a-z][a-z0-9-]{0,39}", "a name like api: a letter, then letters, digits and -, at most 40")
]


ROUTE = r"(?=.{1,100}$)([A-Z]{1,10} )?/(([\w.~:@%+-]+|\{[a-z_]+\})/)*([\w.~:@%+-]+|\{[a-z_]+\}|\*)?"
ROUTE_WORDS = "a route like GET /orders/{id} or /static/*, of at most 100 characters"


class Step(Section):
    """One step of the ramp. A percentage alone is short for `{to: 10%}`."""

    short = "to"
    to: Annotated[str, f.percentage("1%", "100%", whole=True)] = key(
        ..., "The candidate's share of new requests."
    )
    lasts: Annotated[str, f.duration("0s", "24h")] = key(
        "2m",
        "How much good evidence a step needs before the next. The last step has none: the bake watches it.",
        alias="for",
    )


class Cutover(Section):
    """How traffic moves."""

    strategy: Literal["blue-green"] = key("blue-green", "Two slots, of which one is live.")
    ramp: list[Step] = key(
        ["100%"],
        "The steps in which the candidate's share grows, up to 100% less `bake.holdback`. `[100%]` moves all at once, "
        "and no concurrent comparison can be made.",
        "list of steps",
        min_length=1,
        max_length=50,
    )
    drain: Annotated[str, f.duration("0s", "24h")] = key(
        "300s", "For requests in flight on the old slot; what is still running then is no longer waited for."
    )
    drain_long_lived: Annotated[str, f.duration("0s", "7d")] = key(
        "1h", "The same for streams and WebSockets, which delay only the tear-down of the old slot."
    )


class Bake(Section):
    """How the candidate is watched while it serves, and what sends traffic back."""

    lasts: Annotated[str, f.duration("0s", "7d")] = key(
        "15m", "How much good evidence it needs. Time without an answer does not count.", alias="for"
    )
    holdback: Annotated[str, f.percentage("0%", "50%", whole=True)] = key(
        "0%", "The share that stays on the old slot as a comparison until the bake has passed."
    )
    replay: int = key(
        0,
        "Safe requests of users (GET and HEAD) that are sent once more, as rehearsals, to both slots while all traffic "
        "is on the candidate: a comparison without a holdback. 0 sends none.",
        "requests a second",
        ge=0,
        le=50,
    )
    max_error_rate: Annotated[str, f.percentage("0%", "100%", whole=False)] = key(
        "1%", "Failed requests above this share are bad: answers of 500 and above, none, or too late."
    )
    max_p99: Annotated[str, f.duration("1ms", "1h", otherwise="none")] = key(
        "none", "99 of 100 requests have to be faster; `none` does not look at it."
    )
    min_requests: int = key(
        50, "Fewer requests than this say nothing about error rate and p99.", "requests", ge=1, le=1_000_000
    )
    max_streak: int = key(20, "Failed requests in a row that end it at once.", "requests", ge=1, le=1_000_000)
    over: Annotated[str, f.duration("1s", "10m")] = key(
        "30s", "The stretch of traffic that error rate and p99 are taken over."
    )
    early: bool = key(
        False, "Whether the bake ends as soon as it is proven that the candidate's errors do no harm."
    )
    require_proof: bool = key(
        False, "Whether it ends only when that is proven: where little is sent, it may never be."
    )


class Weights(Section):
    """How much of the evidence each thing is good for that a release can be worse in. Together they are 100%."""

    errors: Annotated[str, f.percentage("0%", "100%", whole=False)] = key(
        "35%", "More errors than live; two fifths of it are for single routes, where they are told apart."
    )
    latency: Annotated[str, f.percentage("0%", "100%", whole=False)] = key("30%", "Slower than live.")
    baseline: Annotated[str, f.percentage("0%", "100%", whole=False)] = key(
        "15%", "More errors than live had before."
    )
    users: Annotated[str, f.percentage("0%", "100%", whole=False)] = key(
        "15%", "What users get is bad more often."
    )
    slo: Annotated[str, f.percentage("0%", "100%", whole=False)] = key(
        "5%", "Kept back: a limit of `bake` that it breaks sends it back by itself."
    )


class Judge(Section):
    """How the candidate is compared with live while both have traffic, and how sure it has to be that it is worse."""

    alpha: Annotated[str, f.percentage("0.0001%", "20%", whole=False)] = key(
        "1%", "At most this part of healthy releases is rolled back, in all steps and looks of a deployment."
    )
    grace: Annotated[str, f.duration("0s", "1h")] = key(
        "30s",
        "How long a cold start is forgiven after the first traffic; the limits of `bake` hold all the same.",
    )
    error_ratio: float = key(1.25, "Failures allowed: so many times those of live,", "times", ge=1.0, le=10.0)
    error_margin: Annotated[str, f.percentage("0%", "50%", whole=False)] = key(
        "0.05%", "and this share of the requests on top."
    )
    slower: Annotated[str, f.percentage("0%", "100%", whole=False)] = key(
        "5%", "How much longer the faster three quarters of the requests may take,"
    )
    slower_tail: Annotated[str, f.percentage("0%", "100%", whole=False)] = key("10%", "and the slower ones.")
    min_bad_seconds: int = key(
        6, "No fewer seconds than these ever roll back, however bad they are.", "seconds", ge=1, le=120
    )
    baseline: bool = key(
        True,
        "Whether the candidate is also compared with what live was before, while live has less than a fifth of the "
        "requests.",
    )
    split: Literal["checked", "ignored"] = key(
        "checked",
        "Whether requests that are not split as the router was told make the comparison invalid. Where users stick "
        "to a slot (`route.cohort.by`) it is never checked.",
    )
    weights: Weights = section()
    routes: list[Annotated[str, f.text(ROUTE, ROUTE_WORDS)]] = key(
        [],
        "Routes with a name of their own: a method or none, and a path in which `{id}` is one segment and `*` at its "
        "end all that follows. The first that fits counts; what fits none is told apart by how its path looks.",
        "list of routes",
        max_length=50,
    )


class Drill(Section):
    """How the way back is tried while the old slot is kept hot: a share of the traffic goes there and comes back."""

    every: Annotated[str, f.duration("1h", "365d", otherwise="none")] = key(
        "none",
        "Time in which a controller looked, between two drills that nobody asked for; the first is due in the next "
        "`stabilize`. `none`: only `verdigris drill` tries it.",
    )
    share: Annotated[str, f.percentage("1%", "100%", whole=True)] = key(
        "10%", "How much of the traffic is sent to the old slot."
    )
    lasts: Annotated[str, f.duration("1s", "1m")] = key(
        "10s", "How much good evidence is gathered on the old slot before traffic comes back.", alias="for"
    )


class OnUnknown(Section):
    """What becomes of a long time without an answer. `hold` or `rollback` alone is for both sides of the cutover."""

    words: ClassVar[dict[str, dict[str, str]]] = {
        "hold": {"before_cutover": "hold", "after_cutover": "hold"},
        "rollback": {"before_cutover": "abort", "after_cutover": "rollback"},
    }
    before_cutover: Literal["hold", "abort"] = key("hold", "Before any traffic moved: wait, or give up.")
    after_cutover: Literal["hold", "rollback"] = key(
        "hold", "Afterwards: stay where traffic is, or move it back."
    )
    after: Annotated[str, f.duration("1s", "24h")] = key("5m", "How long it has to be unknown for that.")
    stale_after: Annotated[str, f.duration("1s", "5m")] = key(
        "5s", "An observation older than this is unknown."
    )

    @model_validator(mode="before")
    @classmethod
    def _lengthen(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        if not isinstance(value, str) or value not in cls.words:
            raise ValueError("must be hold, rollback, or {before_cutover: abort, after_cutover: hold}")
        return cls.words[value]

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"enum": list(cls.words)}, handler(core)]}


class Within(Section):
    """The longest that a phase may take. Only time in which the controller was looking counts."""

    preflight: Annotated[str, f.duration("1s", "1h")] = key("30s", "The checks before anything starts.")
    prove: Annotated[str, f.duration("1s", "24h")] = key(
        "5m", "The proof that live keeps working on the expanded schema."
    )
    expand: Annotated[str, f.duration("1s", "24h")] = key(
        "10m", "The change of the schema that both releases can serve."
    )
    provision: Annotated[str, f.duration("1s", "24h")] = key(
        "2m", "Until every instance of the candidate runs."
    )
    validate_: Annotated[str, f.duration("1s", "24h")] = key(
        "2m", "Until every instance of the candidate is healthy.", alias="validate"
    )
    rehearse: Annotated[str, f.duration("1s", "24h")] = key("10m", "Until the rehearsal has its samples.")
    gate: Annotated[str, f.duration("1s", "30d")] = key("24h", "Until somebody says yes.")
    cutover: Annotated[str, f.duration("1s", "1h")] = key(
        "60s", "Until the router and its front door agree on a step."
    )
    restore: Annotated[str, f.duration("1s", "1h")] = key("60s", "Until traffic is back, when it goes back.")
    discard: Annotated[str, f.duration("1s", "24h")] = key("5m", "Until a slot that is given up is empty.")


class Rehearse(Section):
    """Whether the candidate is tried on copied traffic before it gets its own."""

    samples: int = key(
        0, "Comparable samples that are needed; 0 leaves the rehearsal out.", "samples", ge=0, le=1_000_000
    )


class Service(Section):
    """All keys of one app but its name."""

    run: Run = key(
        ..., "How a release is made and started. The one thing it cannot do without is `run.command`."
    )
    route: Route = section()
    health: Health = section()
    router: Router = section()
    environment: Environment = section()
    rehearse: Rehearse = section()
    gate: Literal["none", "person"] = key(
        "none", "Whether a person has to say yes (`verdigris promote`) before the cutover."
    )
    cutover: Cutover = section()
    bake: Bake = section()
    judge: Judge = section()
    signals: Signals = section()
    schema_: Schema = section(alias="schema")
    stabilize: Annotated[str, f.duration("0s", "30d")] = key(
        "24h", "How long the old slot is kept hot after the bake, for an instant way back."
    )
    drill: Drill = section()
    on_unknown: OnUnknown = section()
    alerts: Alerts = section()
    within: Within = section()


class App(Service):
    """A file of one app."""

    app: Name = key(..., "The name of the app.")


class Apps(Section):
    """A file of several apps, by name."""

    apps: dict[Name, Service] = key(
        ..., "The apps of this file, each with the keys of one.", "names", min_length=1
    )
