// The session of somebody who is signed in: gives out access tokens, renews them, and tells when that is over.
// The tokens are in the memory of this page alone.

/** The session is over: the authority gives no new token without the person. */
export class SessionEnded extends Error {}

/** The authority did not answer; it may later. */
export class AuthorityUnreachable extends Error {}

const PASSING = new Set(["temporarily_unavailable", "server_error"]);

/** Whether a failed renewal says nothing about the session: no answer, or one that asks for patience. */
const isPassing = (error) => error instanceof TypeError || error.name === "ErrorTimeout" || PASSING.has(error.error);

export class Session {
  #manager;
  #user;
  #onEnded;
  #renewal = null;
  #refused = null;
  #ended = false;

  /**
   * @param manager the `UserManager` of oidc-client-ts
   * @param user its user, just signed in
   * @param onEnded called once, when the session is over
   */
  constructor({ manager, user, onEnded }) {
    this.#manager = manager;
    this.#onEnded = onEnded;
    this.#take(user);
    // A failure now ends nothing yet: the token is good for another minute, and the next request tries again.
    manager.events.addAccessTokenExpiring(() => this.#renew().catch(() => {}));
  }

  get ended() {
    return this.#ended;
  }

  /** The subject of the ID token with its other claims, as they were at the last sign-in. */
  get profile() {
    return this.#user.profile;
  }

  /** The present access token, be it good or not. */
  get accessToken() {
    return this.#user.access_token;
  }

  /**
   * Return an access token that should be good, renewed if need be.
   * Throws SessionEnded, or AuthorityUnreachable.
   */
  async token() {
    if (this.#ended) throw new SessionEnded();
    if (this.#user.expired || this.#refused === this.accessToken) await this.#renewOrEnd();
    return this.accessToken;
  }

  /** Note that the server does not take this token any more, whatever our clock says; the next use gets a new one. */
  refuse(token = this.accessToken) {
    this.#refused = token;
  }

  /** End the session, unless it has: no token is given out any more. */
  end() {
    if (this.#ended) return;
    this.#ended = true;
    this.#manager.removeUser();
    this.#onEnded();
  }

  async #renewOrEnd() {
    try {
      await this.#renew();
    } catch (error) {
      if (isPassing(error)) throw new AuthorityUnreachable();
      this.end();
    }
    if (this.#ended) throw new SessionEnded();
  }

  /** Renew once, however many ask: a refresh token may be good for one use only. */
  #renew() {
    this.#renewal ??= this.#refresh().finally(() => { this.#renewal = null; });
    return this.#renewal;
  }

  async #refresh() {
    if (!this.#user.refresh_token) throw new SessionEnded(); // the library would try a hidden frame instead
    const renewed = await this.#manager.signinSilent();
    if (renewed.profile.sub !== this.profile.sub) throw new SessionEnded();
    if (!this.#ended) this.#take(renewed);
  }

  /**
   * Take over the user without the ID token, whose claims have been read. With it the library would put it into the
   * address of the sign-out, and would refuse renewals at issuers that let `auth_time` start over.
   */
  #take(user) {
    user.id_token = undefined;
    this.#user = user;
    this.#manager.storeUser(user);
  }
}
