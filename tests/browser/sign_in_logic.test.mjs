// The logic of signing in, without a browser: `node --test tests/browser/` (Node 20.19 or newer).

import assert from "node:assert/strict";
import { test } from "node:test";

const DASHBOARD = new URL("../../dashboard/", import.meta.url);
const load = (name) => import(new URL(`${name}.js`, DASHBOARD));
const { parseConfig } = await load("sign_in_config");
const { firstStep, isAnswer, placeOf, restore, signOutRequest } = await load("sign_in");
const { ANYONE, claims, displayName, mayCancel, viewerOf } = await load("viewer");
const { AuthorityUnreachable, Session, SessionEnded } = await load("session");
const { cancelOrder, getHealth, getOrder, getStreamTicket, listOrders, placeOrder } = await load("api");
const { ApiError, useSession } = await load("request");
const { ownFigures } = await load("own_figures");

const settle = () => new Promise(setImmediate);
const SUBJECT = "5f1c9a52-0000-4000-8000-000000000000";
const encode = (payload) => Buffer.from(JSON.stringify(payload)).toString("base64url");
const jwt = (payload) => `${encode({ alg: "RS256" })}.${encode(payload)}.signature`;
const COGNITO = { mode: "cognito", issuer: "https://issuer", authority: "https://authority", clientId: "page", scopes: ["openid"] };

test("only what says so means that authentication is off", () => {
  assert.deepEqual(parseConfig('{"mode":"none"}'), { mode: "none" });
  for (const text of [undefined, "", "{{SIGN_IN}}", "{", "null", "[]", "7", '{"mode":"cognit"}', '{"clientId":"page"}', '{"mode":"None"}']) {
    assert.deepEqual(parseConfig(text), { mode: "unreadable" }, text);
  }
  assert.deepEqual(parseConfig(JSON.stringify(COGNITO)), COGNITO);
  const bare = parseConfig('{"mode":"jwt","issuer":"https://issuer"}');
  assert.deepEqual(bare, { mode: "jwt", issuer: "https://issuer", authority: "https://issuer", clientId: null, scopes: [] });
});

test("a page that was loaded asks silently once, and only in a tab that was signed in", () => {
  const step = (flag, search = "", config = COGNITO) => firstStep({ config, search, flag });
  assert.equal(step(null), "out");
  assert.equal(step("yes"), "silent");
  for (const flag of ["asked", "left", "kept"]) assert.equal(step(flag), "out", flag);
  for (const flag of [null, "yes", "asked"]) assert.equal(step(flag, "?error=login_required&state=s"), "answer", flag);
  assert.equal(step("yes", "?code=c&state=s"), "answer");
  assert.equal(step("yes", "?code=c"), "silent");
  assert.equal(step("yes", "?code=c&state=s", { mode: "none" }), "open");
  assert.equal(step("yes", "", { mode: "unreadable" }), "unreadable");
  assert.equal(step("yes", "?code=c&state=s", { ...COGNITO, clientId: null }), "token");
});

test("the place to come back to is what the address says of the page, without the authority's answer", () => {
  assert.equal(placeOf({ search: "", hash: "#order/1" }), "#order/1");
  assert.equal(placeOf({ search: "?view=a&code=7", hash: "" }), "?view=a&code=7");
  assert.equal(placeOf({ search: "?code=secret&state=s&view=a", hash: "#order/1" }), "?view=a#order/1");
  assert.equal(isAnswer("?state=s"), false);
});

test("only a query or a fragment is restored, never another address", () => {
  const shown = [];
  globalThis.location = { href: "https://page.example/?code=c&state=s#x" };
  globalThis.history = { replaceState: (_state, _title, address) => shown.push(address) };
  for (const place of ["#order/1", "?view=a#order/1", "https://evil.example/", "//evil.example", undefined, { length: 1 }]) restore(place);
  assert.deepEqual(shown.map((address) => address.replace("https://page.example/", "")),
    ["#order/1", "?view=a#order/1", "", "", "", ""]);
});

test("signing out has Cognito's own parameters there, and the standard's elsewhere; a token in neither", () => {
  assert.deepEqual(signOutRequest(COGNITO, "https://page/"), { extraQueryParams: { client_id: "page", logout_uri: "https://page/" } });
  assert.deepEqual(signOutRequest({ ...COGNITO, mode: "jwt" }, "https://page/"), { post_logout_redirect_uri: "https://page/" });
});

test("who looks at the page is read from the tokens; a token that can't be read gives no rights", () => {
  const profile = { sub: SUBJECT, "cognito:username": "olga" };
  const read = (scope) => viewerOf({ accessToken: jwt({ sub: SUBJECT, scope }), profile });
  assert.deepEqual(read("openid orders/read orders/write"), { subject: SUBJECT, name: "olga", admin: false, seesAll: false, canWrite: true });
  assert.deepEqual([read("orders/admin").seesAll, read("orders/admin").canWrite], [true, false]);
  assert.equal(read("orders/administrator orders/write").admin, false);
  for (const accessToken of ["opaque", "", "a.b.c", undefined, jwt({})]) {
    assert.deepEqual(viewerOf({ accessToken, profile }), { subject: SUBJECT, name: "olga", admin: false, seesAll: false, canWrite: false });
  }
  assert.equal(claims(jwt({ name: "Олга ø" })).name, "Олга ø");
});

