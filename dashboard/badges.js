// The parts that table and detail share: status badge, steps, swap.

import { h } from "./dom.js";
import { amount, duration, shortAmount, title } from "./format.js";

const EXPLAINED = {
  pending: "accepted, waiting for a worker",
  routing: "asking the venues for quotes",
  building: "a venue is chosen and the transaction signed",
  submitted: "the venue has the transaction",
  confirmed: "the swap is on chain",
  failed: "ended without a swap",
  cancelled: "cancelled before anything was sent",
};

/** A status as a coloured word. */
export function statusBadge(status) {
  return h("span", { class: "badge", "data-status": status, title: EXPLAINED[status] }, title(status));
}

/** The steps with their durations, as a list that reads well aloud. */
export function stepList(steps) {
  return h("ol", { class: "steps", role: "list" }, steps.map(stepItem));
}

function stepItem({ status, state, took }) {
  const time = took === null ? null : h("span", { class: "step-time" }, duration(took));
  const spoken = { todo: "to come", now: "now", skipped: "not reached", done: "", ended: "" }[state];
  return h("li", { class: "step", role: "listitem", "data-state": state, "data-status": status, title: `${title(status)}: ${EXPLAINED[status]}` },
    h("span", { class: "visually-hidden" }, `${title(status)} ${spoken}`),
    h("span", { class: "step-mark", "aria-hidden": "true" }), time);
}

/** "1.5 SOL → 214.06 USDC"; exact amounts where `exact`. */
export function swapText(order, amountOut, exact = false) {
  const { amountIn, tokenIn, tokenOut } = order.terms ?? {};
  if (!tokenIn) return "…";
  const write = exact ? amount : shortAmount;
  return `${write(amountIn)} ${tokenIn} → ${amountOut ? `${write(amountOut)} ` : ""}${tokenOut}`;
}
