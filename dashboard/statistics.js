// Figures of the orders in view: pure functions.

import { execution, totalTime } from "./order.js";

/** Orders accepted and confirmed in each of the last `seconds` whole seconds, oldest first. */
export function perSecond(orders, now, seconds = 60) {
  const end = Math.floor(now / 1000);
  const buckets = Array.from({ length: seconds }, (_, index) => ({ second: end - seconds + index, accepted: 0, confirmed: 0 }));
  const add = (iso, what) => {
    const bucket = buckets[Math.floor(Date.parse(iso) / 1000) - (end - seconds)];
    if (bucket) bucket[what] += 1;
  };
  for (const order of orders) {
    add(order.createdAt, "accepted");
    if (order.status === "confirmed") add(order.updatedAt, "confirmed");
  }
  return buckets;
}

/** Milliseconds from acceptance to confirmation of every confirmed order, ascending. */
export function confirmTimes(orders) {
  return orders
    .filter((order) => order.status === "confirmed")
    .map(totalTime)
    .filter((ms) => ms !== null)
    .sort((a, b) => a - b);
}

/** The value below which `share` (0…1) of the ascending values lie; null without values. */
export function quantile(ascending, share) {
  return ascending.length ? ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))] : null;
}

/** Bins of a readable width over ascending values; what is far above the 90th percentile goes into the last one. */
export function histogram(ascending, atMost = 24) {
  if (!ascending.length) return { width: 0, bins: [] };
  const top = Math.max(1, Math.min(ascending.at(-1), 1.5 * quantile(ascending, 0.9)));
  const width = [10, 20, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000, 3_600_000]
    .find((candidate) => top / candidate < atMost) ?? top;
  const first = Math.floor(ascending[0] / width);
  const bins = Array.from({ length: Math.floor(top / width) - first + 1 }, (_, index) => ({ from: (first + index) * width, count: 0 }));
  for (const value of ascending) bins[Math.min(bins.length - 1, Math.floor(value / width) - first)].count += 1;
  return { width, bins };
}

/** How many confirmed orders each venue had, by name. */
export function venueShare(orders) {
  const counts = new Map();
  for (const order of orders) {
    const { venue } = execution(order);
    if (order.status === "confirmed" && venue) counts.set(venue, (counts.get(venue) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a.localeCompare(b)).map(([venue, count]) => ({ venue, count }));
}
