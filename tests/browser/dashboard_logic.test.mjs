// The dashboard's logic without a browser: `node --test tests/browser/` (Node 20.19 or newer).

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const DASHBOARD = new URL("../../dashboard/", import.meta.url);
const load = (name) => import(new URL(`${name}.js`, DASHBOARD));
const { OrderStore } = await load("store");
const { CatchUp } = await load("catchup");
const { applyMessage } = await load("live");
const { LiveStream } = await load("stream");
const { backoff } = await load("backoff");
const { amount, duration, percentToFraction, shortAmount, title } = await load("format");
const { advantage, execution, isCancellable, isTerminal, retries, steps, timeline } = await load("order");
const { statusBadge } = await load("badges");
const { stepSummary } = await load("detail_parts");
const { quotesSection } = await load("quotes");
const { confirmTimes, histogram, perSecond, quantile, venueShare } = await load("statistics");

const LIFE = ["pending", "routing", "building", "submitted", "confirmed"];
const TERMS = { tokenIn: "SOL", tokenOut: "USDC", amountIn: "1.0", slippage: "0.01" };
const at = (ms) => new Date(Date.UTC(2026, 0, 1) + ms).toISOString();
const event = (seq, status = LIFE[seq - 1], data = {}) => ({ seq, status, timestamp: at(seq * 100), data });