test("people are called by a name they know", () => {
  assert.equal(displayName({ sub: SUBJECT, preferred_username: "Olga", "cognito:username": "o", email: "o@example.org" }), "Olga");
  assert.equal(displayName({ sub: SUBJECT, "cognito:username": SUBJECT, email: "o@example.org" }), "o@example.org");
  assert.equal(displayName({ sub: SUBJECT }), "5f1c9a52…");
});

test("a cancel is offered for one's own orders only, also to those who see everybody's", () => {
  const olga = { ...ANYONE, subject: SUBJECT, admin: true };
  const order = (userId, mine = false) => ({ mine, terms: userId && { userId } });
  assert.equal(mayCancel(olga, order(SUBJECT)), true);
  assert.equal(mayCancel(olga, order("somebody")), false);
  assert.equal(mayCancel(olga, order(null)), false);
  assert.equal(mayCancel(olga, order(null, true)), true);
  assert.equal(mayCancel(ANYONE, order("somebody")), true);
  assert.equal(mayCancel({ ...olga, canWrite: false }, order(SUBJECT)), false);
});

test("a trader's figures are those of the orders in view", () => {
  const at = (ms) => new Date(Date.UTC(2026, 0, 1) + ms).toISOString();
  const orders = ["confirmed", "confirmed", "failed", "routing", "cancelled"].map((status, index) =>
    ({ status, createdAt: at(0), updatedAt: at(100 * (index + 1)) }));
  assert.deepEqual(ownFigures(orders), { total: 5, open: 1, confirmed: 2, failed: 1, median: 200 });
  assert.equal(ownFigures([]).median, null);
});

/** A session whose authority answers each renewal with the next of `answers`: a token, or an error to throw. */
function signedIn(answers = [], { expired = false } = {}) {
  const user = (access_token, sub = SUBJECT) => ({ access_token, id_token: "id", refresh_token: "refresh", expired: false, profile: { sub } });
  const stored = [];
  const world = { renewals: 0, removed: 0, ended: 0, stored, expiring: null };
  const manager = {
    events: { addAccessTokenExpiring: (call) => { world.expiring = call; } },
    storeUser: (kept) => stored.push({ ...kept }),
    removeUser: () => { world.removed += 1; },
    signinSilent: async () => {
      world.renewals += 1;
      await settle();
      const answer = answers.shift();
      if (answer instanceof Error) throw answer;
      return typeof answer === "string" ? user(answer) : answer;
    },
  };
  world.first = { ...user("first"), expired };
  world.session = new Session({ manager, user: world.first, onEnded: () => { world.ended += 1; } });
  world.user = user;
  return world;
}

const oauth = (error) => Object.assign(new Error(error), { error });

test("an expired token is renewed before it is used, once for many who ask", async () => {
  const world = signedIn(["second"], { expired: true });
  assert.deepEqual(await Promise.all([1, 2, 3].map(() => world.session.token())), ["second", "second", "second"]);
  assert.equal(world.renewals, 1);
  assert.equal(await world.session.token(), "second");
});

test("a token that the server refused is renewed; a refusal of the one before it changes nothing", async () => {
  const world = signedIn(["second", "third"]);
  world.session.refuse("first");
  assert.equal(await world.session.token(), "second");
  world.session.refuse("first");
  assert.equal(await world.session.token(), "second");
  assert.equal(world.renewals, 1);
});

test("without the authority's answer the session goes on; with its no, it is over for good", async () => {
  for (const passing of [new TypeError("fetch"), Object.assign(new Error(), { name: "ErrorTimeout" }), oauth("temporarily_unavailable")]) {
    const world = signedIn([passing, "second"], { expired: true });
    await assert.rejects(world.session.token(), AuthorityUnreachable);
    assert.equal(await world.session.token(), "second");
    assert.equal(world.ended, 0);
  }
  const world = signedIn([oauth("invalid_grant"), "second"], { expired: true });
  await assert.rejects(world.session.token(), SessionEnded);
  await assert.rejects(world.session.token(), SessionEnded);
  assert.deepEqual([world.ended, world.removed, world.renewals], [1, 1, 1]);
});

test("a renewal ahead of time that fails ends nothing", async () => {
  const world = signedIn([oauth("invalid_grant"), "second"]);
  await world.expiring();
  assert.equal(await world.session.token(), "first");
  assert.equal(world.ended, 0);
});

test("a renewal for somebody else, or without a refresh token, ends the session", async () => {
  const other = signedIn([], { expired: true });
  const foreign = signedIn([other.user("second", "somebody")], { expired: true });
  await assert.rejects(foreign.session.token(), SessionEnded);
  const without = signedIn(["second"], { expired: true });
  without.first.refresh_token = undefined;
  await assert.rejects(without.session.token(), SessionEnded);
  assert.equal(without.renewals, 0);
});

