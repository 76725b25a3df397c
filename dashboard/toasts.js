// Short notices: seen in a corner, heard through a live region.

import { byId, h } from "./dom.js";

const SHOWN_FOR = 6_000;
const AT_MOST = 4;

/** Say it to screen readers only. */
export function announce(text) {
  byId("announcer").textContent = text;
}

/** Show a notice for a while; `kind` is info, good or bad. */
export function toast(text, kind = "info") {
  const box = byId("toasts");
  const close = h("button", { type: "button", class: "button icon", "aria-label": "Dismiss" }, "×");
  const item = h("div", { class: `toast ${kind}`, "data-testid": "toast" }, h("p", {}, text), close);
  const remove = () => item.remove();
  close.addEventListener("click", remove);
  let timer = setTimeout(remove, SHOWN_FOR);
  item.addEventListener("pointerenter", () => clearTimeout(timer));
  item.addEventListener("pointerleave", () => { timer = setTimeout(remove, SHOWN_FOR / 2); });
  box.append(item);
  while (box.children.length > AT_MOST) box.firstElementChild.remove();
  announce(text);
}
