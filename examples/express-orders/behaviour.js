// How a version of this API misbehaves, so that verdigris has something to find. Real ones need none of it.
//
// The variable BEHAVIOUR or, without it, the file behaviour.json of the release says which: {"is": "fails", ...}
//
//   good            nothing
//   fails           `share` of the requests are answered 500, `seconds` after `requests` of traffic have come
//   never-healthy   the deep health check says that the orders are not there
//   dies            the process exits `seconds` after `requests` of traffic have come

import { existsSync, readFileSync } from "node:fs";

const NAMES = ["good", "fails", "never-healthy", "dies"];

export class Behaviour {
  #seen = 0;
  #turnedBad = false;

  /** Throws for a word that is not in the table. */
  constructor() {
    const file = new URL("behaviour.json", import.meta.url);
    const text = process.env.BEHAVIOUR ?? (existsSync(file) ? readFileSync(file, "utf8") : '{"is": "good"}');
    Object.assign(this, { requests: 20, seconds: 1, share: 0.2 }, JSON.parse(text));
    if (!NAMES.includes(this.is)) throw new Error(`behaviour ${JSON.stringify(this.is)}: one of ${NAMES.join(", ")}`);
  }

  /** Before a request is answered; true when the answer has to be a 500. */
  onTraffic() {
    this.#seen += 1;
    if (this.#seen === this.requests) setTimeout(() => this.#turnBad(), this.seconds * 1000).unref();
    return this.is === "fails" && this.#turnedBad && Math.random() < this.share;
  }

  /** What the deep health check is to believe. */
  healthy() {
    return this.is !== "never-healthy";
  }

  #turnBad() {
    this.#turnedBad = true;
    if (this.is === "dies") process.exit(70);
  }
}
