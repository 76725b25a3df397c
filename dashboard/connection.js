// The connection badge: what state the live stream is in, and the way to bring it back at once.

import { byId, setText } from "./dom.js";

const LABELS = {
  off: "Live updates are not set up",
  connecting: "Connecting",
  waiting: "Reconnecting",
  open: "Subscribing",
  refused: "Live updates were refused",
  stopped: "Not live",
  live: "Live",
};

export class ConnectionBadge {
  #state = "connecting";
  #retryAt = 0;
  #attempt = 0;
  #progress = { done: 0, total: 0 };

  constructor({ onReconnect }) {
    byId("reconnect").addEventListener("click", onReconnect);
    setInterval(() => this.#countdown(), 250);
  }

  /** Show a state: off, connecting, waiting (with delay and attempt), open, live, refused or stopped. */
  show(name, { delay = 0, attempt = 0 } = {}) {
    this.#state = name;
    this.#attempt = attempt;
    this.#retryAt = performance.now() + delay;
    this.#draw();
  }

  /** Show how far the catching up is; nothing where total is 0. */
  progress(progress) {
    this.#progress = progress;
    this.#draw();
  }

  #draw() {
    const { done, total } = this.#progress;
    const catching = this.#state === "live" && total > 0;
    const badge = byId("connection");
    badge.dataset.state = catching ? "catching-up" : this.#state;
    byId("reconnect").hidden = this.#state === "off" || this.#state === "stopped";
    setText(byId("connection-text"), catching ? `Catching up ${done} of ${total}` : LABELS[this.#state]);
    const bar = byId("catch-up");
    bar.hidden = !catching;
    if (catching) Object.assign(bar, { max: total, value: done });
    this.#countdown();
  }

  #countdown() {
    const seconds = Math.ceil((this.#retryAt - performance.now()) / 1000);
    const waiting = this.#state === "waiting" && seconds > 0;
    setText(byId("connection-countdown"), waiting ? `in ${seconds} s, try ${this.#attempt}` : "");
  }
}
