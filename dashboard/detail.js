// One order in full: receipt, quotes, every step, retries with their reasons, the transaction.

import { swapText, statusBadge } from "./badges.js";
import { byId, h, replaceKeepingFocus } from "./dom.js";
import { amount, clockTime, dateTime, duration, percent, slippage, title } from "./format.js";
import { execution, isCancellable, retries, timeline, totalTime } from "./order.js";
import { copyButton, hash, pairs, reason, stepSummary } from "./detail_parts.js";
import { ofAttempt, quotesSection } from "./quotes.js";
import { mayCancel } from "./viewer.js";

export class OrderDetail {
  #dialog = byId("detail");
  #head = h("header", { class: "detail-head" });
  #body = h("div", { class: "detail-body", tabindex: "-1" });
  #actions;
  #viewer;
  #id = null;
  #drawn = null;

  /**
   * @param actions cancel(id), closed(): the sheet was closed
   * @param viewer who looks at the page, and so which orders may be cancelled
   */
  constructor(actions, viewer) {
    this.#actions = actions;
    this.#viewer = viewer;
    this.#dialog.append(this.#head, this.#body);
    this.#dialog.addEventListener("close", () => { this.#id = null; actions.closed(); });
    this.#dialog.addEventListener("click", (event) => { if (event.target === this.#dialog) this.close(); });
  }

  get id() {
    return this.#id;
  }

  /** Open the sheet for an order, or for an id that is still being looked for (`order` undefined). */
  show(id, order) {
    this.#id = id;
    this.#drawn = null;
    if (order) this.update(order);
    else this.message(id, "Looking for the order…");
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#body.scrollTop = 0;
    this.#dialog.querySelector("#detail-title").focus();
  }

