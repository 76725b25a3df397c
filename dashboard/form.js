// The order form. What is right or wrong is the API's to say: its messages are shown at the fields they are about.

import { newKey, placeOrder } from "./api.js";
import { byId, h, setText } from "./dom.js";
import { percentToFraction } from "./format.js";

const TOKENS = ["SOL", "USDC", "USDT", "mSOL", "RAY", "JUP", "BONK"];
const PRESETS = [
  ["1", "SOL", "USDC"], ["250", "USDC", "SOL"], ["10", "SOL", "mSOL"],
  ["500", "JUP", "USDC"], ["120", "RAY", "SOL"], ["2500000", "BONK", "SOL"],
];
const TOLERANCES = ["0.1", "0.5", "1", "3"];
const ALIASES = { slippageTolerance: "slippage", type: "orderType" };
const SIDE_BY_SIDE = 6; // requests at a time, as many as browsers keep connections to one host

export class OrderForm {
  #form = byId("order-form");
  #onPlaced;
  #inFlight = 0;

  /**
   * @param viewer who looks at the page; the form is for those who may place orders
   * @param onPlaced called with (answer, body) for each accepted order
   */
  constructor({ viewer, onPlaced }) {
    this.#onPlaced = onPlaced;
    this.#form.hidden = !viewer.canWrite;
    byId("read-only").hidden = viewer.canWrite;
    for (const name of ["tokenIn", "tokenOut"]) {
      byId(name).append(...TOKENS.map((symbol) => h("option", { value: symbol }, symbol)));
    }
    byId("tokenOut").value = "USDC";
    byId("presets").append(...PRESETS.map((preset) => this.#presetChip(preset)));
    byId("slippage-chips").append(...TOLERANCES.map((percent) => this.#toleranceChip(percent)));
    byId("flip").addEventListener("click", () => this.#flip());
    this.#form.addEventListener("submit", (event) => { event.preventDefault(); this.#place(1); });
    for (const button of this.#form.querySelectorAll("[data-batch]")) {
      button.addEventListener("click", () => this.#place(Number(button.dataset.batch)));
    }
    this.#form.addEventListener("input", (event) => { this.#clear(event.target.name); this.#hint(); });
    this.#hint();
  }

  #presetChip([amount, tokenIn, tokenOut]) {
    const fill = () => {
      Object.assign(byId("amountIn"), { value: amount });
      Object.assign(byId("tokenIn"), { value: tokenIn });
      Object.assign(byId("tokenOut"), { value: tokenOut });
      this.#clear();
    };
    const text = `${Number(amount).toLocaleString("en", { notation: "compact" })} ${tokenIn} → ${tokenOut}`;
    return h("button", { type: "button", class: "chip", "data-testid": "preset", on: { click: fill } }, text);
  }

  #toleranceChip(percent) {
    const fill = () => { byId("slippage").value = percent; this.#clear("slippage"); this.#hint(); };
    return h("button", { type: "button", class: "chip", "data-percent": percent, on: { click: fill } }, `${percent}%`);
  }

  #flip() {
    const [tokenIn, tokenOut] = [byId("tokenIn"), byId("tokenOut")];
    [tokenIn.value, tokenOut.value] = [tokenOut.value, tokenIn.value];
    this.#clear();
  }

  #hint() {
    const percent = byId("slippage").value;
    const fraction = percentToFraction(percent);
    setText(byId("slippage-hint"), fraction ? `Sent as slippage ${fraction}` : "Empty: the API's default");
    for (const chip of byId("slippage-chips").children) {
      chip.setAttribute("aria-pressed", String(chip.dataset.percent === percent.trim()));
    }
  }

  /** The request body as entered; empty optional fields are left out, so that the API's defaults hold. */
  #body() {
    const value = (name) => byId(name).value.trim();
    const optional = { slippage: percentToFraction(byId("slippage").value), minAmountOut: value("minAmountOut"),
      clientOrderId: value("clientOrderId") };
    return {
      orderType: "market", tokenIn: value("tokenIn"), tokenOut: value("tokenOut"), amountIn: value("amountIn"),
      ...Object.fromEntries(Object.entries(optional).filter(([, text]) => text !== "")),
    };
  }

  /** Place the same order `times` times, each with its own key; stop at the first refusal. */
  async #place(times) {
    if (this.#inFlight) return;
    this.#clear();
    const bodies = Array.from({ length: times }, (_, index) => numbered(this.#body(), index, times));
    const state = { waiting: bodies, accepted: 0, replayed: 0, times, refusal: null };
    this.#busy(true, times);
    await Promise.all(Array.from({ length: Math.min(times, SIDE_BY_SIDE) }, () => this.#work(state)));
    this.#busy(false, times);
    this.#report(state);
  }

  async #work(state) {
    while (state.waiting.length && !state.refusal) {
      const body = state.waiting.shift();
      try {
        const answer = await placeOrder(body, newKey());
        state.accepted += 1;
        state.replayed += answer.replayed ? 1 : 0;
        this.#onPlaced(answer, body);
      } catch (error) {
        state.refusal ??= error;
      }
      if (state.times > 1) setText(byId("form-status"), `${state.accepted} of ${state.times} accepted`);
    }
  }

  #busy(busy, times) {
    this.#inFlight = busy ? times : 0;
    this.#form.setAttribute("aria-busy", String(busy));
    for (const button of this.#form.querySelectorAll("[type=submit], [data-batch]")) {
      button.setAttribute("aria-disabled", String(busy));
    }
    if (busy) setText(byId("form-status"), times > 1 ? `0 of ${times} accepted` : "Sending…");
  }

  #report({ accepted, replayed, times, refusal }) {
    const orders = times === 1 ? "Order accepted" : `${accepted} of ${times} orders accepted`;
    const known = replayed ? "This order had been placed before; nothing new was placed" : orders;
    setText(byId("form-status"), accepted ? `${known}.` : "");
    if (refusal) this.#refused(refusal);
  }

  #refused(error) {
    const elsewhere = error.fields.filter(({ field, message }) => !this.#showAt(ALIASES[field] ?? field, message));
    const said = elsewhere.map(({ field, message }) => (field ? `${field}: ${message}` : message));
    const wait = error.status === 429 && error.retryAfter ? [`Try again in ${error.retryAfter} s.`] : [];
    if (!error.fields.length) said.push(error.message, ...wait);
    if (said.length) {
      const box = byId("form-error");
      box.hidden = false;
      const reference = error.requestId ? h("small", {}, `Request ${error.requestId}`) : null;
      box.replaceChildren(...said.map((text) => h("p", {}, text)), ...(reference ? [reference] : []));
    }
    this.#form.querySelector("[aria-invalid=true]")?.focus();
  }

  /** Show a message at its field. Returns false when the form has no such field. */
  #showAt(name, message) {
    const slot = document.getElementById(`${name}-error`);
    if (!slot) return false;
    slot.append(slot.textContent ? `; ${message}` : message);
    const input = byId(name);
    input.setAttribute("aria-invalid", "true");
    const folded = input.closest("details");
    if (folded) folded.open = true;
    return true;
  }

  /** Take away the messages: of one field, or all. */
  #clear(name = null) {
    for (const slot of this.#form.querySelectorAll(".field-error")) {
      const field = slot.id.replace("-error", "");
      if (name && field !== name) continue;
      slot.textContent = "";
      byId(field).removeAttribute("aria-invalid");
    }
    byId("form-error").hidden = true;
    if (!name) setText(byId("form-status"), "");
  }
}

/** In a batch, each order needs an id of its own. */
function numbered(body, index, times) {
  if (times === 1 || !body.clientOrderId) return body;
  return { ...body, clientOrderId: `${body.clientOrderId}-${index + 1}` };
}
