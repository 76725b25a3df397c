// The table of orders: newest first, kept up to date row by row.

import { statusBadge, stepList, swapText } from "./badges.js";
import { engineNow } from "./clock.js";
import { byId, h, setText } from "./dom.js";
import { clockTime, dateTime, duration, shortId, title } from "./format.js";
import { attempts, execution, isCancellable, isTerminal, steps, totalTime } from "./order.js";
import { mayCancel } from "./viewer.js";

const PAGE = 50;
const FILTERS = {
  all: { label: "All", accepts: () => true },
  open: { label: "Open", accepts: (order) => !isTerminal(order.status) },
  confirmed: { label: "Confirmed", accepts: (order) => order.status === "confirmed" },
  failed: { label: "Failed", accepts: (order) => order.status === "failed" },
  cancelled: { label: "Cancelled", accepts: (order) => order.status === "cancelled" },
};

export class OrdersTable {
  #body = byId("orders-body");
  #rows = new Map();
  #onScreen = new Set();
  #filter = "all";
  #limit = PAGE;
  #store;
  #actions;
  #viewer;
  #observer;
  #ticking;

  /**
   * @param actions open(id), cancel(id), need(id): a row on screen lacks something, older(): load older orders
   * @param viewer who looks at the page: whose orders they may cancel, and whether to say whose each is
   */
  constructor(store, actions, viewer) {
    this.#store = store;
    this.#actions = actions;
    this.#viewer = viewer;
    this.#observer = new IntersectionObserver((entries) => this.#scrolled(entries));
    byId("filters").append(...Object.entries(FILTERS).map(([name, { label }]) => this.#filterButton(name, label)));
    byId("show-more").addEventListener("click", () => this.#showMore());
    this.#ticking = setInterval(() => this.#tick(), 100);
  }

  /** Let the rows be as they are: the times of open orders do not run on. */
  freeze() {
    clearInterval(this.#ticking);
  }

  /** Bring the table up to date; `changed` holds the ids of orders that are not as they were. */
  render(changed = new Set()) {
    const orders = this.#store.newestFirst().filter(FILTERS[this.#filter].accepts);
    const shown = orders.slice(0, this.#limit);
    const focused = document.activeElement;
    this.#removeAllBut(new Set(shown.map((order) => order.id)));
    let place = this.#body.firstElementChild;
    for (const order of shown) {
      const row = this.#row(order, changed.has(order.id));
      if (row.element === place) place = place.nextElementSibling;
      else this.#body.insertBefore(row.element, place);
    }
    if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
    byId("show-more").hidden = orders.length <= this.#limit && !this.#actions.hasOlder();
    byId("orders-empty").hidden = shown.length > 0;
    setText(byId("orders-empty"), this.#filter === "all" ? "No orders yet. Place one and watch its steps." : "No such orders.");
  }

  #filterButton(name, label) {
    const press = () => {
      this.#filter = name;
      for (const button of byId("filters").children) button.setAttribute("aria-pressed", String(button.value === name));
      this.render();
    };
    const pressed = String(name === this.#filter);
    return h("button", { type: "button", value: name, "aria-pressed": pressed, "data-testid": `filter-${name}`, on: { click: press } }, label);
  }

  async #showMore() {
    this.#limit += PAGE;
    if (this.#store.size < this.#limit) await this.#actions.older();
    this.render();
  }

  #row(order, changed) {
    let row = this.#rows.get(order.id);
    if (!row) {
      row = new Row(order, this.#actions, this.#viewer);
      this.#rows.set(order.id, row);
      this.#observer.observe(row.element);
    } else if (changed) {
      row.update(order);
    }
    if (changed && this.#onScreen.has(order.id)) this.#actions.need(order.id);
    return row;
  }

  #removeAllBut(ids) {
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue;
      this.#observer.unobserve(row.element);
      row.element.remove();
      this.#rows.delete(id);
      this.#onScreen.delete(id);
    }
  }

  #scrolled(entries) {
    for (const { target, isIntersecting } of entries) {
      const id = target.dataset.orderId;
      if (!isIntersecting) this.#onScreen.delete(id);
      else {
        this.#onScreen.add(id);
        this.#actions.need(id);
      }
    }
  }

  #tick() {
    for (const id of this.#onScreen) {
      const order = this.#store.get(id);
      if (order && !isTerminal(order.status)) this.#rows.get(id)?.tick(order);
    }
  }
}

class Row {
  constructor(order, actions, viewer) {
    this.viewer = viewer;
    const cell = (name, ...children) => h("td", { role: "cell", class: `cell-${name}` }, ...children);
    const open = () => actions.open(order.id);
    const stop = (act) => (event) => { event.stopPropagation(); act(); };
    this.id = h("button", { type: "button", class: "link mono", "data-testid": "open-order", on: { click: stop(open) } });
    this.time = h("time", {});
    this.owner = h("span", { class: "owner", "data-testid": "owner" });
    this.swap = cell("swap");
    this.status = cell("status");
    this.steps = cell("steps");
    this.venue = cell("venue");
    this.total = cell("total number");
    this.cancel = h("button", { type: "button", class: "button small", "data-testid": "cancel-row", on: { click: stop(() => actions.cancel(order.id)) } }, "Cancel");
    this.element = h("tr", { role: "row", "data-order-id": order.id, "data-testid": "order-row", on: { click: open } },
      cell("id", this.id, this.time, this.owner), this.swap, this.status, this.steps, this.venue, this.total,
      cell("actions", this.cancel));
    setText(this.id, shortId(order.id));
    this.id.setAttribute("aria-label", `Order ${shortId(order.id)}, details`);
    this.cancel.setAttribute("aria-label", `Cancel order ${shortId(order.id)}`);
    this.update(order);
  }

  update(order) {
    const { venue, amountOut, error } = execution(order);
    const tries = attempts(order);
    this.element.dataset.status = order.status;
    this.element.classList.toggle("mine", order.mine);
    setText(this.time, clockTime(order.createdAt));
    this.time.dateTime = order.createdAt ?? "";
    this.time.title = dateTime(order.createdAt);
    setText(this.swap, swapText(order, amountOut));
    this.swap.title = swapText(order, amountOut, true);
    this.status.replaceChildren(statusBadge(order.status), tries > 1 ? h("span", { class: "tries" }, `try ${tries}`) : "");
    this.status.title = error ? error.message : "";
    this.steps.replaceChildren(stepList(steps(order)));
    setText(this.venue, venue && !isCancellable(order.status) ? title(venue) : "–"); // an earlier attempt's says nothing
    this.element.dataset.seq = String(order.events.length);
    setText(this.total, duration(totalTime(order)));
    this.cancel.hidden = !isCancellable(order.status) || !mayCancel(this.viewer, order);
    this.#showOwner(order.terms?.userId);
  }

  /** Say whose order it is to those who see other people's. */
  #showOwner(userId) {
    this.owner.hidden = !this.viewer.admin || !userId;
    if (this.owner.hidden) return;
    setText(this.owner, userId === this.viewer.subject ? "yours" : `by ${userId.slice(0, 8)}`);
    this.owner.title = userId;
  }

  /** Let the time of an order that has not ended run on. */
  tick(order) {
    const start = Date.parse(order.createdAt);
    if (order.events.length) setText(this.total, duration(Math.max(engineNow() - start, totalTime(order) ?? 0)));
  }
}