/** Time that passes when it is told to. */
class FakeTime {
  now = 0;
  #timers = new Map();
  #next = 1;
  world = {
    setTimeout: (call, ms) => { this.#timers.set(this.#next, { call, due: this.now + ms }); return this.#next++; },
    clearTimeout: (id) => this.#timers.delete(id),
  };

  async pass(ms) {
    const end = this.now + ms;
    for (;;) {
      const [id, timer] = [...this.#timers].sort(([, a], [, b]) => a.due - b.due)[0] ?? [];
      if (!timer || timer.due > end) break;
      this.#timers.delete(id);
      this.now = timer.due;
      timer.call();
      await new Promise(setImmediate);
    }
    this.now = end;
    await new Promise(setImmediate);
  }
}

/** As much of an element as the builders of the page need, to see what they build. */
class FakeElement {
  attributes = {};
  children = [];

  setAttribute(name, value) { this.attributes[name] = value; }
  addEventListener() {}
  append(...children) { this.children.push(...children); }
  get textContent() { return this.children.map((child) => child.textContent ?? child).join(""); }
  get all() { return [this, ...this.children.flatMap((child) => child.all ?? [])]; }
}
globalThis.document = { createElement: () => new FakeElement() };

test("a step that comes twice counts once, and steps that overtake each other end up in order", () => {
  const store = new OrderStore();
  const results = [1, 3, 3, 2, 1, 5, 4].map((seq) => store.fold("a", event(seq)));
  assert.deepEqual(results, [true, true, false, true, false, true, true]);
  assert.deepEqual(store.get("a").events.map(({ seq }) => seq), [1, 2, 3, 4, 5]);
  assert.equal(store.get("a").status, "confirmed");
});

test("a missing step shows as a gap until it comes, while the newest status is shown already", () => {
  const store = new OrderStore();
  store.fold("a", event(1));
  store.fold("a", event(4));
  assert.equal(store.hasGap("a"), true);
  assert.equal(store.seq("a"), 1);
  assert.equal(store.get("a").status, "submitted");
  store.foldAll("a", [event(2), event(3), event(4)], 4, "submitted");
  assert.equal(store.hasGap("a"), false);
});

test("an older answer of the API does not turn an order back", () => {
  const store = new OrderStore();
  LIFE.forEach((_, index) => store.fold("a", event(index + 1)));
  store.load({ id: "a", ...TERMS, status: "routing", version: 2, updatedAt: at(200), createdAt: at(100) });
  assert.equal(store.get("a").status, "confirmed");
  assert.equal(store.get("a").updatedAt, at(500));
  assert.equal(store.isComplete("a"), true);
});

test("an order from a list without events is incomplete, even where the list names no version", () => {
  const store = new OrderStore();
  store.load({ id: "b", ...TERMS, status: "confirmed", createdAt: at(0) });
  assert.equal(store.isComplete("b"), false);
  store.load({ id: "a", ...TERMS, status: "confirmed", version: 5, venue: "meteora", createdAt: at(0) });
  assert.equal(store.isComplete("a"), false);
  assert.equal(execution(store.get("a")).venue, "meteora");
});

test("a full store forgets finished orders, never open ones", () => {
  const store = new OrderStore({ limit: 2 });
  store.fold("open", event(1));
  for (const id of ["b", "c"]) LIFE.forEach((_, index) => store.fold(id, event(index + 1)));
  store.fold("d", event(1));
  assert.equal(store.get("b"), undefined);
  assert.deepEqual(store.openIds(), ["open", "d"]);
});

test("of the open orders, those are named of which nothing was heard for a while", () => {
  let now = 0;
  const store = new OrderStore({ now: () => now });
  store.fold("a", event(1));
  now = 15_000;
  store.fold("b", event(1));
  now = 20_000;
  assert.deepEqual(store.openIds(20_000), ["a"]);
  assert.deepEqual(store.openIds(), ["a", "b"]);
});

function catchUp({ answers = () => { throw Object.assign(new Error(), { retryable: false }); }, live = true } = {}) {
  const time = new FakeTime();
  const store = new OrderStore();
  const sent = [];
  const fetched = [];
  const progress = [];
  const unit = new CatchUp({
    store,
    send: (message) => live && Boolean(sent.push(message)),
    fetchOrder: async (id) => { fetched.push(id); return answers(id); },
    onProgress: ({ done, total }) => progress.push(`${done}/${total}`),
    world: time.world,
  });
  return { time, store, sent, fetched, progress, unit };
}

test("resuming asks from the last known step on, takes the snapshot and lets go of the subscription", () => {
  const { store, sent, progress, unit } = catchUp();
  store.place("a", TERMS);
  [1, 2].forEach((seq) => store.fold("a", event(seq)));
  unit.resume(["a"]);
  assert.deepEqual(sent, [{ action: "subscribe", orderId: "a", afterSeq: 2 }]);
  store.foldAll("a", [event(3), event(4), event(5)], 5, "confirmed");
  unit.snapshot("a");
  assert.deepEqual(sent[1], { action: "unsubscribe", orderId: "a" });
  assert.equal(store.isComplete("a"), true);
  assert.deepEqual([progress.at(0), progress.at(-1)], ["0/1", "0/0"]);
});

test("a snapshot in parts is waited for", () => {
  const { store, sent, unit } = catchUp();
  store.place("a", TERMS);
  unit.resume(["a"]);
  store.foldAll("a", [event(1), event(2)], 5, "confirmed");
  unit.snapshot("a");
  assert.equal(sent.length, 1);
  store.foldAll("a", [event(3), event(4), event(5)], 5, "confirmed");
  unit.snapshot("a");
  assert.equal(sent.at(-1).action, "unsubscribe");
});

test("only some orders are asked for at a time, all of them in the end", () => {
  const { store, sent, unit } = catchUp();
  const ids = Array.from({ length: 20 }, (_, index) => `order-${index}`);
  for (const id of ids) { store.place(id, TERMS); store.fold(id, event(1)); }
  unit.resume(ids);
  const subscribed = () => sent.filter(({ action }) => action === "subscribe").map(({ orderId }) => orderId);
  assert.equal(subscribed().length, 6);
  for (const id of ids) unit.snapshot(id);
  assert.deepEqual(subscribed(), ids);
});

test("without an answer over the socket the order is read over HTTP", async () => {
  const whole = { id: "a", ...TERMS, version: 5, status: "confirmed", events: LIFE.map((_, index) => event(index + 1)) };
  const { time, store, fetched, sent, unit } = catchUp({ answers: () => whole });
  store.place("a", TERMS);
  unit.resume(["a"]);
  await time.pass(2_900);
  assert.deepEqual(fetched, []);
  await time.pass(200);
  assert.deepEqual(fetched, ["a"]);
  assert.equal(store.isComplete("a"), true);
  assert.equal(sent.at(-1).action, "unsubscribe");
});

test("a gap that closes by itself is not asked about; one that stays is", async () => {
  const { time, store, sent, unit } = catchUp();
  for (const id of ["a", "b"]) { store.place(id, TERMS); store.fold(id, event(2)); unit.want(id); }
  store.fold("a", event(1));
  await time.pass(400);
  assert.deepEqual(sent, [{ action: "subscribe", orderId: "b", afterSeq: 0 }]);
});

test("what asking does not complete is not asked about again until it changes", async () => {
  const { time, store, fetched, unit } = catchUp({ live: false });
  store.fold("a", event(2));
  for (let round = 0; round < 3; round += 1) { unit.want("a"); await time.pass(1_000); }
  assert.deepEqual(fetched, ["a"]);
  store.fold("a", event(4));
  unit.want("a");
  await time.pass(1_000);
  assert.deepEqual(fetched, ["a", "a"]);
});

test("the wait before a reconnect doubles up to half a minute, with jitter", () => {
  assert.deepEqual([0, 1, 2, 3].map((attempt) => backoff(attempt, () => 1)), [500, 1000, 2000, 4000]);
  assert.equal(backoff(50, () => 1), 30_000);
  assert.equal(backoff(3, () => 0), 2000);
});

/** Let everything that waits for nothing but promises happen. */
const settle = () => new Promise(setImmediate);

function stream(address = () => "ws://test") {
  const time = new FakeTime();
  const sockets = [];
  const states = [];
  const messages = [];
  const open = (url) => {
    const socket = { url, readyState: 0, sent: [], send: (text) => socket.sent.push(JSON.parse(text)), close: () => { socket.readyState = 3; } };
    sockets.push(socket);
    return socket;
  };
  const live = new LiveStream({
    address, onState: ({ name }) => states.push(name), onMessage: (message) => messages.push(message),
    world: { ...time.world, open, random: () => 1 },
  });
  const accept = (socket) => { socket.readyState = 1; socket.onopen(); };
  const connect = async () => { live.connect(); await settle(); };
  return { time, sockets, states, messages, live, accept, connect };
}

test("a closed connection is opened again, later each time, and at once when asked", async () => {
  const { time, sockets, states, connect } = stream();
  await connect();
  sockets[0].onclose();
  await time.pass(499);
  assert.equal(sockets.length, 1);
  await time.pass(1);
  sockets[1].onclose();
  await time.pass(999);
  assert.equal(sockets.length, 2);
  await connect();
  assert.equal(sockets.length, 3);
  await time.pass(5_000);
  assert.equal(sockets.length, 3);
  assert.deepEqual(states, ["connecting", "waiting", "connecting", "waiting", "connecting"]);
});

test("a connection that lasted starts the waits over", async () => {
  const { time, sockets, connect, accept } = stream();
  await connect();
  for (let index = 0; index < 4; index += 1) { sockets.at(-1).onclose(); await time.pass(30_000); }
  accept(sockets.at(-1));
  await time.pass(6_000);
  const before = sockets.length;
  sockets.at(-1).onclose();
  await time.pass(500);
  assert.equal(sockets.length, before + 1);
});

test("what an abandoned connection still says is not heard", async () => {
  const { sockets, messages, connect, accept } = stream();
  await connect();
  accept(sockets[0]);
  await connect();
  sockets[0].onmessage({ data: '{"type":"pong"}' });
  sockets[0].onclose();
  accept(sockets[1]);
  sockets[1].onmessage({ data: '{"type":"subscribed"}' });
  sockets[1].onmessage({ data: "no JSON" });
  assert.deepEqual(messages, [{ type: "subscribed" }]);
  assert.equal(sockets.length, 2);
});

test("a silent connection is pinged every four minutes, and given up without an answer", async () => {
  const { time, sockets, states, connect, accept } = stream();
  await connect();
  accept(sockets[0]);
  await time.pass(240_000);
  assert.deepEqual(sockets[0].sent, [{ action: "ping" }]);
  sockets[0].onmessage({ data: '{"type":"pong"}' });
  await time.pass(240_000);
  assert.equal(states.at(-1), "open");
  await time.pass(10_000);
  assert.equal(states.at(-1), "waiting");
});

test("each connection has an address of its own, and none by which it failed", async () => {
  let asked = 0;
  const { time, sockets, states, connect } = stream(async () => {
    asked += 1;
    if (asked === 2) throw new Error("no ticket");
    return `ws://test?ticket=${asked}`;
  });
  await connect();
  sockets[0].onclose();
  await time.pass(500);
  assert.equal(states.at(-1), "waiting");
  await time.pass(1_000);
  assert.deepEqual(sockets.map(({ url }) => url), ["ws://test?ticket=1", "ws://test?ticket=3"]);
});

test("an address that comes too late is not used, and null ends it", async () => {
  const answers = [];
  const { time, sockets, states, live, connect } = stream(() => new Promise((resolve) => { answers.push(resolve); }));
  await connect();
  await connect();
  answers[1]("ws://second");
  answers[0]("ws://first");
  await settle();
  assert.deepEqual(sockets.map(({ url }) => url), ["ws://second"]);
  live.connect();
  await settle();
  answers[2](null);
  await time.pass(60_000);
  assert.deepEqual([sockets.length, states.at(-1)], [1, "stopped"]);
});

test("a stopped stream does not come back, also when an address was on its way", async () => {
  const answers = [];
  const { time, sockets, live, connect } = stream(() => new Promise((resolve) => { answers.push(resolve); }));
  await connect();
  live.stop();
  answers[0]("ws://late");
  await time.pass(60_000);
  assert.deepEqual(sockets, []);
});

test("amounts are written exactly, however long they are", () => {
  assert.equal(amount("18446744073.709551615"), "18\u202f446\u202f744\u202f073.709551615");
  assert.equal(amount("0.000000001"), "0.000000001");
  assert.equal(shortAmount("0.000000148123456"), "0.000000148123");
  assert.equal(shortAmount("1234567.891"), "1\u202f234\u202f567.89");
  assert.deepEqual([42, 1284, 61_000].map(duration), ["42 ms", "1.28 s", "1 min 01 s"]);
});

test("percentages become fractions digit by digit; what is no number is sent as typed", () => {
  const pairs = { 1: "0.01", "0.5": "0.005", 100: "1", 0: "0", "0.29": "0.0029", " 3 %": "0.03", ".5": "0.005", abc: "abc", "": "", "1e2": "1e2", "-1": "-0.01" };
  for (const [typed, fraction] of Object.entries(pairs)) assert.equal(percentToFraction(typed), fraction, typed);
});

function retried() {
  const store = new OrderStore();
  const error = { code: "simulation_failed", message: "no" };
  const life = [event(1, "pending"), event(2, "routing"), event(3, "pending", { attempt: 2, error }), event(4, "routing"),
    event(5, "building", { venue: "meteora", quotes: [{ venue: "meteora", amountOut: "101" }, { venue: "raydium", amountOut: "100" }] })];
  store.load({ id: "a", ...TERMS, version: 5, status: "building", events: life });
  return store.get("a");
}

test("the row's steps are those of the current attempt", () => {
  const order = retried();
  assert.deepEqual(steps(order).map(({ state }) => state), ["done", "done", "now", "todo", "todo"]);
  assert.deepEqual(steps(order).map(({ took }) => took), [100, 100, null, null, null]);
  assert.equal(timeline(order).length, 5);
  assert.equal(retries(order).length, 1);
  assert.ok(Math.abs(advantage(execution(order).building) - 0.01) < 1e-9);
});

test("an order that failed early shows what it did not reach", () => {
  const store = new OrderStore();
  [event(1), event(2), event(3, "failed", { error: { code: "no_liquidity", message: "no" }, attempts: 1 })].forEach((one) => store.fold("a", one));
  assert.deepEqual(steps(store.get("a")).map(({ status, state }) => `${status} ${state}`),
    ["pending done", "routing done", "building skipped", "submitted skipped", "failed ended"]);
});

test("the charts' figures", () => {
  const store = new OrderStore();
  for (const [index, venue] of ["raydium", "meteora", "meteora"].entries()) {
    LIFE.forEach((_, step) => store.fold(`o${index}`, event(step + 1, LIFE[step], step === 4 ? { venue } : {})));
  }
  const orders = store.newestFirst();
  assert.deepEqual(confirmTimes(orders), [400, 400, 400]);
  assert.deepEqual(venueShare(orders), [{ venue: "meteora", count: 2 }, { venue: "raydium", count: 1 }]);
  const buckets = perSecond(orders, Date.parse(at(2_000)), 2);
  assert.deepEqual(buckets.map(({ accepted, confirmed }) => [accepted, confirmed]), [[3, 3], [0, 0]]);
  assert.equal(quantile([1, 2, 3, 4], 0.5), 3);
  const { bins } = histogram([100, 110, 120, 900, 5000]);
  assert.equal(bins.reduce((sum, bin) => sum + bin.count, 0), 5);
});

test("a status that is not known is shown as text, and the order is neither finished nor cancelled from here", () => {
  const store = new OrderStore();
  store.fold("a", event(1, "resting_quietly", { because: "later" }));
  const order = store.get("a");
  assert.equal(order.status, "resting_quietly");
  assert.deepEqual([isTerminal(order.status), isCancellable(order.status)], [false, false]);
  assert.deepEqual(store.openIds(), ["a"]);
  assert.deepEqual(steps(order).map(({ state }) => state), Array(5).fill("todo"));
  assert.equal(stepSummary(order.events[0], order), "");
  const badge = statusBadge(order.status);
  assert.equal(badge.textContent, "Resting quietly");
  assert.equal("title" in badge.attributes, false);
  LIFE.forEach((status, index) => store.fold("a", event(index + 2, status)));
  assert.equal(store.get("a").status, "confirmed");
  assert.deepEqual(steps(store.get("a")).map(({ state }) => state), ["done", "done", "done", "done", "ended"]);
});

test("messages of types and with fields that are not known change nothing else", () => {
  const { store, unit, sent } = catchUp();
  const receive = (message) => applyMessage(message, { store, catchUp: unit });
  for (const message of [{ type: "price", pair: "SOL/USDC", price: "1", at: at(0) }, { type: "constructor", orderId: "a" },
    { type: "fill", orderId: "a", seq: 1, status: "confirmed" }, { orderId: "a" }, {}]) receive(message);
  assert.deepEqual([store.size, sent], [0, []]);
  receive({ type: "status_update", orderId: "a", ...event(1, "pending", { ...TERMS, mood: "good" }), colour: "red" });
  receive({ type: "snapshot", orderId: "a", seq: 2, status: "routing", events: [{ ...event(2), colour: "red" }], colour: "red" });
  assert.equal(store.get("a").status, "routing");
  assert.equal(store.seq("a"), 2);
  store.load({ id: "a", ...TERMS, version: 2, status: "routing", createdAt: at(100), mood: "good" });
  assert.equal(store.isComplete("a"), true);
  assert.equal(store.get("a").terms.tokenIn, "SOL");
});

test("a venue that is not known is shown by its name, beside any number of others", () => {
  const quotes = ["raydium", "orca_whirlpool", "meteora"].map((venue, index) => ({ venue, amountOut: String(100 + index) }));
  const section = quotesSection({ terms: TERMS }, { venue: "meteora", quotes, reason: "more", quotedAmountOut: "102", minAmountOut: "101" });
  const cards = section.all.filter((element) => "data-venue" in element.attributes);
  assert.deepEqual(cards.map(({ attributes }) => attributes["data-venue"]), ["meteora", "orca_whirlpool", "raydium"]);
  assert.ok(cards[1].textContent.startsWith(title("orca_whirlpool")));
  assert.equal(title("orca_whirlpool"), "Orca whirlpool");
  assert.ok(Math.abs(advantage({ venue: "meteora", quotes }) - (102 / 101 - 1)) < 1e-9);
});

test("of all files only the design tokens name a venue", () => {
  const naming = readdirSync(DASHBOARD).filter((name) => /raydium|meteora/i.test(readFileSync(new URL(name, DASHBOARD), "utf8")));
  assert.deepEqual(naming, ["tokens.css"]);
});
