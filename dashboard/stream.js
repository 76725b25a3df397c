// A WebSocket that comes back: exponential backoff with jitter, keep-alive, and a try at once when asked to.
// It knows nothing of orders; what to do after (re)connecting is up to whoever listens.

import { backoff } from "./backoff.js";

const PING_EVERY = 4 * 60_000; // API Gateway closes connections that are silent for ten minutes
const PONG_WITHIN = 10_000;
const OPEN_WITHIN = 10_000;
const STEADY_AFTER = 5_000; // a connection that lasted this long starts the backoff over

export class LiveStream {
  #address;
  #onState;
  #onMessage;
  #socket = null;
  #dialling = null;
  #attempt = 0;
  #timers = new Map();
  #world;

  /**
   * @param address returns where to connect, or a promise of it: asked for each connection, as each may need a ticket.
   *   Without an answer this counts as a failed connection; null means that there is no use in trying again.
   * @param onState called with {name: "connecting" | "open" | "waiting" | "stopped", attempt, delay}
   * @param onMessage called with each parsed message
   * @param world WebSocket, setTimeout, clearTimeout, random: replaced in tests
   */
  constructor({ address, onState, onMessage, world = {} }) {
    this.#address = address;
    this.#onState = onState;
    this.#onMessage = onMessage;
    this.#world = {
      open: (address) => new WebSocket(address),
      setTimeout: (call, ms) => setTimeout(call, ms),
      clearTimeout: (timer) => clearTimeout(timer),
      random: Math.random,
      ...world,
    };
  }

  /** Connect now: the first time, or without waiting for the next try. A live connection is dropped for a new one. */
  connect() {
    this.#drop();
    this.#onState({ name: "connecting", attempt: this.#attempt });
    this.#dial();
  }

  /** Let the connection go, and do not come back by oneself. */
  stop() {
    this.#drop();
    this.#onState({ name: "stopped", attempt: this.#attempt });
  }

  async #dial() {
    const dialling = {};
    this.#dialling = dialling;
    const current = (act) => (result) => { if (this.#dialling === dialling) act(result); };
    const found = current((address) => (address === null ? this.stop() : this.#open(address)));
    await Promise.resolve().then(this.#address).then(found, current(() => this.#retry()));
  }

  #open(address) {
    try {
      this.#socket = this.#world.open(address);
    } catch {
      this.#retry();
      return;
    }
    const socket = this.#socket;
    const current = (act) => (event) => { if (this.#socket === socket) act(event); };
    socket.onopen = current(() => this.#opened());
    socket.onmessage = current((event) => this.#received(event.data));
    socket.onclose = current(() => this.#retry());
    this.#after("open", OPEN_WITHIN, () => this.#retry());
  }

  /** Send a message, if the connection is open. Returns whether it was sent. */
  send(message) {
    if (this.#socket?.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Find out whether the connection is still alive, say after the computer was asleep. */
  check() {
    if (!this.send({ action: "ping" })) return;
    this.#after("pong", PONG_WITHIN, () => this.#retry());
  }

  #opened() {
    this.#cancel("open");
    this.#after("steady", STEADY_AFTER, () => { this.#attempt = 0; });
    this.#pingLater();
    this.#onState({ name: "open", attempt: this.#attempt });
  }

  #received(text) {
    this.#cancel("pong"); // whatever comes, the connection is alive
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return; // not ours
    }
    if (message && typeof message === "object") this.#onMessage(message);
  }

  #pingLater() {
    this.#after("ping", PING_EVERY, () => {
      this.check();
      this.#pingLater();
    });
  }

  #retry() {
    this.#drop();
    const delay = backoff(this.#attempt, this.#world.random);
    this.#attempt += 1;
    this.#after("retry", delay, () => this.connect());
    this.#onState({ name: "waiting", attempt: this.#attempt, delay });
  }

  #drop() {
    for (const name of [...this.#timers.keys()]) this.#cancel(name);
    const socket = this.#socket;
    this.#socket = null; // its late events are not ours any more
    this.#dialling = null;
    socket?.close();
  }

  #after(name, ms, call) {
    this.#cancel(name);
    this.#timers.set(name, this.#world.setTimeout(call, ms));
  }

  #cancel(name) {
    this.#world.clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}
