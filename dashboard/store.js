// The orders as this page knows them: events folded by `seq`, gaps noticed. No DOM, no network.

import { isTerminal } from "./order.js";

const TERMS = [
  "orderType", "tokenIn", "tokenOut", "amountIn", "slippage", "minAmountOut", "clientOrderId", "userId", "createdAt",
];

/**
 * A record: `events` is the gapless history from seq 1 on, `ahead` what came too early, `version` the newest seq known
 * to exist, `status` the one at `version`; `summary` is what a list says without events; `heardAt` is when something
 * was last heard of it, on the clock of `now`.
 */
const newRecord = (id) => ({
  id, terms: null, createdAt: null, updatedAt: null, status: "pending", version: 0,
  events: [], ahead: new Map(), summary: {}, mine: false, heardAt: 0,
});

const descending = (a, b) => (a < b ? 1 : a > b ? -1 : 0);

export class OrderStore {
  #orders = new Map();
  #listeners = new Set();
  #limit;
  #now;

  /** @param limit how many orders are kept; the oldest finished ones are dropped first. */
  constructor({ limit = 2000, now = () => performance.now() } = {}) {
    this.#limit = limit;
    this.#now = now;
  }

  /** Call `listener(order, event)` on each change; `event` is the live step, or null. */
  onChange(listener) {
    this.#listeners.add(listener);
  }

  get(id) {
    return this.#orders.get(id);
  }

  /** All orders, newest first. */
  newestFirst() {
    const order = (a, b) => descending(a.createdAt ?? "", b.createdAt ?? "") || descending(a.id, b.id);
    return [...this.#orders.values()].sort(order);
  }

  get size() {
    return this.#orders.size;
  }

  /** The last seq up to which nothing is missing. */
  seq(id) {
    return this.get(id)?.events.length ?? 0;
  }

  /** Whether steps are missing in between, or before what is known. */
  hasGap(id) {
    const order = this.get(id);
    return order !== undefined && order.events.length < order.version;
  }

  /** Whether both the terms and every step are known. */
  isComplete(id) {
    return !this.hasGap(id) && this.get(id)?.terms !== null;
  }

  /** Fold one step in. A step that is known already changes nothing. Returns whether something changed. */
  fold(id, event) {
    const order = this.#record(id);
    const known = event.seq <= order.events.length || order.ahead.has(event.seq);
    if (!known) {
      this.#insert(order, event);
      this.#changed(order, event);
    }
    return !known;
  }

  /** Fold in several steps, as a snapshot or an answer of the API brings them; `version` is the newest there is. */
  foldAll(id, events, version = 0, status = null) {
    const order = this.#record(id);
    for (const event of events) {
      if (event.seq > order.events.length) this.#insert(order, event);
    }
    this.#raise(order, version, status);
    this.#changed(order, null);
  }

  /** Take over an order as the API writes it, with or without its events. */
  load(wire) {
    const order = this.#record(wire.id);
    order.terms ??= {};
    for (const name of TERMS) {
      if (wire[name] !== undefined) order.terms[name] = wire[name];
    }
    order.createdAt = wire.createdAt ?? order.createdAt;
    if ((wire.version ?? 0) >= order.version) {
      order.summary = { ...order.summary, ...wire, events: undefined };
      order.updatedAt = wire.updatedAt ?? order.updatedAt;
    }
    this.foldAll(wire.id, wire.events ?? [], Math.max(1, wire.version ?? 0), wire.status);
  }

  /** Note an order that this page has placed; its steps come over the stream. */
  place(id, terms, status = "pending") {
    const order = this.#record(id);
    order.mine = true;
    order.terms = { ...terms, ...order.terms };
    order.createdAt ??= new Date().toISOString();
    this.#raise(order, 1, status);
    this.#changed(order, null);
  }

  #record(id) {
    let order = this.#orders.get(id);
    if (!order) {
      order = newRecord(id);
      this.#orders.set(id, order);
      this.#evict();
    }
    return order;
  }

  #insert(order, event) {
    order.ahead.set(event.seq, { ...event, data: event.data ?? {} });
    for (let next; (next = order.ahead.get(order.events.length + 1)); ) {
      order.ahead.delete(next.seq);
      order.events.push(next);
    }
    if (event.seq === 1) order.createdAt = event.timestamp;
    order.createdAt ??= event.timestamp; // until the first step is known, the earliest known time
    if (event.seq >= order.version) order.updatedAt = event.timestamp;
    if (event.data?.tokenIn) order.terms = { ...event.data, ...order.terms };
    this.#raise(order, event.seq, event.status);
  }

  #raise(order, version, status) {
    if (version < order.version) return;
    order.version = version;
    order.status = status ?? order.status;
  }

  #changed(order, event) {
    order.heardAt = this.#now();
    for (const listener of this.#listeners) listener(order, event);
  }

  #evict() {
    if (this.#orders.size <= this.#limit) return;
    for (const [id, order] of this.#orders) {
      if (isTerminal(order.status)) {
        this.#orders.delete(id);
        return;
      }
    }
  }

  /** Ids of the orders that may still move, of which nothing was heard for at least `quiet` milliseconds. */
  openIds(quiet = 0) {
    const before = this.#now() - quiet;
    return [...this.#orders.values()]
      .filter((order) => !isTerminal(order.status) && order.heardAt <= before)
      .map((order) => order.id);
  }
}
