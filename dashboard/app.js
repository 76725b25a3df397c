// Puts the parts together: API and stream feed the store, the store feeds the views.

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

const store = new OrderStore();
const older = new OlderOrders(store, (text) => {
  byId("orders-note").hidden = !text;
  setText(byId("orders-note"), text);
});
const badge = new ConnectionBadge({ onReconnect: () => live.reconnect() });
const catchUp = new CatchUp({
  store,
  send: (message) => live.send(message),
  fetchOrder: getOrder,
  onProgress: (progress) => badge.progress(progress),
});
const live = new Live({ store, badge, catchUp, refreshList: () => older.refresh() });
const table = new OrdersTable(store, {
  open: (id) => { location.hash = `order/${id}`; },
  cancel,
  need: (id) => catchUp.want(id),
  older: () => older.next(),
  hasOlder: () => older.more,
});
const detail = new OrderDetail({ cancel, closed: leaveDetail });
new Tiles();
const charts = new Charts(store);
new OrderForm({ onPlaced: (answer, body) => store.place(answer.orderId, body, answer.status) });

// Views are drawn at most once a frame, however many events come in.
const changed = new Set();
let drawing = 0;

function draw() {
  drawing = 0;
  table.render(changed);
  if (changed.has(detail.id)) detail.update(store.get(detail.id));
  changed.clear();
  charts.soon();
}

store.onChange((order, event) => {
  changed.add(order.id);
  drawing ||= requestAnimationFrame(draw);
  if (event) observe(event.timestamp);
  if (event && order.mine && isTerminal(event.status)) {
    announce(`Order ${shortId(order.id)} ${event.status}`);
  }
});

async function cancel(id) {
  try {
    await cancelOrder(id);
    toast(`Order ${shortId(id)} is cancelled.`, "good");
  } catch (error) {
    toast(error.message, "bad");
  }
  catchUp.poll([id]); // whatever happened: show what is so now
}

// The order that is open in the detail sheet is part of the address, so it can be shared and the back button closes it.
async function route() {
  const id = /^#order\/([^/]+)$/.exec(location.hash)?.[1];
  if (!id) {
    detail.close();
    return;
  }
  detail.show(id, store.get(id));
  if (store.get(id) && store.isComplete(id)) return;
  try {
    store.load(await getOrder(id));
  } catch (error) {
    if (detail.id === id && !store.get(id)) detail.message(id, error.message);
  }
}

function leaveDetail() {
  if (location.hash) history.pushState(null, "", location.pathname + location.search);
}

addEventListener("hashchange", route);
table.render();
charts.draw();
live.start();
older.refresh().then(route);
