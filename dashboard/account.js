// Who is signed in, in the header, and what is shown when that is over.

import { byId, h, setText } from "./dom.js";
import { showAccess } from "./gate.js";
import { clockTime } from "./format.js";

/** Show who is signed in, with a button to sign out. */
export function showAccount(viewer, signOut) {
  const account = byId("account");
  const name = h("span", { class: "account-name", "data-testid": "account", title: viewer.name }, viewer.name);
  const role = h("span", { class: "role", "data-testid": "role", title: "Sees everybody's orders" }, "admin");
  account.replaceChildren(h("span", { class: "visually-hidden" }, "Signed in as "), name);
  if (viewer.admin) account.append(role);
  account.append(h("button", {
    type: "button", class: "button quiet small", "data-testid": "sign-out", on: { click: signOut },
  }, "Sign out"));
  account.hidden = false;
}

/** Say that the session is over. What has been loaded stays, marked as what it is: as old as this moment. */
export function showEnded(signIn) {
  const now = clockTime(new Date().toISOString());
  setText(byId("orders-stale"), `As of ${now}`);
  byId("orders-stale").hidden = false;
  byId("account").hidden = true;
  const button = h("button", {
    type: "button", class: "button primary", "data-testid": "sign-in-again", on: { click: signIn },
  }, "Sign in");
  const text = h("p", {}, `What you see is as of ${now} and no longer changes.`);
  byId("session-ended").replaceChildren(h("div", {}, h("strong", {}, "Your session has ended"), text), button);
  byId("session-ended").hidden = false;
  showAccess("ended");
}
