// Orders in a file that both slots share, a line for each: what a database is to a larger application. Nothing here knows of
// HTTP. An order's number is that of its line, so all who append to the file agree on it without asking each other.

import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { access, open, stat } from "node:fs/promises";

const CHUNK = 65536; // bytes; a line is far shorter
const PAGE = 20;

/** What was sent is no order; the message says what would be one. */
export class Invalid extends Error {}

/** The orders in the file at `path`, kept in memory as well: what outgrows that wants a database. */
export class Orders {
  #path; #file;
  #orders = [];
  #offset = 0; // where the first line begins that was not read yet
  #turn = Promise.resolve();

  /** Open the file, and make it where there is none. */
  static async at(path) {
    const orders = new Orders();
    orders.#path = path;
    orders.#file = await open(path, "a+", 0o600);
    await orders.#inTurn(() => {});
    return orders;
  }

  /** Take an order; throw `Invalid` when `document` is none. */
  async add(document, madeBy) {
    const line = { ...read(document), made_by: madeBy, mark: randomUUID() };
    const appended = () => this.#file.appendFile(`${JSON.stringify(line)}\n`);
    const order = await this.#inTurn(appended, () => this.#orders.findLast((one) => one?.mark === line.mark));
    if (!order) throw new Error(`${this.#path}: it went behind a line that a crash had cut off, and has to be sent again`);
    return order;
  }

  /** The order of that number, or undefined. */
  async get(number) {
    return this.#inTurn(() => {}, () => this.#orders[number - 1]);
  }

  /** The last few orders, newest first. */
  async newest() {
    return this.#inTurn(() => {}, () => this.#orders.slice(-PAGE).reverse());
  }

  /** The file is there, is the one we have open, and may be written. */
  async reachable() {
    await access(this.#path, constants.W_OK);
    return (await stat(this.#path)).ino === (await this.#file.stat()).ino;
  }

  async close() {
    await this.#turn;
    await this.#file.close();
  }

  /** One at a time: do something, read what anybody has appended since, and give what was found. */
  #inTurn(act, found = () => undefined) {
    const turn = this.#turn.then(act).then(() => this.#catchUp()).then(found);
    this.#turn = turn.catch(() => {});
    return turn.then((order) => order && shown(order));
  }

  async #catchUp() {
    for (let whole = 1; whole > 0; this.#offset += whole) {
      const { bytesRead, buffer } = await this.#file.read(Buffer.alloc(CHUNK), 0, CHUNK, this.#offset);
      whole = buffer.subarray(0, bytesRead).lastIndexOf("\n") + 1;
      for (const line of buffer.toString("utf8", 0, whole).split("\n").slice(0, -1)) this.#take(line);
    }
  }

  #take(line) {
    const id = this.#orders.length + 1;
    try {
      const { item, quantity, made_by, mark } = JSON.parse(line);
      this.#orders.push({ id, item, quantity, made_by, mark });
    } catch {
      this.#orders.push(undefined); // a line that a crash cut off has a number all the same
    }
  }
}

function shown(found) {
  if (Array.isArray(found)) return found.filter(Boolean).map(shown);
  const { mark, ...order } = found;
  return order;
}

function read(document) {
  const keys = document && typeof document === "object" && !Array.isArray(document) ? Object.keys(document) : [""];
  if (keys.some((key) => !["item", "quantity"].includes(key)))
    throw new Invalid('an order is an object like {"item": "tea", "quantity": 2}');
  const { item, quantity = 1 } = document;
  if (typeof item !== "string" || !item || [...item].length > 80) throw new Invalid("item: 1 to 80 characters");
  if (!Number.isInteger(quantity) || quantity < 1 || quantity > 1000)
    throw new Invalid("quantity: a whole number from 1 to 1000");
  return { item, quantity };
}
