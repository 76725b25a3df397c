// The figures of the orders in view, for people who may not ask how everybody's are: pure functions.

import { isTerminal } from "./order.js";
import { confirmTimes, quantile } from "./statistics.js";

/** How many orders there are by how they stand, and the median milliseconds to confirm (null without any). */
export function ownFigures(orders) {
  const having = (status) => orders.filter((order) => order.status === status).length;
  return {
    total: orders.length,
    open: orders.filter((order) => !isTerminal(order.status)).length,
    confirmed: having("confirmed"),
    failed: having("failed"),
    median: quantile(confirmTimes(orders), 0.5),
  };
}
