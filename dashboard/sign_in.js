// Signing in and out: redirects to the authority, and what a page that comes back from there does.

import { ownAddress } from "./oidc.js";

const FLAG = "signed-in"; // in sessionStorage, so that a reload of this tab signs in silently: a word, never a token
const CHANNEL = "signed-out"; // tells the other tabs
const ANSWERS = ["code", "state", "error", "error_description", "error_uri", "iss", "session_state"];

/** Whether the query is the authority's answer to a sign-in. */
export function isAnswer(search) {
  const query = new URLSearchParams(search);
  return query.has("state") && (query.has("code") || query.has("error"));
}

/**
 * Decide what a page does first that has just been loaded.
 *
 * "open": authentication is off. "unreadable", "token": nobody can sign in here. "answer": the authority has sent
 * somebody back. "silent": this tab was signed in, so ask the authority without bothering anybody. "out": say so.
 * A silent attempt that never came back (`flag` "asked") is not repeated: somebody pressed Back at the authority.
 */
export function firstStep({ config, search, flag }) {
  if (config.mode === "none") return "open";
  if (config.mode === "unreadable") return "unreadable";
  if (!config.clientId) return "token";
  if (isAnswer(search)) return "answer";
  return flag === "yes" ? "silent" : "out";
}

/** The part of an address that says what the page shows, without what the authority put into it. */
export function placeOf({ search, hash }) {
  const query = new URLSearchParams(search);
  for (const name of isAnswer(search) ? ANSWERS : []) query.delete(name);
  return `${query.size ? `?${query}` : ""}${hash}`;
}

/** Show a place in the address, without loading anything. Whatever is no query or fragment is ignored. */
export function restore(place) {
  const safe = typeof place === "string" && /^[?#]/.test(place) ? place : "";
  history.replaceState(null, "", ownAddress() + safe);
}

/**
 * What this tab has done, for when it is loaded again: "yes" it signed in, "asked" it has left for a silent attempt,
 * "left" it signed out, "kept" likewise, but the authority could not be told.
 */
export const flag = {
  get: () => {
    try { return sessionStorage.getItem(FLAG); } catch { return null; } // where the browser refuses storage
  },
  set: (value) => sessionStorage.setItem(FLAG, value),
  clear: () => sessionStorage.removeItem(FLAG),
};

/**
 * Leave for the authority. With `silent`, it answers at once, also when it does not know the person.
 * Resolves only when the browser comes back to this very page by its Back button; rejects when there is no authority.
 */
export async function leave(manager, { silent = false } = {}) {
  if (silent) flag.set("asked");
  else flag.clear();
  const request = { state: { place: placeOf(location) }, nonce: crypto.randomUUID() };
  await manager.signinRedirect(silent ? { ...request, prompt: "none", redirectMethod: "replace" } : request);
}

/** Take the authority's answer out of the address. Returns it, and whether it is about a silent attempt. */
export function receiveAnswer() {
  const answer = { url: location.href, silent: flag.get() === "asked" };
  flag.clear();
  restore(placeOf(location));
  return answer;
}

/** Return the user whom the authority's answer signs in, back at the place they left. Throws the library's errors. */
export async function completeSignIn(manager, url) {
  try {
    const user = await manager.signinRedirectCallback(url);
    restore(user.state?.place);
    flag.set("yes");
    return user;
  } catch (error) {
    if (error.state?.place) restore(error.state.place); // the library hands the state on with errors of the authority
    throw error;
  }
}

/** The sign-out's parameters: Cognito has names of its own, other issuers those of OpenID Connect. */
export function signOutRequest({ mode, clientId }, address) {
  if (mode !== "cognito") return { post_logout_redirect_uri: address };
  return { extraQueryParams: { client_id: clientId, logout_uri: address } };
}

let channel;

/** The one channel between the tabs of this page: an object does not hear what it says itself. */
const tabs = () => (channel ??= new BroadcastChannel(CHANNEL));

/** Sign out here, in the other tabs, and at the authority. Rejects when the authority could not be told. */
export async function signOut(manager, config) {
  flag.set("left");
  tabs().postMessage(null);
  await manager.revokeTokens(["refresh_token"]).catch(() => {}); // not every authority can; the page forgets it anyway
  await manager.signoutRedirect(signOutRequest(config, ownAddress()));
}

/** Call `listener` when another tab of this page signs out. */
export function onSignedOutElsewhere(listener) {
  tabs().addEventListener("message", listener);
}
