// The list of orders that the API keeps: read at the start, after each reconnect, and page by page when asked for.

import { listOrders } from "./api.js";

const PAGES_AT_MOST = 5;

export class OlderOrders {
  #store;
  #say;
  #cursor = null;
  #started = false;

  /** @param say shows a note above the table; an empty text takes it away */
  constructor(store, say) {
    this.#store = store;
    this.#say = say;
  }

  /** Whether there are orders that have not been loaded. */
  get more() {
    return this.#cursor !== null;
  }

  /** Load the newest orders, as far back as they were not known here. */
  async refresh() {
    let cursor = null;
    for (let page = 0; page < PAGES_AT_MOST; page += 1) {
      const answer = await this.#page(cursor);
      if (!answer) return;
      cursor = answer.nextCursor;
      if (!this.#started) this.#cursor = cursor;
      if (!this.#started || !cursor || answer.met) break;
    }
    this.#started = true;
  }

  /** Load the next older page. */
  async next() {
    const answer = this.more && (await this.#page(this.#cursor));
    if (answer) this.#cursor = answer.nextCursor;
  }

  async #page(cursor) {
    try {
      const { orders, nextCursor } = await listOrders({ cursor });
      const met = orders.some(({ id }) => this.#store.get(id));
      for (const order of orders) this.#store.load(order);
      this.#say("");
      return { nextCursor, met };
    } catch (error) {
      if (error.code === "session_ended") return null; // the whole page says so
      this.#say(error.unavailable && error.status
        ? "The list of earlier orders is not available; new orders appear as they come."
        : `The earlier orders could not be loaded: ${error.message}`);
      return null;
    }
  }
}
