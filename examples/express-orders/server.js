// The orders API of examples/orders on Express: the same requests, the same answers, the same contract.
//
// What makes it ready to be switched stands in contract.js and health.js: version headers, deep health, an end that finishes
// what is in flight, and what only the controller asks.

import { setTimeout as sleep } from "node:timers/promises";
import express from "express";
import { Behaviour } from "./behaviour.js";
import { control, identity, Leaving, rehearsal, versionHeaders } from "./contract.js";
import { Health } from "./health.js";
import { Invalid, Orders } from "./orders.js";

const LARGEST_BODY = 1024 * 1024;
const LONGEST_WAIT_MS = 60_000;

/** A request that cannot be served, with its status and a sentence. */
class Refused extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

const orders = await Orders.at(process.env.ORDERS_FILE ?? "orders.jsonl");
const behaviour = new Behaviour();
const leaving = new Leaving();
const health = new Health({ orders: () => behaviour.healthy() && orders.reachable() });
const app = express().disable("x-powered-by").disable("etag");

app.use(versionHeaders, rehearsal, leaving.middleware, control(leaving));
app.all("/health", health.handler);
app.use((req, res, next) => {
  if (behaviour.onTraffic()) throw new Refused(500, "this version fails, as it was told to");
  next();
});

route("/", { get: (req, res) => res.json({ name: "orders", version: identity.apiVersion }) });
route("/orders", { get: async (req, res) => res.json({ orders: await orders.newest() }), post: [json(), addOrder] });
route("/orders/:number", { get: getOrder });
route("/attachments", { post: [raw(), (req, res) => res.status(201).json({ bytes: req.body?.length ?? 0 })] });
route("/slow", { get: slow });
app.use((req) => { throw new Refused(404, `there is nothing at ${req.path}`); });
app.use((error, req, res, next) => {
  if (res.headersSent) return next(error);
  const status = error instanceof Invalid ? 422 : error.status ?? 500;
  if (status === 500 && !(error instanceof Refused)) console.error(error);
  res.status(status).json({ error: status === 500 && !(error instanceof Refused) ? "it failed" : error.message });
});

/** Take an order. */
async function addOrder(req, res) {
  if (req.body === undefined) throw new Refused(400, "the body is not JSON: there is none");
  res.status(201).json(await orders.add(req.body, identity.apiVersion));
}

/** One order. */
async function getOrder(req, res) {
  const { number } = req.params;
  const order = /^\d{1,15}$/.test(number) ? await orders.get(Number(number)) : undefined;
  if (!order) throw new Refused(404, `there is no order ${number}`);
  res.json(order);
}

/** Answer after `?ms=`, as a report or a call to somebody else would. */
async function slow(req, res) {
  const { ms = "400" } = req.query;
  if (!/^\d+$/.test(ms) || Number(ms) > LONGEST_WAIT_MS) throw new Refused(400, `ms: a whole number up to ${LONGEST_WAIT_MS}`);
  await sleep(Number(ms));
  res.json({ waited_ms: Number(ms) });
}

/** Handlers by method; any other method is a 405. */
function route(path, handlers) {
  const place = app.route(path);
  for (const [method, handler] of Object.entries(handlers)) place[method](handler);
  const known = Object.keys(handlers).map((method) => method.toUpperCase()).join(", ");
  place.all((req) => { throw new Refused(405, `${req.path} knows ${known}, not ${req.method}`); });
}

function json() {
  return express.json({ type: () => true, strict: false, limit: LARGEST_BODY });
}

function raw() {
  return express.raw({ type: () => true, limit: LARGEST_BODY });
}

const server = app.listen(Number(process.env.PORT ?? 8000), "127.0.0.1", (error) => {
  if (error) throw error; // the port is taken
});
// Longer than the router's, so that the server never closes a connection on which the router is about to send.
server.keepAliveTimeout = 75_000;
leaving.onSigterm(server, { then: () => orders.close() });
