// Deep health: is what this process needs really there. Being asked often overloads nothing: whoever asks gets the result of
// one look, and a check that hangs is not started again beside itself.

import { answer, bearsControl, identity } from "./contract.js";

const GIVEN_UP_AFTER_MS = 30_000; // then a check that hangs may be started once more
const HANGING_MOST = 3;
const REASON_LONGEST = 300;

/** A check is a function, asynchronous or not, that gives true; whatever else it does is a failure. */
export class Health {
  #checks; #within; #freshFor; #last; #look;
  #runs = new Map();

  /** All checks together may take `withinMs`; what they found serves everybody for `freshForMs`. */
  constructor(checks, { withinMs = 2000, freshForMs = 1000 } = {}) {
    [this.#checks, this.#within, this.#freshFor] = [Object.entries(checks), withinMs, freshForMs];
  }

  /** Handler for any method: 200 when healthy, 503 when degraded. */
  handler = async (req, res) => {
    if (!["GET", "HEAD"].includes(req.method)) return answer(res, 405, { error: "health is read with GET" }, "GET, HEAD");
    const { outcomes, taken } = await this.#read();
    const each = (what) => Object.fromEntries(outcomes.map(([name, outcome]) => [name, outcome[what]]));
    const document = {
      status: outcomes.every(([, { passed }]) => passed) ? "healthy" : "degraded",
      checks: { ...each("passed"), uptime: seconds(performance.now()) },
      environment: identity.environment, release: identity.release, slot: identity.slot,
      version: 1, age: seconds(performance.now() - taken),
    };
    if (bearsControl(req, "health.details")) Object.assign(document, { milliseconds: each("ms"), reasons: each("reason") });
    answer(res, document.status === "healthy" ? 200 : 503, document);
  };

  async #read() {
    if (this.#last && performance.now() - this.#last.taken < this.#freshFor) return this.#last;
    this.#look ??= this.#lookNow().finally(() => (this.#look = undefined));
    return this.#look; // who comes meanwhile waits for the same look
  }

  async #lookNow() {
    const asked = this.#checks.map(async ([name, check]) => [name, await this.#ask(name, check)]);
    return (this.#last = { outcomes: await Promise.all(asked), taken: performance.now() });
  }

  #ask(name, check) {
    const began = performance.now();
    const outcome = (reason) => ({ passed: !reason, ms: performance.now() - began, reason: reason || undefined });
    const run = this.#runs.get(name) ?? { hanging: 0, began: 0 };
    if (run.hanging >= HANGING_MOST || (run.hanging && began - run.began < GIVEN_UP_AFTER_MS))
      return outcome("it was asked before and has not answered yet");
    this.#runs.set(name, Object.assign(run, { hanging: run.hanging + 1, began }));
    const said = (async () => check())().then(
      (value) => outcome(value === true ? "" : `it answered ${typeof value === "object" ? "an object" : String(value)}`),
      (error) => outcome(String(error).slice(0, REASON_LONGEST) || "it failed"),
    ).catch(() => outcome("it failed")).finally(() => (run.hanging -= 1));
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve(outcome(`it was not done within ${this.#within} ms`)), this.#within);
      said.then((found) => (clearTimeout(late), resolve(found)));
    });
  }
}

const seconds = (ms) => Math.round(ms) / 1000;
