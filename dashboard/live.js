// The live stream of orders: subscribes to a channel, folds what comes, and resumes after each reconnect.

import { LiveStream } from "./stream.js";

const SUBSCRIBED_WITHIN = 2_000;
const LIST_LAG = 3_000; // the list is written a moment after the orders: look once more
const POLL_EVERY = 2_500;
const POLLED_AT_ONCE = 10;
const QUIET = 20_000; // an order of which nothing is heard for so long is asked about, in case a push was lost

/** The WebSocket address that the server wrote into the page; null where it has none. */
function address() {
  const content = document.querySelector("meta[name=websocket-url]")?.content.trim();
  if (!content || content.startsWith("{{")) return null;
  const url = new URL(content, document.baseURI);
  url.protocol = url.protocol.replace("http", "ws");
  return url;
}

/**
 * Take over what a message of the stream says about an order. The API may send types and fields that this page does
 * not know: they change nothing.
 */
export function applyMessage(message, { store, catchUp }) {
  const { type, orderId } = message;
  if (type === "status_update") {
    store.fold(orderId, message);
    if (store.hasGap(orderId)) catchUp.want(orderId);
  } else if (type === "snapshot") {
    store.foldAll(orderId, message.events ?? [], message.seq, message.status);
    catchUp.snapshot(orderId);
  }
}

export class Live {
  #store;
  #badge;
  #catchUp;
  #refreshList;
  #channel;
  #access;
  #polling;
  #stream = null;
  #state = "off";
  #subscribing;

  /**
   * @param channel `all`, or `user`: the orders of whoever is signed in
   * @param access {ticket(), tokenExpired()}: how to get a ticket for a connection, and whom to tell that the token has
   *   expired; null where authentication is off
   */
  constructor({ store, badge, catchUp, refreshList, channel, access }) {
    this.#store = store;
    this.#badge = badge;
    this.#catchUp = catchUp;
    this.#refreshList = refreshList;
    this.#channel = channel;
    this.#access = access;
  }

  /** Connect, and keep connected. */
  start() {
    const url = address();
    this.#polling = setInterval(() => this.#poll(), POLL_EVERY);
    if (!url) {
      this.#badge.show("off");
      return;
    }
    this.#stream = new LiveStream({
      address: () => this.#withTicket(url),
      onState: (state) => this.#stateChanged(state),
      onMessage: (message) => this.#received(message),
    });
    addEventListener("online", () => this.reconnect());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      if (this.#state === "waiting") this.reconnect();
      else this.#stream.check();
    });
    this.reconnect();
  }

  /** Connect now, instead of waiting or with a new connection instead of the present one. */
  reconnect() {
    if (this.#state !== "stopped") this.#stream?.connect();
  }

  /** Disconnect for good, and ask for nothing any more. */
  stop() {
    clearInterval(this.#polling);
    this.#state = "stopped";
    this.#stream?.stop();
  }

  /** Return the address with a ticket of its own for each connection; null when the session is over. */
  async #withTicket(url) {
    if (!this.#access) return url;
    try {
      const address = new URL(url);
      address.searchParams.set("ticket", await this.#access.ticket());
      return address;
    } catch (error) {
      if (error.status === 401) return null;
      throw error;
    }
  }

  /** Send a message, if the stream is live. Returns whether it was sent. */
  send(message) {
    return this.#state === "live" && this.#stream.send(message);
  }

  #stateChanged({ name, delay, attempt }) {
    clearTimeout(this.#subscribing);
    this.#state = name;
    this.#badge.show(name, { delay, attempt });
    if (name !== "open") return;
    this.#stream.send({ action: "subscribe", channel: this.#channel });
    this.#subscribing = setTimeout(() => this.#subscribed(), SUBSCRIBED_WITHIN);
  }

  /** From here on nothing is missed any more; so what was missed before can be asked for. */
  #subscribed() {
    if (this.#state !== "open") return;
    clearTimeout(this.#subscribing);
    this.#state = "live";
    this.#badge.show("live");
    this.#catchUp.resume(this.#store.openIds());
    this.#refreshList();
    setTimeout(() => this.#refreshList(), LIST_LAG);
  }

  /** Connect anew with a new token, before the server closes this connection. */
  #renew() {
    this.#access?.tokenExpired();
    this.reconnect();
  }

  #refused() {
    clearTimeout(this.#subscribing);
    this.#state = "refused";
    this.#badge.show("refused");
  }

  #received(message) {
    if (message.type === "error" && message.code === "token_expired") this.#renew();
    else if (message.type === "subscribed") this.#subscribed();
    else if (message.type === "error" && this.#state === "open") this.#refused();
    else applyMessage(message, { store: this.#store, catchUp: this.#catchUp });
  }

  /** Without a live stream, the orders that still move are read now and then; with it, only the quiet ones. */
  #poll() {
    if (document.hidden) return;
    const quiet = this.#state === "live" ? QUIET : 0;
    this.#catchUp.poll(this.#store.openIds(quiet).slice(0, POLLED_AT_ONCE));
  }
}
