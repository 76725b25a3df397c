// Building blocks of the order detail.

import { h, setText } from "./dom.js";
import { amount, title } from "./format.js";

/** A list of names and values; values that are not there are left out. */
export function pairs(entries) {
  const rows = entries.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h("dl", { class: "pairs" }, rows.map(([name, value, kind]) =>
    h("div", {}, h("dt", {}, name), h("dd", { class: kind }, value))));
}

/** A button that copies `text`. */
export function copyButton(text, what) {
  const button = h("button", { type: "button", class: "button quiet small", "aria-label": `Copy the ${what}`, "data-focus": `copy ${what}` }, "Copy");
  button.addEventListener("click", async () => {
    const copied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    setText(button, copied ? "Copied" : "Can't copy");
    setTimeout(() => setText(button, "Copy"), 1500);
  });
  return button;
}

/** A long hash that can be copied. */
export function hash(text, what, testId) {
  return h("span", { class: "hash" }, h("code", { class: "mono wrap", "data-testid": testId }, text), copyButton(text, what));
}

/** Why something failed: the message, the code, and where it comes from the chain, the program's own code. */
export function reason(error) {
  const program = error.program ? `${error.program} ${error.programCode}` : null;
  return h("p", { class: "reason" }, error.message, " ",
    h("code", { class: "mono" }, [error.code, program].filter(Boolean).join(" · ")));
}

/** One sentence on what a step says; empty for a status that is not known here. */
export function stepSummary({ status, data }, order) {
  const tokenOut = order.terms?.tokenOut ?? "";
  switch (status) {
    case "pending":
      return data.error ? `Attempt ${data.attempt} in ${data.delaySeconds} s: ${data.error.message}` : "Accepted";
    case "routing":
      return `Asking ${(data.venues ?? []).map(title).join(" and ")}${data.attempt > 1 ? `, attempt ${data.attempt}` : ""}`;
    case "building":
      return `${title(data.venue ?? "")} chosen at ${amount(data.quotedAmountOut)} ${tokenOut}; at least ${amount(data.minAmountOut)} ${tokenOut}`;
    case "submitted":
      return `${title(data.venue ?? "")} has the transaction`;
    case "confirmed":
      return `Received ${amount(data.amountOut)} ${tokenOut}`;
    case "failed":
      return data.error?.message ?? "";
    case "cancelled":
      return data.by ? `By ${data.by}` : "";
    default:
      return "";
  }
}
