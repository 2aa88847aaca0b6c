"""The same mathematics once more, slowly and another way: 60 digits, factors as they are written on paper, and one
product per beginning instead of a recursion. It shares no line with what it checks, and writes `vectors.json`.

Usage: python -m tests.unit.core.judging.slow
"""

from __future__ import annotations

import json
import random
from decimal import Decimal, getcontext
from fractions import Fraction
from math import comb
from pathlib import Path

getcontext().prec = 60
D = Decimal
FILE = Path(__file__).with_name("vectors.json")
R = [1.2, 1.5, 2, 3, 5, 10, 30, 100]
PSI = [1.1, 1.25, 1.5, 2, 4]
GUARD = [1.2, 1.5, 2, 3, 5, 10, 30]
SPREAD = {"w0": 0.5, "T": 60}
CAP = 2.418271175121957


def exact(value):
    return D(str(value)) if isinstance(value, float) else D(value)


def power(base, exponent):
    if exponent == 0:
        return D(1)
    return D(0) if base == 0 else (D(exponent) * base.ln()).exp()


# --- factors, as written ------------------------------------------------------------------------------------------


def ratio(eg, eb, ng, nb, r0, delta, r):
    if not ng or not nb:
        return D(1)
    r0, delta, r = map(exact, (r0, delta, r))
    w = ng * r0 / nb
    a, b = r * (1 + w) / (1 + w * r), (1 + w) / (1 + w * r)
    return power(a, eg) * power(b, eb) * (-ng * delta * (a - 1)).exp()


def exceed(kg, kb, ng, nb, pb, psi):
    pb, psi = exact(pb), exact(psi)
    pg = psi * pb / (1 - pb + psi * pb)
    p0 = (ng * pg + nb * pb) / (ng + nb)
    of_g = power(pg / p0, kg) * power((1 - pg) / (1 - p0), ng - kg)
    return of_g * power(pb / p0, kb) * power((1 - pb) / (1 - p0), nb - kb)


def guard(k, n, x, r):
    x = exact(x)
    p = min(D("0.999"), exact(r) * x)
    return power(p / x, k) * power((1 - p) / (1 - x), n - k)


def safe(eg, eb, ng, nb, r1, d1, q):
    r1, d1, q = map(exact, (r1, d1, q))
    return power(1 + ng * r1 * (1 - q) / nb, eb) * power(q, eg) * (ng * d1 * (1 - q)).exp()


def drop(n, dt, lam, a):
    return power(exact(a), n) * (exact(lam) * exact(dt) * (1 - exact(a))).exp()


# --- processes: a sum over beginnings of products ---------------------------------------------------------------------


def beginnings(given, ticks):
    if isinstance(given, list):
        return [exact(w) for w in given][:ticks] + [D(0)] * (ticks - len(given))
    rest = (1 - exact(given["w0"])) / (given["T"] - 1)
    return [exact(given["w0"]) if t == 0 else rest if t < given["T"] else D(0) for t in range(ticks)]


def process(bets, pi, start, cap, phi, alpha):
    """`bets[t][k]`: the factor of each alternative, or None where the tick brings none."""
    ln_es = []
    omega = beginnings(start, len(bets))
    for now in range(1, len(bets) + 1):
        e = 1 - sum(omega[:now])
        for k, weight in enumerate(pi):
            for s in range(now):
                product = omega[s]
                for t in range(s, now):
                    if bets[t] is not None:
                        product *= tempered(bets[t][k], cap, phi, t)
                e += exact(weight) * product
        ln_es.append(float(e.ln()) if e > 0 else None)
    limit = float((1 / exact(alpha)).ln())
    decided = next((t for t, ln_e in enumerate(ln_es, 1) if ln_e is not None and ln_e >= limit), None)
    return {"ln_e": ln_es, "decision_tick": decided}


def tempered(factor, cap, phi, tick):
    exponent = phi[tick] if isinstance(phi, list) else phi
    if exponent is not None and factor > 0:
        factor = (factor.ln() / exact(exponent)).exp()
    return factor if cap is None else min(factor, exact(cap))


