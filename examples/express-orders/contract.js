// What verdigris and an application say to each other, version 1 of the contract, for Express and whatever else passes
// (req, res, next) along; health.js beside it is the rest. Copy both: they need Node 18.19 or newer and nothing else.

import { AsyncLocalStorage } from "node:async_hooks";
import { createHmac, timingSafeEqual } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

const { env } = process;
const BODY_MAX = 4096; // bytes of a control request, and of the files that the controller writes
// From SIGTERM on, how long may be waited before the end: the last quarter is for what is in flight.
const withinGraceMs = env.VERDIGRIS_GRACE && env.VERDIGRIS_GRACE >= 0 ? env.VERDIGRIS_GRACE * 750 : Infinity;
const counts = {}; // what was refused or forgiven, by name
const count = (name) => (counts[name] = (counts[name] ?? 0) + 1);

export const identity = {
  apiVersion: headerValue("API_VERSION", "1.0.0"),
  environment: headerValue("ENVIRONMENT_NAME", "unknown"),
  release: headerValue("VERDIGRIS_RELEASE", ""),
  slot: headerValue("VERDIGRIS_SLOT", ""),
};
const missing = ["API_VERSION", "ENVIRONMENT_NAME"].filter((name) => env[name] === undefined).join(" and ");
if (missing) console.warn(`${missing} not set: the defaults stand in. Set what this process is.`);

/** Middleware, the first of all: who answers stands on every response, errors included. */
export function versionHeaders(req, res, next) {
  res.setHeader("X-API-Version", identity.apiVersion);
  res.setHeader("X-Environment", identity.environment);
  next();
}

const rehearsals = new AsyncLocalStorage();

/** Whether this code runs for a copy of a request: hold back mails, charges and webhooks then. */
export const rehearsing = () => rehearsals.getStore() === true;

/** Middleware: believes the mark of a rehearsal where it bears the token, and takes it off in any case. */
export function rehearsal(req, res, next) {
  const shown = req.headers["x-verdigris-rehearsal"];
  if (shown === undefined) return next();
  delete req.headers["x-verdigris-rehearsal"];
  for (let at = req.rawHeaders.length - 2; at >= 0; at -= 2)
    if (req.rawHeaders[at].toLowerCase() === "x-verdigris-rehearsal") req.rawHeaders.splice(at, 2);
  if (shown.split(",").some((token) => trusted("rehearsal", token.trim()))) return rehearsals.run(true, next);
  count("rehearsal.refused");
  next();
}

/** `live`, `candidate` or `retained`. Where the file cannot be read: a job is rather late than done twice. */
export function role() {
  if (!env.VERDIGRIS_ROLE_FILE) return "live";
  const word = plainFile(env.VERDIGRIS_ROLE_FILE)?.text;
  if (["live", "candidate", "retained"].includes(word)) return word;
  count("role.unreadable");
  return "candidate";
}

/** A job that does nothing where this process is not live: `setInterval(onlyLive(sendReminders), 60_000)`. */
export const onlyLive = (job) => (...given) => (role() === "live" ? job(...given) : undefined);

/** Leaving: readiness says 503 and clients are told to connect anew; what is in flight is always finished. */
export class Leaving {
  #health;
  #open = new Map(); // responses that are not over, and whether they count
  #draining = false;
  #server; // from SIGTERM on