  close() {
    if (this.#dialog.open) this.#dialog.close();
  }

  /** Say something in place of the order. */
  message(id, text) {
    this.#drawHead(id, h("h2", { id: "detail-title", tabindex: "-1", "data-focus": "title" }, "Order"), null);
    this.#body.replaceChildren(h("p", { class: "empty", role: "status" }, text));
  }

  /** Show the order as it is now; when nothing about it is new, leave the page alone. */
  update(order) {
    const print = JSON.stringify([order.terms, order.status, order.events, order.summary]);
    if (print === this.#drawn) return;
    this.#drawn = print;
    const facts = execution(order);
    const heading = h("h2", { id: "detail-title", tabindex: "-1", "data-focus": "title" }, swapText(order, facts.amountOut));
    this.#drawHead(order.id, heading, order);
    replaceKeepingFocus(this.#body,
      failureSection(facts), receiptSection(order, facts), quotesSection(order, facts.building),
      timelineSection(order), retriesSection(order), transactionSection(facts), termsSection(order), poolSection(facts));
  }

  #drawHead(id, heading, order) {
    const close = h("button", {
      type: "button", class: "button icon", "aria-label": "Close", "data-testid": "close-detail", "data-focus": "close",
      on: { click: () => this.close() },
    }, "×");
    const cancel = h("button", {
      type: "button", class: "button danger small", "data-testid": "cancel-order", "data-focus": "cancel",
      on: { click: () => this.#actions.cancel(id) },
    }, "Cancel order");
    replaceKeepingFocus(this.#head,
      h("div", { class: "detail-title-row" }, heading, close),
      h("div", { class: "detail-sub" }, order && statusBadge(order.status), h("span", { class: "mono wrap" }, id),
        copyButton(id, "order id"), order && isCancellable(order.status) && mayCancel(this.#viewer, order) && cancel));
  }
}

const section = (name, heading, ...children) =>
  h("section", { class: "detail-section", "data-testid": `detail-${name}`, "aria-label": heading }, h("h3", {}, heading), ...children);

function failureSection({ error, attempts, cancelledBy }) {
  if (cancelledBy) return h("p", { class: "alert calm", "data-testid": "detail-cancelled" }, `Cancelled by ${cancelledBy}. Nothing was sent.`);
  if (!error) return null;
  const after = attempts ? ` after ${attempts} ${attempts === 1 ? "attempt" : "attempts"}` : "";
  return h("div", { class: "alert", "data-testid": "detail-error" }, h("strong", {}, `Failed${after}`), reason(error));
}

function receiptSection(order, facts) {
  if (order.status !== "confirmed") return null;
  const { tokenIn = "", tokenOut = "", slippage: tolerated } = order.terms ?? {};
  return section("receipt", "Receipt", pairs([
    ["Received", `${amount(facts.amountOut)} ${tokenOut}`, "strong"],
    ["Executed price", `${amount(facts.executedPrice)} ${tokenOut} per ${tokenIn}`],
    ["Venue", facts.venue && title(facts.venue)],
    ["Fee", `${amount(facts.fee)} ${tokenIn}`],
    ["Price impact", percent(facts.priceImpact)],
    ["Slippage", facts.slippageBps === null ? null : `${slippage(facts.slippageBps)}; ${percent(tolerated)} tolerated`],
    ["Time to confirm", duration(totalTime(order))],
  ]));
}

function timelineSection(order) {
  const events = timeline(order);
  if (!events.length) return section("timeline", "Steps", h("p", { class: "note" }, "The steps are not known yet."));
  return section("timeline", "Steps", h("ol", { class: "timeline", role: "list" }, events.map((event) =>
    h("li", { role: "listitem", "data-status": event.status, "data-testid": "timeline-step", "data-seq": event.seq },
      h("span", { class: "timeline-mark", "aria-hidden": "true" }),
      h("div", { class: "timeline-line" },
        h("strong", {}, title(event.status)),
        h("span", { class: "took" }, event.took === null ? "" : duration(event.took)),
        h("time", { class: "mono", datetime: event.timestamp, title: dateTime(event.timestamp) }, clockTime(event.timestamp, true))),
      h("p", { class: "timeline-note" }, stepSummary(event, order))))));
}

function retriesSection(order) {
  const found = retries(order);
  if (!found.length) return null;
  return section("retries", "Retries", h("ol", { class: "retries", role: "list" }, found.map(({ data }) =>
    h("li", { role: "listitem", "data-testid": "retry" },
      h("strong", {}, `Attempt ${data.attempt - 1} did not succeed`), reason(data.error),
      h("p", { class: "note" }, `Next attempt after ${data.delaySeconds} s, at ${clockTime(data.nextAttemptAt, true)}`)))));
}

function transactionSection({ building, txHash }) {
  if (!building && !txHash) return null;
  const wrapped = building?.wrappedSol;
  return section("transaction", ofAttempt("Transaction", building), pairs([
    ["Hash", txHash ? hash(txHash, "transaction hash", "tx-hash") : null],
    ["Signature", building?.signature && building.signature !== txHash ? hash(building.signature, "signature", "signature") : null],
    ["Signature stored", building ? (building.signature === txHash ? "Before sending; equals the hash" : "Before sending") : null],
    ["Valid until", building ? dateTime(building.validUntil) : null],
    ["Wrapped SOL", wrapped ? (wrapped.wrap ? "SOL is wrapped before the swap" : "SOL is unwrapped after the swap") : null],
  ]));
}

function termsSection(order) {
  const { tokenIn, tokenOut, amountIn, slippage: tolerated, minAmountOut, clientOrderId, userId, orderType } = order.terms ?? {};
  return section("terms", "As ordered", pairs([
    ["Type", orderType && title(orderType)],
    ["Pays", tokenIn && `${amount(amountIn)} ${tokenIn}`],
    ["Tolerated slippage", tolerated && percent(tolerated)],
    ["Minimum received", minAmountOut && `${amount(minAmountOut)} ${tokenOut}`],
    ["Client's own id", clientOrderId],
    ["User", userId],
    ["Accepted", dateTime(order.createdAt)],
  ]));
}

function poolSection({ pool }) {
  if (!pool) return null;
  return h("details", { class: "detail-section pool" },
    h("summary", { "data-focus": "pool" }, "Pool before the swap, to recompute the receipt from"),
    h("pre", { class: "mono", tabindex: "0" }, JSON.stringify(pool, null, 2)));
}