def batched(ticks, least):
    """Sums that are settled when there are `least` requests on either side; None in between."""
    found, pending = [], None
    for tick in ticks:
        pending = tick if pending is None else [a + b for a, b in zip(pending, tick, strict=True)]
        full = min(pending[2:4]) >= least
        found.append(pending if full else None)
        pending = None if full else pending
    return found


# --- dispersion, in rationals -----------------------------------------------------------------------------------------


def phi(ticks, scales, per_block, phi0, kappa):
    best = Fraction(1)
    for scale in scales:
        squares, variance = Fraction(0), Fraction(0)
        length = scale * per_block
        for begin in range(0, len(ticks) - length + 1, length):
            bins = [
                [sum(column) for column in zip(*ticks[i : i + scale], strict=True)]
                for i in range(begin, begin + length, scale)
            ]
            eg, eb, ng, nb = (sum(column) for column in zip(*bins, strict=True))
            if not (eg and eb):
                continue
            pg, pb = Fraction(eg, ng), Fraction(eb, nb)
            for g, b, m, n in bins:
                if g + b:
                    q = pg * m / (pg * m + pb * n)
                    squares += (g - (g + b) * q) ** 2 * Fraction(per_block, per_block - 1)
                    variance += (g + b) * q * (1 - q)
        best = max(best, (Fraction(phi0) * kappa + squares) / (kappa + variance))
    return float(best)


# --- the file ---------------------------------------------------------------------------------------------------------


def counts(dice, seconds, ng, nb, pg, pb):
    """[bad of g, bad of b, all of g, all of b] per second."""
    rows = []
    for t in range(seconds):
        of_g, of_b = dice.randint(*ng), dice.randint(*nb)
        rate = pg(t) if callable(pg) else pg
        g = sum(dice.random() < rate for _ in range(of_g))
        rows.append([g, sum(dice.random() < pb for _ in range(of_b)), of_g, of_b])
    return rows


def ratio_set(name, ticks, start=SPREAD, cap=CAP, phi=None, least=10, alpha=0.01):
    settled = batched(ticks, least)
    bets = [None if row is None else [ratio(*row, 1.25, 0.0005, r) for r in R] for row in settled]
    return {
        "id": name, "kind": "ratio_process", "ticks_eg_eb_ng_nb": ticks, "r0": 1.25, "delta": 0.0005, "R": R,
        "pi": [0.125] * 8, "start_weights": start, "cap": cap, "phi": phi, "min_n": least, "alpha": alpha,
        **process(bets, [0.125] * 8, start, cap, phi, alpha),
    }  # fmt: skip


def sets():
    dice = random.Random(20)
    busy, few = (80, 120), (1, 9)
    worse = counts(dice, 25, busy, busy, 0.08, 0.01)
    yield ratio_set("plain product", worse, [1.0], None, least=1)
    yield ratio_set("defaults", worse)
    yield ratio_set("healthy", counts(dice, 25, busy, busy, 0.01, 0.01))
    yield ratio_set("late", counts(dice, 30, busy, busy, lambda t: 0.1 if t >= 15 else 0.01, 0.01))
    yield ratio_set("tempered", worse, phi=2.5)
    yield ratio_set("another exponent every second", worse, phi=[1 + t / 10 for t in range(25)])
    yield ratio_set("few requests wait for each other", counts(dice, 30, few, few, 0.3, 0.02))
    yield ratio_set("the split changes", [*counts(dice, 12, (5, 15), (90, 110), 0.1, 0.02), *worse[:12]])
    yield ratio_set(
        "hours after the last beginning", counts(dice, 20, busy, busy, 0.06, 0.01), {"w0": 0.5, "T": 8}
    )
    yield exceed_set(dice)
    yield guard_set(dice)
    yield safe_set(dice)
    yield drop_set(dice)
    yield phi_set(dice)
    yield expectation_set()