test("the ID token is not kept, so that no sign-out can carry it in its address", async () => {
  const world = signedIn(["second"], { expired: true });
  await world.session.token();
  assert.deepEqual(world.stored.map(({ id_token: idToken }) => idToken), [undefined, undefined]);
});

test("a session that ended while it was being renewed stays ended", async () => {
  const world = signedIn(["second"], { expired: true });
  const asking = world.session.token();
  world.session.end();
  await assert.rejects(asking, SessionEnded);
  assert.equal(world.session.accessToken, "first");
});

/** An API that answers with these statuses in turn, and notes what it was asked with. */
function api(...answers) {
  const asked = [];
  globalThis.document = { baseURI: "https://page.example/" };
  globalThis.fetch = async (url, { method, headers }) => {
    asked.push({ method, path: url.pathname + url.search, token: headers.authorization ?? null });
    const [status, body] = answers.shift() ?? [200, {}];
    return { ok: status < 400, status, headers: new Headers(), json: async () => body };
  };
  return asked;
}

const ORDER = [200, { order: { id: "1" } }];
const UNAUTHORIZED = [401, { message: "Unauthorized" }];

test("where authentication is off no token is sent, and the deep health has its old address", async () => {
  const asked = api(ORDER, [200, { status: "healthy" }]);
  await getOrder("1");
  await getHealth({ deep: true });
  assert.deepEqual(asked.map(({ path, token }) => [path, token]), [["/api/orders/1", null], ["/health?deep=1", null]]);
});

test("each request to the API carries the token, in a header; the health that is open to everybody does not", async (t) => {
  t.after(() => useSession(null));
  useSession(signedIn().session);
  const asked = api(ORDER, [200, { orders: [] }], [201, { orderId: "1" }], ORDER, [201, { ticket: "t" }], [200, {}], [200, {}]);
  await getOrder("1");
  await listOrders();
  await placeOrder({}, "key");
  await cancelOrder("1");
  assert.equal(await getStreamTicket(), "t");
  await getHealth({ deep: true });
  await getHealth();
  assert.deepEqual(asked.map(({ token }) => token), [...Array(6).fill("Bearer first"), null]);
  assert.deepEqual(asked.slice(-3).map(({ path }) => path), ["/api/stream-tickets", "/health/deep", "/health"]);
  assert.ok(asked.every(({ path }) => !path.includes("first")));
});

test("a 401 is tried once more with a new token; a second one ends the session, and nothing is asked any more", async (t) => {
  t.after(() => useSession(null));
  const good = signedIn(["second"]);
  useSession(good.session);
  let asked = api(UNAUTHORIZED, ORDER);
  assert.deepEqual(await getOrder("1"), { id: "1" });
  assert.deepEqual(asked.map(({ token }) => token), ["Bearer first", "Bearer second"]);
  const over = signedIn(["second", "third"]);
  useSession(over.session);
  asked = api(UNAUTHORIZED, UNAUTHORIZED, ORDER);
  const isOver = (error) => error instanceof ApiError && error.status === 401 && error.code === "session_ended";
  await assert.rejects(getOrder("1"), isOver);
  await assert.rejects(getOrder("1"), isOver);
  assert.deepEqual([asked.length, over.renewals, over.ended], [2, 1, 1]);
});

test("many requests that are refused together renew once, and end nothing", async (t) => {
  t.after(() => useSession(null));
  const world = signedIn(["second"]);
  useSession(world.session);
  const asked = api(...Array(6).fill(UNAUTHORIZED), ...Array(6).fill(ORDER));
  await Promise.all(Array.from({ length: 6 }, () => getOrder("1")));
  assert.deepEqual([asked.length, world.renewals, world.ended], [12, 1, 0]);
});

test("an order whose token could not be renewed in time is tried again, not lost", async (t) => {
  t.after(() => useSession(null));
  useSession(signedIn([new TypeError("fetch"), "second"], { expired: true }).session);
  const asked = api([201, { orderId: "1" }]);
  assert.equal((await placeOrder({}, "key")).orderId, "1");
  assert.deepEqual(asked.map(({ token }) => token), ["Bearer second"]);
});

test("a 403 is said in words for people; whose the order is, in the API's", async (t) => {
  t.after(() => useSession(null));
  useSession(signedIn().session);
  api([403, { message: "Forbidden" }], [403, { code: "insufficient_scope", detail: "orders/write is missing" }],
    [403, null], [403, { code: "user_id_mismatch", detail: "userId is not yours" }]);
  await assert.rejects(getOrder("1"), { message: "Your account may not see this.", status: 403 });
  await assert.rejects(placeOrder({}, "key"), { message: "Your account may not place orders.", code: "insufficient_scope" });
  await assert.rejects(cancelOrder("1"), { message: "Your account may not cancel this order." });
  await assert.rejects(placeOrder({}, "key"), { message: "userId is not yours" });
});
