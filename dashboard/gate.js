// What stands in place of the dashboard while nobody is signed in.

import { byId, h, setText } from "./dom.js";
import { shortId } from "./format.js";

/** Which parts of the page are shown: open, pending, out, in, ended. See access.css. */
export function showAccess(access) {
  document.documentElement.dataset.access = access;
}

const orderIn = (hash) => /^#order\/([^/]+)$/.exec(hash)?.[1];

/** Put the card up with these contents, and tell those who can't see it. */
function put(name, heading, ...children) {
  const title = h("h2", { id: "gate-heading", tabindex: "-1" }, heading);
  byId("gate-card").replaceChildren(title, ...children.flat().filter(Boolean));
  byId("gate-card").dataset.state = name;
  showAccess("out");
}

/**
 * Say that nobody is signed in, and offer to sign in.
 * @param signIn leaves for the authority; rejects when there is no way there
 * @param notice what has happened, if it needs saying: {text, kind: "bad" | "calm"}
 */
export function showSignedOut(signIn, notice = null) {
  const alert = h("p", { class: "alert", role: "status", "data-testid": "sign-in-notice" });
  const say = ({ text, kind = "bad" } = {}) => {
    alert.hidden = !text;
    alert.classList.toggle("calm", kind === "calm");
    setText(alert, text ?? "");
  };
  const button = h("button", { type: "button", class: "button primary large", "data-testid": "sign-in" }, "Sign in");
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    setText(button, "Going to the sign-in page…");
    const failed = await signIn().then(() => null, (error) => error);
    if (failed) say({ text: failureText(failed) });
    setText(button, "Sign in");
    button.removeAttribute("aria-disabled");
  });
  say(notice ?? {});
  const order = orderIn(location.hash);
  put("out", "Sign in to place and watch your orders",
    alert,
    h("p", {}, "Swap orders go to the venue with the best quote, and you see every step of their execution live."
      + " The orders belong to your account, so nothing is loaded before you have signed in."),
    order && h("p", { class: "note", "data-testid": "sign-in-place" }, `After that, order ${shortId(order)} opens.`),
    button,
    h("p", { class: "hint" }, "You enter your password at your account's own sign-in page; this page never sees it."));
}

/** Say how to use the API where there is no way to sign in on this page. */
export function showTokenOnly({ issuer }) {
  const orders = new URL("api/orders", document.baseURI).href;
  put("token", "This page can't sign you in",
    h("p", {}, "The engine takes access tokens of ", h("code", { class: "mono wrap" }, issuer ?? "its issuer"),
      ", but no browser client is set up there for this page. Use a token of yours with the API or the command line:"),
    h("pre", { class: "mono", tabindex: "0", "aria-label": "Commands" },
      `export ORDERS_TOKEN=…\ncurl -H "Authorization: Bearer $ORDERS_TOKEN" \\\n  ${orders}\norders list`),
    h("p", { class: "hint" }, "Whoever runs this engine can set one up: the template's parameter ",
      h("code", { class: "mono" }, "BrowserClientId"), "."));
}

/** Say that the page does not know how people sign in. */
export function showUnreadable() {
  put("unreadable", "This page is not set up correctly",
    h("p", {}, "It can't tell how people sign in here, so it asks for nothing. Whoever runs this engine finds the"
      + " setting in the page's source: ", h("code", { class: "mono" }, 'meta name="sign-in"'), "."));
}

/** What went wrong at a sign-in, in words for whoever tried. */
export function failureText(error) {
  if (!globalThis.isSecureContext) return "Signing in needs an https address, or localhost.";
  if (error instanceof TypeError || error.name === "ErrorTimeout") {
    return "The sign-in page can't be reached. Try again in a moment.";
  }
  if (error.error === "access_denied") return "You were not signed in: the sign-in was cancelled or refused.";
  if (error.error) return `You were not signed in: the sign-in page answered “${error.error}”.`;
  return "You were not signed in. Try again.";
}

/** What to say after a silent attempt: nobody is bothered with the ordinary end of a session at the authority. */
export function silentFailureNotice(error) {
  const ordinary = ["login_required", "interaction_required", "consent_required", "account_selection_required"];
  return ordinary.includes(error.error)
    ? { text: "Your session has ended. Sign in again to go on.", kind: "calm" }
    : { text: failureText(error) };
}