def exceed_set(dice):
    ticks = counts(dice, 25, (80, 120), (80, 120), 0.2, 0.1)
    rows, kb, nb = [], 0, 0
    for tick in ticks:
        rows.append([*tick, round((200 + kb) / (2000 + nb), 12)])
        kb, nb = kb + tick[1], nb + tick[3]
    bets = [[exceed(*row, psi) for psi in PSI] for row in rows]
    return {
        "id": "exceedance", "kind": "exceed_process", "rows_kg_kb_ng_nb_pb": rows, "psi": PSI, "pi": [0.2] * 5,
        "start_weights": SPREAD, "cap": CAP, "alpha": 0.01, **process(bets, [0.2] * 5, SPREAD, CAP, None, 0.01),
    }  # fmt: skip


def guard_set(dice):
    rows = [[tick[0], tick[2]] for tick in counts(dice, 25, (80, 120), (1, 1), 0.05, 0.0)]
    pi = [1 / 7] * 7
    bets = [[guard(*row, 0.01, r) for r in GUARD] for row in rows]
    return {
        "id": "guard", "kind": "guard_process", "k_n": rows, "x": 0.01, "R": GUARD, "pi": pi,
        "start_weights": SPREAD, "cap": CAP, "alpha": 0.01, **process(bets, pi, SPREAD, CAP, None, 0.01),
    }  # fmt: skip


def safe_set(dice):
    ticks = counts(dice, 25, (400, 500), (400, 500), 0.002, 0.004)
    shares = [0.0, 0.1, 0.25, 0.5, 0.75]
    bets = [[safe(*row, 2, 0.001, q) for q in shares] for row in ticks]
    return {
        "id": "no harm", "kind": "safe_process", "ticks_eg_eb_ng_nb": ticks, "r1": 2, "d1": 0.001, "q": shares,
        "pi": [0.2] * 5, "alpha": 0.05, **process(bets, [0.2] * 5, [1.0], None, None, 0.05),
    }  # fmt: skip


def drop_set(dice):
    seen, shares = [dice.randint(0, 9) for _ in range(10)], [0.0, 0.05, 0.2, 0.5]
    bets = [[drop(n, 1, 20, a) for a in shares] for n in seen]
    return {
        "id": "drop", "kind": "drop_process", "n_per_s": seen, "lam": 20, "a": shares, "pi": [0.25] * 4,
        "alpha": 0.01, **process(bets, [0.25] * 4, [1.0], None, None, 0.01),
    }  # fmt: skip


def phi_set(dice):
    clumps = [[5 * (dice.random() < 0.2), 5 * (dice.random() < 0.2), 100, 100] for _ in range(200)]
    even = counts(dice, 100, (40, 60), (40, 60), 0.1, 0.03)
    shape = {"scales": [1, 5, 15], "bins_per_block": 6, "phi0": 1, "kappa": 20}
    given = {"scales": [1, 2], "bins_per_block": 4, "phi0": 3, "kappa": 20}
    cases = [(clumps, shape), (even, shape), (even, given)]
    return {
        "id": "phi", "kind": "phi",
        "cases": [
            {"ticks_eg_eb_ng_nb": ticks, **s, "phi": phi(ticks, s["scales"], s["bins_per_block"], s["phi0"], 20)}
            for ticks, s in cases
        ],
    }  # fmt: skip


def expectation(factor, ng, nb, pg, pb):
    """Over everything that one second can bring, exactly up to the factors' 60 digits."""
    pg, pb = exact(pg), exact(pb)
    return sum(
        comb(ng, g) * power(pg, g) * power(1 - pg, ng - g) * comb(nb, b) * power(pb, b) * power(1 - pb, nb - b)
        * factor(g, b)
        for g in range(ng + 1)
        for b in range(nb + 1)
    )  # fmt: skip


def expectation_set():
    found = expectation(lambda g, b: ratio(g, b, 8, 6, 1.25, 0.01, 3), 8, 6, 0.26, 0.2)
    case = {"ng": 8, "nb": 6, "p_b": 0.2, "p_g": 0.26, "r0": 1.25, "delta": 0.01, "R": 3}
    return {
        "id": "expectation",
        "kind": "ratio_expectation",
        "cases": [{**case, "expectation": float(found)}],
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps({"version": 1, "vectors": list(sets())}) + "\n", "utf-8")
