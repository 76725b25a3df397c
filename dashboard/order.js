// What an order's events mean: pure functions over the order records of store.js.

export const STEPS = ["pending", "routing", "building", "submitted", "confirmed"];

const TERMINAL = new Set(["confirmed", "failed", "cancelled"]);
const CANCELLABLE = new Set(["pending", "routing"]);

export const isTerminal = (status) => TERMINAL.has(status);
export const isCancellable = (status) => CANCELLABLE.has(status);

const millis = (iso) => (iso ? Date.parse(iso) : NaN);

/** The last event of that status, if the order has one. */
const last = (order, status) => order.events.findLast((event) => event.status === status);

/** Events with the milliseconds until the next one (`took`; null for the last). */
export function timeline(order) {
  return order.events.map((event, index) => {
    const next = order.events[index + 1];
    return { ...event, took: next ? millis(next.timestamp) - millis(event.timestamp) : null };
  });
}

/** The failed attempts: each `pending` after the first says what went wrong before it. */
export function retries(order) {
  return order.events.filter((event) => event.status === "pending" && event.data.error);
}

/** The events of the current attempt: from the last `pending` on. */
function currentAttempt(order) {
  const events = timeline(order);
  const start = events.findLastIndex((event) => event.status === "pending");
  return events.slice(Math.max(0, start));
}

/**
 * The five steps of the current attempt, for the small timeline of a row; the last is however the order ends.
 * `state` is done, now, ended (a terminal step), todo or skipped; `took` is in milliseconds where it is known.
 */
export function steps(order) {
  const seen = new Map(currentAttempt(order).map((event) => [event.status, event]));
  const ended = isTerminal(order.status);
  const end = ended ? order.status : "confirmed";
  const reached = STEPS.indexOf(order.status);
  const state = (status, index) => {
    if (status === order.status) return ended ? "ended" : "now";
    if (seen.has(status) || index < reached) return "done";
    return ended ? "skipped" : "todo";
  };
  return [...STEPS.slice(0, -1), end].map((status, index) => ({
    status, state: state(status, index), took: seen.get(status)?.took ?? null,
  }));
}

/** Milliseconds from acceptance to the last event; null while the beginning is unknown. */
export function totalTime(order) {
  const start = millis(order.createdAt);
  const end = millis(order.updatedAt);
  return Number.isNaN(start) || Number.isNaN(end) ? null : end - start;
}

/** What is known of the order's execution, taken from its events, else from the summary that a list gave. */
export function execution(order) {
  const building = last(order, "building")?.data;
  const submitted = last(order, "submitted")?.data;
  const confirmed = last(order, "confirmed")?.data;
  const ended = last(order, "failed")?.data;
  const summary = order.summary;
  return {
    building: building ?? null,
    confirmed: confirmed ?? null,
    venue: confirmed?.venue ?? submitted?.venue ?? building?.venue ?? summary.venue ?? null,
    txHash: confirmed?.txHash ?? submitted?.txHash ?? summary.txHash ?? null,
    amountOut: confirmed?.amountOut ?? summary.amountOut ?? null,
    executedPrice: confirmed?.executedPrice ?? summary.executedPrice ?? null,
    fee: confirmed?.fee ?? summary.fee ?? null,
    priceImpact: confirmed?.priceImpact ?? summary.priceImpact ?? null,
    slippageBps: confirmed?.slippageBps ?? null,
    pool: confirmed?.pool ?? null,
    error: ended?.error ?? (order.status === "failed" ? summary.error : null) ?? null,
    attempts: ended?.attempts ?? attempts(order),
    cancelledBy: last(order, "cancelled")?.data.by ?? null,
  };
}

/** How many attempts were begun. */
export function attempts(order) {
  return order.events.filter((event) => event.status === "routing").length || order.summary.attempts || 0;
}

/** By what fraction the chosen quote beats the next best one; null without another. */
export function advantage(building) {
  const amounts = (building?.quotes ?? []).filter((quote) => quote.amountOut && quote.venue !== building.venue);
  const other = Math.max(...amounts.map((quote) => Number(quote.amountOut)));
  const chosen = Number(building?.quotes?.find((quote) => quote.venue === building.venue)?.amountOut);
  return amounts.length && other > 0 && Number.isFinite(chosen) ? chosen / other - 1 : null;
}
