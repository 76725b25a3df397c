// The HTTP API's routes.

import { hasSession, request, send } from "./request.js";

const TRIES = 3;

const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Milliseconds until the next try: what the API asks for, else a growing while with jitter. */
function pause(error, attempt) {
  return error.retryAfter ? Math.min(error.retryAfter, 10) * 1000 : 400 * 2 ** attempt * (0.5 + Math.random());
}

/** A new idempotency key. `crypto.randomUUID` exists on secure origins only. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Place an order. Tried again when the outcome is unknown: the key makes sure that this can't place a second one.
 * With a `clientOrderId`, that is the key.
 */
export async function placeOrder(body, key) {
  // The page follows all orders over one connection of its own: it has no use for a ticket in each answer.
  const headers = { prefer: "return=minimal", ...(body.clientOrderId ? {} : { "idempotency-key": key }) };
  for (let attempt = 0; ; attempt += 1) {
    try {
      const { answer, response } = await request("POST", "api/orders/execute", { body, headers });
      return { ...answer, replayed: attempt === 0 && response.headers.get("idempotent-replayed") === "true" };
    } catch (error) {
      if (!error.retryable || attempt + 1 >= TRIES) throw error;
      await wait(pause(error, attempt));
    }
  }
}

/** Return one order with its events. */
export async function getOrder(id) {
  return (await request("GET", `api/orders/${encodeURIComponent(id)}`)).answer.order;
}

/** Cancel an order; fails with 409 when it is too late. */
export async function cancelOrder(id) {
  return (await request("DELETE", `api/orders/${encodeURIComponent(id)}`)).answer;
}

/** Return a page of orders, newest first: `{orders, nextCursor}`. */
export async function listOrders({ limit = 50, cursor = null } = {}) {
  const query = new URLSearchParams({ limit: String(limit), ...(cursor && { cursor }) });
  const { answer } = await request("GET", `api/orders?${query}`);
  return { orders: answer.orders ?? answer.items ?? [], nextCursor: answer.nextCursor ?? null };
}

/** Return the queue's figures and the numbers of orders by status. */
export async function getMetrics() {
  return (await request("GET", "api/metrics")).answer;
}

/** Return a ticket for one connection to the stream, good for half a minute: a browser can't send a token with it. */
export async function getStreamTicket() {
  return (await request("POST", "api/stream-tickets")).answer.ticket;
}

/** Return the health, of every dependency where `deep`. An unhealthy answer is an answer too. */
export async function getHealth({ deep = false } = {}) {
  try {
    if (!deep) return (await send("GET", "health")).answer; // it is open to everybody, and needs no session
    return (await request("GET", hasSession() ? "health/deep" : "health?deep=1")).answer;
  } catch (error) {
    if (typeof error.body?.status === "string") return error.body;
    throw error;
  }
}