  /** What asks for health is finished like everything else, and is no traffic. */
  constructor({ health = "/health" } = {}) { this.#health = health; }

  get leaving() { return this.#draining || this.#server !== undefined; }

  /** By kind. Node's upgraded sockets are no responses, so who has WebSockets counts them here. */
  inFlight() {
    const counted = [...this.#open].filter(([, counts]) => counts).map(([res]) => String(res.getHeader("content-type")));
    const events = counted.filter((type) => type.startsWith("text/event-stream")).length;
    return { http: counted.length - events, websocket: 0, events };
  }

  /** Middleware, right behind the headers. */
  middleware = (req, res, next) => {
    if (pathOf(req) === "/ready") return answer(res, this.leaving ? 503 : 200, { ready: !this.leaving });
    this.#open.set(res, pathOf(req) !== this.#health && !pathOf(req).startsWith("/.verdigris/"));
    res.once("close", () => { this.#open.delete(res); this.#goWhenDone(); });
    if (this.leaving) res.setHeader("Connection", "close");
    next();
  };

  /** Streams and WebSockets are the application's to end: with 1012, one after another. */
  drain() {
    this.#draining = true;
    for (const res of this.#open.keys()) if (!res.headersSent) res.setHeader("Connection", "close");
  }

  /** False after SIGTERM: from there no way leads back. */
  resume() {
    if (!this.#server) this.#draining = false;
    return !this.#server;
  }

  /** On SIGTERM: serve for `keepServingMs` (less where SIGKILL comes sooner), accept nobody any more, finish, call `then`, and exit.
   *  verdigris has moved all traffic away by then. Who routes by readiness alone needs the time to notice. */
  onSigterm(server, { keepServingMs = 0, then = () => {} } = {}) {
    process.on("SIGTERM", () => {
      if (this.#server) return;
      this.#server = server;
      this.drain();
      const end = () => { server.close(() => Promise.resolve(then()).finally(() => process.exit())); this.#goWhenDone(); };
      setTimeout(end, Math.min(keepServingMs, withinGraceMs));
    });
  }

  #goWhenDone() {
    // Idle connections, and those on which nothing ever came, would keep the process for a minute.
    if (this.#server && !this.#server.listening && !this.#open.size) this.#server.closeAllConnections();
  }
}

/** Middleware for what only the controller asks, below /.verdigris/. To everybody else there is nothing there. */
export function control(leaving) {
  const pages = {
    state: ["GET", () => [200, {
      version: 1, role: role(), release: identity.release, slot: identity.slot, instance: env.VERDIGRIS_INSTANCE ?? "",
      leaving: leaving.leaving, in_flight: leaving.inFlight(), counts, grpc: {},
    }]],
    drain: ["POST", async (req) => {
      const wrong = wrongDrain(await bodyOf(req));
      if (!wrong) leaving.drain();
      return wrong ?? [202, { leaving: true }];
    }],
    resume: ["POST", () => leaving.resume() ? [202, { leaving: false }] : [409, { error: "the process leaves. Ask another." }]],
  };
  return (req, res, next) => {
    if (!pathOf(req).startsWith("/.verdigris/")) return next();
    if (!bearsControl(req)) return count("control.refused"), answer(res, 404, { error: "not found" });
    const [method, page] = pages[Object.keys(pages).find((name) => pathOf(req) === `/.verdigris/${name}`)] ?? [];
    if (!page) return answer(res, 404, { error: "not found" });
    if (req.method !== method) return answer(res, 405, { error: `this is asked with ${method}` }, method);
    Promise.resolve(page(req)).then((found) => answer(res, ...found)).catch(next);
  };
}

function wrongDrain(body) {
  if (body === undefined) return [413, { error: `the body is larger than ${BODY_MAX} bytes` }];
  try {
    const asked = JSON.parse(body || "{}");
    const { seconds = 0 } = asked;
    if (typeof asked === "object" && !Array.isArray(asked) && typeof seconds === "number" && seconds >= 0 && seconds <= 86400) return undefined;
  } catch { /* said below */ }
  count("control.malformed");
  return [400, { error: 'seconds: a number from 0 to 86400. Send {"seconds": 30}.' }];
}

/** Whether `shown` is the token for `purpose`; without a secret that is ours alone nothing is. */
export function trusted(purpose, shown) {
  const file = env.VERDIGRIS_SECRET_FILE ? plainFile(env.VERDIGRIS_SECRET_FILE) : undefined;
  if (!file?.text || file.mode & 0o077) return false;
  const token = createHmac("sha256", file.text).update(`verdigris ${purpose} v1`).digest();
  const given = Buffer.from(/^[0-9a-f]{64}$/.test(shown) ? shown : "", "hex");
  return given.length === token.length && timingSafeEqual(given, token);
}

/** Whether the request bears the token for `control`; one that bears another is counted by the name given. */
export function bearsControl(req, counted) {
  const [scheme, shown = ""] = (req.headers.authorization ?? "").split(/ +/);
  const held = scheme.toLowerCase() === "bearer" && trusted("control", shown);
  if (shown && !held && counted) count(counted);
  return held;
}

/** A file that the controller replaces in one step, so it is read anew each time. A pipe in its place is never waited for. */
function plainFile(path) {
  let fd;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const [seen, bytes] = [fstatSync(fd), Buffer.alloc(BODY_MAX)];
    if (!seen.isFile() || seen.size > BODY_MAX) return undefined;
    return { text: bytes.toString("latin1", 0, readSync(fd, bytes)).trim(), mode: seen.mode };
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

async function bodyOf(req) {
  let [body, size] = ["", 0];
  // Read to the end in any case: who is cut off in the middle never sees the answer.
  for await (const part of req.setEncoding("latin1")) if ((size += part.length) <= BODY_MAX) body += part;
  return size <= BODY_MAX ? body : undefined;
}

function headerValue(name, otherwise) {
  const value = env[name] ?? otherwise;
  if (/^[\x20-\x7e]*$/.test(value) && value === value.trim()) return value;
  throw new Error(`${name} is ${JSON.stringify(value)}: a header value is printable ASCII, without blanks at its ends. Mend the variable.`);
}

const pathOf = (req) => (req.originalUrl ?? req.url).split("?")[0];

/** Answer with JSON, and with `Allow` where the method was wrong. */
export function answer(res, status, document, allow) {
  const body = JSON.stringify(document);
  if (allow) res.setHeader("Allow", allow);
  const type = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body), "Cache-Control": "no-store" };
  res.writeHead(status, type).end(body);
}
