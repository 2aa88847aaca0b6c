// contract.js and health.js on node:http alone, in the hands of an application that does everything wrong.

import { createServer } from "node:http";
import { control, Leaving, onlyLive, rehearsal, rehearsing, role, versionHeaders } from "./contract.js";
import { Health } from "./health.js";

const asked = { well: 0, hangs: 0 };
const answers = {
  well: () => (asked.well += 1) > 0,
  hangs: () => ((asked.hangs += 1), new Promise(() => {})),
  raises: () => { throw new Error("no\nroute"); },
  strange: () => { throw Object.create(null); },
  nonsense: () => "true",
};
const names = process.env.CHECKS.split(" ");
const health = new Health(Object.fromEntries(names.map((name) => [name, answers[name]])), {
  withinMs: Number(process.env.WITHIN_MS ?? 300), freshForMs: 200,
});
const leaving = new Leaving();

function page(req, res) {
  const marked = "x-verdigris-rehearsal" in req.headers || req.rawHeaders.some((word) => /rehearsal/i.test(word));
  const body = { asked, marked, rehearsing: rehearsing(), role: role(), job: onlyLive(() => "done")() ?? "left" };
  res.setHeader("Content-Type", "application/json");
  res.end(JSON.stringify(body));
}

const steps = [versionHeaders, rehearsal, leaving.middleware, control(leaving)];
const server = createServer((req, res) => {
  const last = req.url === "/health" ? health.handler : page;
  steps.reduceRight((next, step) => () => step(req, res, next), () => setImmediate(last, req, res))();
});
server.listen(Number(process.env.PORT), "127.0.0.1");
leaving.onSigterm(server, { keepServingMs: Number(process.env.KEEP_SERVING_MS ?? 0) });
