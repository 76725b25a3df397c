// The dashboard, for whoever may see it: API and stream feed the store, the store feeds the views.

import { cancelOrder, getOrder } from "./api.js";
import { CatchUp } from "./catchup.js";
import { Charts } from "./charts.js";
import { observe } from "./clock.js";
import { ConnectionBadge } from "./connection.js";
import { OrderDetail } from "./detail.js";
import { byId, setText } from "./dom.js";
import { OrderForm } from "./form.js";
import { shortId } from "./format.js";
import { Live } from "./live.js";
import { OlderOrders } from "./older.js";
import { isTerminal } from "./order.js";
import { OrderStore } from "./store.js";
import { OrdersTable } from "./table.js";
import { Tiles } from "./tiles.js";
import { announce, toast } from "./toasts.js";

export class Dashboard {
  #store = new OrderStore();
  #older;
  #catchUp;
  #live;
  #table;
  #detail;
  #tiles;
  #charts;
  #changed = new Set();
  #drawing = 0;

  /**
   * Build the views and load what they show.
   * @param viewer who looks at the page (see viewer.js)
   * @param access what the live stream needs of a session (see live.js); null where authentication is off
   */
  constructor(viewer, access = null) {
    this.#older = new OlderOrders(this.#store, sayAboutOrders);
    this.#connect(viewer, access);
    this.#buildViews(viewer);
    this.#store.onChange((order, event) => this.#orderChanged(order, event));
    addEventListener("hashchange", () => this.#route());
    this.#table.render();
    this.#tiles.showOrders(this.#store);
    this.#charts.draw();
    this.#live.start();
    this.#older.refresh().then(() => this.#route());
  }

  /** Ask for nothing any more. What has been loaded stays on the page as it is. */
  freeze() {
    this.#live.stop();
    this.#table.freeze();
    this.#charts.freeze();
    this.#tiles.stop();
  }

  #connect(viewer, access) {
    const badge = new ConnectionBadge({ onReconnect: () => this.#live.reconnect() });
    this.#catchUp = new CatchUp({
      store: this.#store,
      send: (message) => this.#live.send(message),
      fetchOrder: getOrder,
      onProgress: (progress) => badge.progress(progress),
    });
    this.#live = new Live({
      store: this.#store,
      badge,
      catchUp: this.#catchUp,
      refreshList: () => this.#older.refresh(),
      channel: viewer.seesAll ? "all" : "user",
      access,
    });
  }

  #buildViews(viewer) {
    const cancel = (id) => this.#cancel(id);
    this.#table = new OrdersTable(this.#store, {
      open: (id) => { location.hash = `order/${id}`; },
      cancel,
      need: (id) => this.#catchUp.want(id),
      older: () => this.#older.next(),
      hasOlder: () => this.#older.more,
    }, viewer);
    this.#detail = new OrderDetail({ cancel, closed: leaveDetail }, viewer);
    this.#tiles = new Tiles(viewer);
    this.#charts = new Charts(this.#store);
    new OrderForm({ viewer, onPlaced: (answer, body) => this.#store.place(answer.orderId, body, answer.status) });
  }

  #orderChanged(order, event) {
    this.#changed.add(order.id);
    this.#drawing ||= requestAnimationFrame(() => this.#draw());
    if (event) observe(event.timestamp);
    if (event && order.mine && isTerminal(event.status)) announce(`Order ${shortId(order.id)} ${event.status}`);
  }

  /** Views are drawn at most once a frame, however many events come in. */
  #draw() {
    this.#drawing = 0;
    this.#table.render(this.#changed);
    this.#tiles.showOrders(this.#store);
    if (this.#changed.has(this.#detail.id)) this.#detail.update(this.#store.get(this.#detail.id));
    this.#changed.clear();
    this.#charts.soon();
  }

  async #cancel(id) {
    try {
      await cancelOrder(id);
      toast(`Order ${shortId(id)} is cancelled.`, "good");
    } catch (error) {
      toast(error.message, "bad");
    }
    this.#catchUp.poll([id]); // whatever happened: show what is so now
  }

  /** The order that is open in the detail sheet is part of the address, so it can be shared, and Back closes it. */
  async #route() {
    const id = /^#order\/([^/]+)$/.exec(location.hash)?.[1];
    if (!id) {
      this.#detail.close();
      return;
    }
    this.#detail.show(id, this.#store.get(id));
    if (this.#store.get(id) && this.#store.isComplete(id)) return;
    try {
      this.#store.load(await getOrder(id));
    } catch (error) {
      if (this.#detail.id === id && !this.#store.get(id)) this.#detail.message(id, error.message);
    }
  }
}

function sayAboutOrders(text) {
  byId("orders-note").hidden = !text;
  setText(byId("orders-note"), text);
}

function leaveDetail() {
  if (location.hash) history.pushState(null, "", location.pathname + location.search);
}
