"""Runs a file of judge vectors in the published format against our mathematics, set by set.

A file is `{"vectors": [{"id": ..., "kind": ..., ...}]}`; every set of a known `kind` brings inputs and what an
independent computation made of them. A kind that nobody here knows is reported as not run, never as passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import comb, exp, inf, log
from typing import Any

from verdigris.core.judging import factors, merge, split
from verdigris.core.judging.bounds import ratio_lower, upper
from verdigris.core.judging.censoring import pending_older
from verdigris.core.judging.dispersion import Dispersions
from verdigris.testing.vector_checks import TOLERANCE, Check, Set, anything, both, four, number, process

__all__ = ["KINDS", "TOLERANCE", "Report", "run", "run_all"]


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one set: `passed` is None when it was not run. `trouble` is the first thing that differed."""

    id: str
    kind: str
    checks: int = 0
    passed: bool | None = None
    trouble: str = ""


def run_all(document: Set) -> list[Report]:
    return [run(one) for one in document["vectors"]]


def run(one: Set) -> Report:
    """One set, whatever is wrong with it: a set that lacks what its kind needs has failed."""
    name, kind = str(one.get("id", "")), str(one.get("kind", ""))
    if kind not in KINDS:
        return Report(name, kind, trouble=f"nobody here knows sets of the kind {kind!r}: not run")
    try:
        checks = list(KINDS[kind](one))
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        return Report(name, kind, passed=False, trouble=f"cannot be run: {type(error).__name__}: {error}")
    wrong = [check for check in checks if not check.holds]
    trouble = f"{wrong[0].what}: found {wrong[0].found}, expected {wrong[0].expected}" if wrong else ""
    return Report(
        name, kind, len(checks), bool(checks) and not wrong, trouble or ("" if checks else "no cases")
    )


def each(compute: Callable[[Set], Any], key: str) -> Callable[[Set], Iterator[Check]]:
    """A set of cases that are computed one by one and have their answer under `key`."""

    def checks(one: Set) -> Iterator[Check]:
        for i, case in enumerate(one["cases"]):
            found = compute({**one, **case})
            exact = isinstance(found, list)
            yield Check(f"case {i} {key}", found, case[key] if exact else number(case[key]))

    return checks


# --- exact expectations ---------------------------------------------------------------------------------------


def expected(ng: int, nb: int, p_g: float, p_b: float, log_factor: Callable[[int, int], float]) -> float:
    """The sum over everything that can happen in one second."""
    return sum(
        chance(g, ng, p_g) * chance(b, nb, p_b) * exp(log_factor(g, b))
        for g in range(ng + 1)
        for b in range(nb + 1)
    )


def chance(k: int, n: int, p: float) -> float:
    return float(comb(n, k) * p**k * (1.0 - p) ** (n - k))


def ratio_expectation(c: Set) -> float:
    return expected(
        c["ng"], c["nb"], c["p_g"], c["p_b"],
        lambda g, b: factors.ratio(g, b, c["ng"], c["nb"], c["r0"], c["delta"], (c["R"],))[0],
    )  # fmt: skip


def exceed_expectation(c: Set) -> float:
    return expected(
        c["ng"], c["nb"], c["p_both"], c["p_both"],
        lambda g, b: factors.exceedance(g, b, c["ng"], c["nb"], c["pb_working"], (c["psi"],))[0],
    )  # fmt: skip


# --- the rest -------------------------------------------------------------------------------------------------


def estimated_phi(c: Set) -> float:
    rule = Dispersions(c["phi0"], c["kappa"], tuple(c["scales"]), c["bins_per_block"])
    state = rule.fresh()
    for eg, eb, ng, nb in c["ticks_eg_eb_ng_nb"]:
        state = rule.step(state, (eg, eb, ng, nb))
    return state.phi


def lower(c: Set) -> float:
    strata = [(c["eg"], c["eb"], c["ng"], c["nb"])]
    return ratio_lower(strata, c["alpha"], c["R"], c["pi"], c.get("phi") or 1.0)


def split_margin(one: Set) -> Iterator[Check]:
    for i, c in enumerate(one["cases"]):
        found = split.evidence(c["n_green"], c["n"], c["rho"], c["margin"], c["odds_multipliers"])
        for key, value in zip(("ln_e_high", "ln_e_low", "ln_e"), found, strict=True):
            yield Check(f"case {i} {key}", value, number(c[key]))


def merged(one: Set) -> Iterator[Check]:
    for i, c in enumerate(one["cases"]):
        ln_es = [log(e) if e > 0 else -inf for e in c["e"]]
        total = merge.mean(ln_es, one["weights"])
        yield Check(f"case {i} e_total", exp(total), float(c["e_total"]))
        yield Check(f"case {i} reject", total >= log(1.0 / one["alpha"]), c["reject"])


def rejected(c: Set) -> list[int]:
    return merge.e_bh([log(e) if e > 0 else -inf for e in c["e"]], c["alpha"])


KINDS: dict[str, Callable[[Set], Iterator[Check]]] = {
    "ratio_factor": each(
        lambda c: factors.ratio(c["eg"], c["eb"], c["ng"], c["nb"], c["r0"], c["delta"], (c["R"],))[0],
        "ln_factor",
    ),
    "exceed_factor": each(
        lambda c: factors.exceedance(c["kg"], c["kb"], c["ng"], c["nb"], c["pb"], (c["psi"],))[0], "ln_factor"
    ),
    "guard_factor": each(lambda c: factors.guard(c["k"], c["n"], c["x"], (c["R"],))[0], "ln_factor"),
    "safe_factor": each(
        lambda c: factors.safe(c["eg"], c["eb"], c["ng"], c["nb"], c["r1"], c["d1"], (c["q"],))[0],
        "ln_factor",
    ),
    "drop_factor": each(lambda c: factors.drop(c["n"], c["dt"], c["lam"], (c["a"],))[0], "ln_factor"),
    "ratio_expectation": each(ratio_expectation, "expectation"),
    "exceed_expectation": each(exceed_expectation, "expectation"),
    "ratio_process": process(
        "ticks_eg_eb_ng_nb",
        lambda c, row: factors.ratio(*four(row), c["r0"], c["delta"], c["R"]),
        both,
    ),
    "exceed_process": process(
        "rows_kg_kb_ng_nb_pb", lambda c, row: factors.exceedance(*four(row), row[4], c["psi"]), anything
    ),
    "guard_process": process("k_n", lambda c, row: factors.guard(row[0], row[1], c["x"], c["R"]), anything),
    "safe_process": process(
        "ticks_eg_eb_ng_nb", lambda c, row: factors.safe(*four(row), c["r1"], c["d1"], c["q"]), both
    ),
    "drop_process": process(
        "n_per_s", lambda c, row: factors.drop(row[0], c.get("dt", 1), c["lam"], c["a"]), anything
    ),
    "phi": each(estimated_phi, "phi"),
    "kl_ucb": each(lambda c: upper(c["e"], c["n"], c["alpha"]), "ucb"),
    "ratio_lower": each(lower, "ratio_lower"),
    "srm": each(lambda c: split.dirichlet(c["counts"], c["rho"], c["kappa"]), "ln_e"),
    "srm_margin": split_margin,
    "merge": merged,
    "e_bh": each(rejected, "rejected_indices"),
    "censored": each(
        lambda c: pending_older(c["starts_cum"], c["done_cum"], c["tau_ticks"]), "pending_older"
    ),
}
"""What can be run, by kind."""
