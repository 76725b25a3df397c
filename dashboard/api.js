// The HTTP API: same origin, JSON, errors as RFC 9457 problem details.

import { SessionEnded } from "./session.js";

const ANSWER_WITHIN = 15_000;
const TRIES = 3;
const WORTH_ANOTHER_TRY = new Set([0, 429, 502, 503, 504]);
const FORBIDDEN = {
  GET: "Your account may not see this.",
  POST: "Your account may not place orders.",
  DELETE: "Your account may not cancel this order.",
};
const NO_ANSWER = { code: "network_error", detail: "The API can't be reached." };
const SESSION_ENDED = { code: "session_ended", detail: "Your session has ended. Sign in again to go on." };
const NO_AUTHORITY = { code: "authority_unreachable", detail: "Your sign-in can't be renewed at the moment." };

let session = null;

/** From now on, send the access tokens of this session (see session.js) with each request to the API. */
export function useSession(signedIn) {
  session = signedIn;
}

/** An answer that is no success. `status` is 0 when there was no answer; `fields` are the faults of single fields. */
export class ApiError extends Error {
  constructor(status, problem, { retryAfter = null, requestId = null } = {}) {
    super(problem.detail ?? problem.message ?? problem.title ?? `The API answered ${status}.`);
    this.status = status;
    this.code = problem.code ?? null;
    this.fields = Array.isArray(problem.errors) ? problem.errors : [];
    this.body = problem;
    this.retryAfter = retryAfter;
    this.requestId = requestId;
  }

  get retryable() {
    return WORTH_ANOTHER_TRY.has(this.status);
  }

  /** Whether this deployment does not have the route, or not at the moment. */
  get unavailable() {
    return this.status === 404 || this.status === 501 || this.retryable;
  }
}

/**
 * Send a request as whoever is signed in. When the API does not take the token, it is renewed and the request sent once
 * more: a 401 means that nothing was done. If the API takes no new token either, the session is over.
 */
async function request(method, path, options = {}) {
  if (session === null) return send(method, path, options);
  for (let attempt = 0; ; attempt += 1) {
    const token = await accessToken();
    try {
      return await send(method, path, { ...options, headers: { ...options.headers, authorization: `Bearer ${token}` } });
    } catch (error) {
      if (error.status !== 401) throw error;
      if (attempt > 0) session.end();
      session.refuse(token);
    }
  }
}

async function accessToken() {
  try {
    return await session.token();
  } catch (error) {
    if (error instanceof SessionEnded) throw new ApiError(401, SESSION_ENDED);
    throw new ApiError(0, NO_AUTHORITY);
  }
}

/** What a refusal says. API Gateway's own have no text for people, and a 403 names scopes, which they need not know. */
function problemOf(method, status, answer) {
  if (session !== null && status === 403 && answer?.code !== "user_id_mismatch") return { ...answer, detail: FORBIDDEN[method] };
  return answer ?? {};
}

async function send(method, path, { body, headers = {} } = {}) {
  let response;
  try {
    response = await fetch(new URL(path, document.baseURI), {
      method,
      headers: { accept: "application/json", ...(body && { "content-type": "application/json" }), ...headers },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_WITHIN),
      cache: "no-store",
    });
  } catch {
    throw new ApiError(0, NO_ANSWER);
  }
  const answer = await response.json().catch(() => null);
  if (response.ok && answer !== null) return { answer, response };
  throw new ApiError(response.status, problemOf(method, response.status, answer), {
    retryAfter: Number(response.headers.get("retry-after")) || null,
    requestId: response.headers.get("x-request-id"),
  });
}

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
  const headers = body.clientOrderId ? {} : { "idempotency-key": key };
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
    return (await request("GET", session ? "health/deep" : "health?deep=1")).answer;
  } catch (error) {
    if (typeof error.body?.status === "string") return error.body;
    throw error;
  }
}
