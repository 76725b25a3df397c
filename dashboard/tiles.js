// Health and metrics tiles, asked for gently: not at all while the page is hidden, rarely where there is no answer.
// The metrics are about everybody's orders; who may not see those gets the figures of their own, from the page itself.

import { getHealth, getMetrics } from "./api.js";
import { byId, h, setAttribute, setText } from "./dom.js";
import { clockTime, count, duration, title } from "./format.js";
import { ownFigures } from "./own_figures.js";

const HEALTH_EVERY = 20_000;
const METRICS_EVERY = 5_000;
const WHEN_UNAVAILABLE = 60_000;

const HEALTH = ["health", "Health", "The API's own state"];
const EVERYBODYS = [
  HEALTH,
  ["waiting", "Queue waiting", "Messages that no worker has taken yet"],
  ["active", "In work", "Messages that a worker has taken"],
  ["delayed", "Delayed", "Messages that wait for a retry"],
  ["dead", "Dead letters", "Messages that could not be processed"],
  ["total", "Orders", "All orders ever accepted"],
  ["confirmed", "Confirmed", "Orders whose swap is on chain"],
  ["failed", "Failed", "Orders that ended without a swap"],
];
const OWN = [
  HEALTH,
  ["total", "Your orders", "Those of your orders that are in view"],
  ["open", "On their way", "Orders that have not ended"],
  ["confirmed", "Confirmed", "Orders whose swap is on chain"],
  ["failed", "Failed", "Orders that ended without a swap"],
  ["median", "Median time", "From acceptance to confirmation, of the orders in view"],
];
const GOOD = new Set(["healthy", "ok", "up", "pass", "available"]);

/** Call `ask` now and then again after the milliseconds that it returns, while the page is visible; until `signal`. */
function poll(ask, signal) {
  let timer;
  const run = async () => {
    clearTimeout(timer);
    if (document.hidden) return;
    const pause = await ask();
    clearTimeout(timer);
    if (!signal.aborted) timer = setTimeout(run, pause);
  };
  document.addEventListener("visibilitychange", run, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  run();
}

export class Tiles {
  #tiles = new Map();
  #everybodys;
  #polling = new AbortController();

  /** @param viewer who looks at the page: the metrics and the dependencies are for those who may see everything */
  constructor(viewer) {
    this.#everybodys = viewer.seesAll;
    const strip = byId("tiles");
    strip.dataset.scope = viewer.seesAll ? "all" : "own";
    strip.append(...(viewer.seesAll ? EVERYBODYS : OWN).map((tile) => this.#build(...tile)));
    poll(() => this.#health(), this.#polling.signal);
    if (!viewer.seesAll) return;
    this.#addDependencyCheck();
    poll(() => this.#metrics(), this.#polling.signal);
  }

  /** Ask for nothing any more; the tiles stay as they are. */
  stop() {
    this.#polling.abort();
  }

  /** Show the figures of the orders in view, where the tiles are about those. */
  showOrders(store) {
    if (this.#everybodys) return;
    const { median, ...counts } = ownFigures(store.newestFirst());
    for (const [name, number] of Object.entries(counts)) this.#figure(name, number);
    this.#show("median", duration(median));
  }

  #build(name, label, explanation) {
    const value = h("dd", { class: "tile-value", "data-testid": `tile-${name}` }, "…");
    const note = h("dd", { class: "tile-note" });
    this.#tiles.set(name, { value, note });
    return h("dl", { class: "tile", "data-tile": name, title: explanation }, h("dt", {}, label), value, note);
  }

  #show(name, text, tone = null, note = "") {
    const tile = this.#tiles.get(name);
    setText(tile.value, text);
    setText(tile.note, note);
    setAttribute(tile.value.parentElement, "data-tone", tone);
  }

  #figure(name, number, tone = null) {
    if (Number.isFinite(number)) this.#show(name, count(number), tone);
    else this.#show(name, "not available", "none");
  }

  async #health() {
    try {
      const health = await getHealth();
      this.#show("health", title(health.status), GOOD.has(health.status) ? "good" : "bad", `at ${clockTime(health.timestamp)}`);
      return HEALTH_EVERY;
    } catch (error) {
      const text = error.unavailable && error.status ? "not available" : "unreachable";
      this.#show("health", text, error.status ? "none" : "bad");
      return error.status ? WHEN_UNAVAILABLE : HEALTH_EVERY;
    }
  }

  async #metrics() {
    let metrics = {};
    try {
      metrics = await getMetrics();
    } catch (error) {
      if (error.code === "session_ended") return WHEN_UNAVAILABLE; // the figures stay, as the whole page does
    } // otherwise each tile says so
    const { queue = {}, orders = {} } = metrics;
    for (const name of ["waiting", "active", "delayed"]) this.#figure(name, queue[name]);
    this.#figure("dead", queue.failed, queue.failed > 0 ? "bad" : null);
    for (const name of ["total", "confirmed", "failed"]) this.#figure(name, orders[name] ?? (orders.total >= 0 ? 0 : NaN));
    return metrics.queue ?? metrics.orders ? METRICS_EVERY : WHEN_UNAVAILABLE;
  }

  #addDependencyCheck() {
    const panel = byId("dependencies");
    const button = h("button", {
      type: "button", class: "button quiet small", "aria-expanded": "false", "aria-controls": "dependencies",
      "data-testid": "check-dependencies",
    }, "Check all");
    button.addEventListener("click", async () => {
      const open = button.getAttribute("aria-expanded") !== "true";
      button.setAttribute("aria-expanded", String(open));
      panel.hidden = !open;
      if (open) panel.replaceChildren(...(await this.#dependencies()));
    });
    this.#tiles.get("health").note.after(h("dd", { class: "tile-action" }, button));
  }

  async #dependencies() {
    byId("dependencies").replaceChildren(h("p", { role: "status" }, "Asking every dependency…"));
    try {
      const health = await getHealth({ deep: true });
      const found = Object.entries(health.dependencies ?? health.checks ?? {});
      const list = h("ul", { class: "dependency-list" }, found.map(([name, check]) => dependency(name, check)));
      return found.length ? [h("h3", {}, "Dependencies"), list] : [h("p", {}, "The API names no dependencies.")];
    } catch (error) {
      return [h("p", { role: "status" }, error.unavailable ? "The deep health check is not available." : error.message)];
    }
  }
}

/** One dependency: its check is a word, or an object with status and perhaps how long it took and what was wrong. */
function dependency(name, check) {
  const status = typeof check === "object" && check ? check.status : check;
  const took = check?.latencyMs ?? check?.durationMs;
  const words = [title(status), took === undefined ? null : duration(Number(took)), check?.error ?? check?.message];
  return h("li", { "data-tone": GOOD.has(status) ? "good" : "bad" },
    h("span", { class: "dot", "aria-hidden": "true" }), h("strong", {}, title(name)), " ", words.filter(Boolean).join(", "));
}
