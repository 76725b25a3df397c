// Requests to the HTTP API, as whoever is signed in: same origin, JSON, errors as RFC 9457 problem details.

import { SessionEnded } from "./session.js";

const ANSWER_WITHIN = 15_000;
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

/** Whether requests are sent as somebody. */
export const hasSession = () => session !== null;

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
export async function request(method, path, options = {}) {
  if (session === null) return send(method, path, options);
  for (let attempt = 0; ; attempt += 1) {
    const token = await accessToken();
    try {
      const headers = { ...options.headers, authorization: `Bearer ${token}` };
      return await send(method, path, { ...options, headers });
    } catch (error) {
      if (error.status !== 401) throw error;
      if (attempt > 0) session.end();
      session.refuse(token);
    }
  }
}

/** Return the access token to send, or throw why there is none, as an error of the API. */
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
  const unsaid = session !== null && status === 403 && answer?.code !== "user_id_mismatch";
  return unsaid ? { ...answer, detail: FORBIDDEN[method] } : answer ?? {};
}

/** Send one request without a token, and return `{answer, response}` of a success. Throws ApiError. */
export async function send(method, path, { body, headers = {} } = {}) {
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
