// Gets what is missing: after a reconnect for every order that was still moving, and whenever a gap shows.
//
// Over the socket it subscribes to the order with `afterSeq`, takes the snapshot, and unsubscribes: the channel `all`
// goes on from there. Where that can't work (no socket, no terms known, no answer) it reads the order over HTTP.

const WINDOW = 6; // orders asked for at a time: connections have a limit of subscriptions
const GRACE = 300; // milliseconds: frames may overtake each other, most gaps close by themselves
const ANSWER_WITHIN = 3_000;
const TRIES = 3;

export class CatchUp {
  #store;
  #send;
  #fetchOrder;
  #onProgress;
  #world;
  #waiting = new Map(); // id → job, in order
  #running = new Map();
  #futile = new Map(); // id → the version at which asking did not help
  #done = 0;
  #total = 0;

  /**
   * @param send sends a message over the socket, returns false when that is not possible
   * @param fetchOrder returns a promise of the order as the API writes it
   * @param onProgress called with {done, total}; total is 0 once all is caught up
   */
  constructor({ store, send, fetchOrder, onProgress, world = {} }) {
    this.#store = store;
    this.#send = send;
    this.#fetchOrder = fetchOrder;
    this.#onProgress = onProgress;
    this.#world = {
      setTimeout: (call, ms) => setTimeout(call, ms),
      clearTimeout: (timer) => clearTimeout(timer),
      ...world,
    };
  }

  /** After a reconnect: ask for what these orders went through in the meantime, visibly. */
  resume(ids) {
    for (const id of ids) this.#enqueue({ id, visible: true });
    this.#next();
  }

  /** Complete this order if, after a moment of grace, something is still missing. */
  want(id) {
    if (this.#store.isComplete(id) || this.#waiting.has(id) || this.#running.has(id)) return;
    this.#world.setTimeout(() => {
      if (this.#store.isComplete(id) || this.#futile.get(id) === this.#store.get(id)?.version) return;
      this.#enqueue({ id, visible: false });
      this.#next();
    }, GRACE);
  }

  /** Read these orders over HTTP, for as long as there is no live stream. */
  poll(ids) {
    for (const id of ids) this.#enqueue({ id, visible: false, overHttp: true });
    this.#next();
  }

  /** To be called with each snapshot, after it has been folded in. */
  snapshot(id) {
    const job = this.#running.get(id);
    if (!job || this.#store.hasGap(id)) return; // a long history comes in several snapshots
    this.#finish(job);
  }

  #enqueue(job) {
    if (this.#waiting.has(job.id) || this.#running.has(job.id)) return;
    this.#waiting.set(job.id, { tries: 0, timer: undefined, ...job });
    if (job.visible) this.#total += 1;
  }

  #next() {
    while (this.#running.size < WINDOW && this.#waiting.size) {
      const [id, job] = this.#waiting.entries().next().value;
      this.#waiting.delete(id);
      this.#running.set(id, job);
      this.#ask(job);
    }
    this.#report();
  }

  #ask(job) {
    const termsKnown = this.#store.get(job.id)?.terms;
    const subscribe = { action: "subscribe", orderId: job.id, afterSeq: this.#store.seq(job.id) };
    job.subscribed = termsKnown && !job.overHttp && this.#send(subscribe);
    if (job.subscribed) {
      job.timer = this.#world.setTimeout(() => this.#overHttp(job), ANSWER_WITHIN);
    } else {
      this.#overHttp(job);
    }
  }

  async #overHttp(job) {
    try {
      this.#store.load(await this.#fetchOrder(job.id));
    } catch (error) {
      job.tries += 1;
      if (error.retryable && job.tries < TRIES) {
        job.timer = this.#world.setTimeout(() => this.#overHttp(job), 1000 * 2 ** job.tries);
        return;
      }
    }
    this.#finish(job);
  }

  #finish(job) {
    this.#world.clearTimeout(job.timer);
    if (this.#running.get(job.id) !== job) return;
    this.#running.delete(job.id);
    if (job.subscribed) this.#send({ action: "unsubscribe", orderId: job.id });
    if (!this.#store.isComplete(job.id)) this.#futile.set(job.id, this.#store.get(job.id)?.version);
    if (job.visible) this.#done += 1;
    this.#next();
  }

  #report() {
    if (this.#done === this.#total) this.#done = this.#total = 0;
    this.#onProgress({ done: this.#done, total: this.#total });
  }
}
