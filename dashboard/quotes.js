// The venues' quotes side by side, and why one won.

import { h } from "./dom.js";
import { amount, percent, title } from "./format.js";
import { pairs } from "./detail_parts.js";
import { advantage } from "./order.js";

/** A heading that says which attempt it is about, where there was more than one. */
export const ofAttempt = (heading, building) => (building?.attempt > 1 ? `${heading}, attempt ${building.attempt}` : heading);

/** The section on the quotes of the order's last `building` event; null before there is one. */
export function quotesSection(order, building) {
  if (!building?.quotes) return null;
  const { tokenIn = "", tokenOut = "" } = order.terms ?? {};
  const lead = advantage(building);
  const better = lead === null ? null : h("span", { class: "lead" }, `+${percent(lead)} over the next best`);
  const cards = [...building.quotes]
    .sort((a, b) => a.venue.localeCompare(b.venue))
    .map((quote) => quoteCard(quote, quote.venue === building.venue, tokenIn, tokenOut, better));
  return h("section", { class: "detail-section", "data-testid": "detail-quotes", "aria-label": "Quotes" },
    h("h3", {}, ofAttempt("Quotes", building)),
    h("div", { class: "quotes" }, cards),
    h("p", { class: "why", "data-testid": "why" }, h("strong", {}, "Why: "), building.reason),
    pairs([
      ["Quoted", `${amount(building.quotedAmountOut)} ${tokenOut}`],
      ["At least", `${amount(building.minAmountOut)} ${tokenOut}`],
    ]));
}

function quoteCard(quote, chosen, tokenIn, tokenOut, better) {
  const head = h("div", { class: "quote-head" }, h("h4", {}, title(quote.venue)),
    chosen && h("span", { class: "chosen" }, "Chosen"));
  const body = quote.error ? refusal(quote.error) : offer(quote, tokenIn, tokenOut, chosen && better);
  return h("article", { class: "quote", "data-venue": quote.venue, "data-chosen": String(chosen), "data-testid": `quote-${quote.venue}` }, head, body);
}

function offer(quote, tokenIn, tokenOut, better) {
  return [
    h("p", { class: "quote-amount" }, amount(quote.amountOut), " ", h("span", {}, tokenOut), better),
    pairs([
      ["Reference price", amount(quote.referencePrice)],
      ["Price impact", percent(quote.priceImpact)],
      ["Fee", `${amount(quote.fee)} ${tokenIn}`],
    ]),
  ];
}

function refusal(error) {
  return [h("p", { class: "quote-refused" }, error.message), h("code", { class: "mono" }, error.code)];
}
