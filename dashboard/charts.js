// The charts, drawn as SVG: orders per second, time to confirm, venue share.

import { engineNow } from "./clock.js";
import { byId, h, setText, svg } from "./dom.js";
import { count, duration, percent, title } from "./format.js";
import { confirmTimes, histogram, perSecond, quantile, venueShare } from "./statistics.js";

const HEIGHT = 112;
const FOOT = 16; // room for the labels of the axis
const HEAD = 14;

export class Charts {
  #store;
  #drawing = null;
  #moving;
  #throughput = figure("throughput", "Orders per second", "last minute");
  #latency = figure("latency", "Time to confirm", "orders in view");
  #venues = figure("venues", "Venue share", "");

  constructor(store) {
    this.#store = store;
    const all = [this.#throughput, this.#latency, this.#venues];
    byId("charts").append(...all.map(({ element }) => element));
    new ResizeObserver(() => this.draw()).observe(byId("charts"));
    this.#moving = setInterval(() => { if (!document.hidden) this.draw(); }, 1000);
  }

  /** Let the last minute be the one before now: it does not move on. */
  freeze() {
    clearInterval(this.#moving);
  }

  /** Draw before long, and once for many changes. */
  soon() {
    this.#drawing ??= setTimeout(() => this.draw(), 200);
  }

  /** Draw all three from the orders in the store. */
  draw() {
    clearTimeout(this.#drawing);
    this.#drawing = null;
    const orders = this.#store.newestFirst();
    drawThroughput(this.#throughput, perSecond(orders, engineNow()));
    drawLatency(this.#latency, confirmTimes(orders));
    drawVenues(this.#venues, venueShare(orders));
  }
}

function figure(name, heading, scope) {
  const value = h("span", { class: "chart-value" });
  const plot = h("div", { class: "plot" });
  const element = h("figure", { class: "card chart", "data-testid": `chart-${name}` },
    h("figcaption", {}, h("h2", {}, heading), h("span", { class: "scope" }, scope), value), plot);
  return { plot, value, element };
}

/** Put a picture into a figure; `spoken` says in words what it shows. */
function put(figure, spoken, draw) {
  const width = Math.max(120, figure.plot.clientWidth);
  const picture = svg("svg", { role: "img", "aria-label": spoken, width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}` });
  picture.append(...draw(width, HEIGHT - FOOT).filter(Boolean));
  figure.plot.replaceChildren(picture);
}

const line = (x1, y1, x2, y2, name) => svg("line", { x1, y1, x2, y2, class: name });
const label = (x, y, text, anchor = "start") => svg("text", { x, y, "text-anchor": anchor }, text);

/** A bar from the ground up that shows its figure when pointed at. */
function bar(x, width, height, ground, name, tip) {
  return svg("rect", { x, y: ground - height, width: Math.max(1, width), height, rx: Math.min(1.5, width / 2), class: name },
    svg("title", {}, tip));
}

function drawThroughput(figure, buckets) {
  const peak = Math.max(...buckets.map(({ accepted, confirmed }) => Math.max(accepted, confirmed)));
  const recent = buckets.slice(-5).reduce((sum, { confirmed }) => sum + confirmed, 0) / 5;
  const accepted = buckets.reduce((sum, bucket) => sum + bucket.accepted, 0);
  const confirmed = buckets.reduce((sum, bucket) => sum + bucket.confirmed, 0);
  setText(figure.value, `${recent.toFixed(1)}/s confirmed`);
  put(figure, `Last minute: ${accepted} orders accepted, ${confirmed} confirmed, at most ${peak} in one second.`, (width, ground) => {
    const step = width / buckets.length;
    const scale = (number) => ((ground - HEAD) * number) / Math.max(1, peak);
    const bars = buckets.flatMap((bucket, index) => [
      bucket.accepted && bar(index * step, step * 0.86, scale(bucket.accepted), ground, "bar accepted", `${bucket.accepted} accepted`),
      bucket.confirmed && bar(index * step + step * 0.2, step * 0.46, scale(bucket.confirmed), ground, "bar confirmed", `${bucket.confirmed} confirmed`),
    ]);
    return [
      line(0, HEAD, width, HEAD, "grid"), label(0, HEAD - 4, `peak ${peak}/s`), legend(width),
      line(0, ground, width, ground, "axis"), ...bars,
      label(0, HEIGHT - 3, "60 s ago"), label(width, HEIGHT - 3, "now", "end"),
    ];
  });
}

function legend(width) {
  return svg("text", { x: width, y: HEAD - 4, "text-anchor": "end" },
    svg("tspan", { class: "key accepted" }, "■"), " accepted  ", svg("tspan", { class: "key confirmed" }, "■"), " confirmed");
}

function drawLatency(figure, times) {
  const [middle, high] = [quantile(times, 0.5), quantile(times, 0.95)];
  setText(figure.value, times.length ? `median ${duration(middle)}` : "");
  if (!times.length) return figure.plot.replaceChildren(h("p", { class: "empty" }, "No confirmed orders yet."));
  const { width: binWidth, bins } = histogram(times);
  const tallest = Math.max(...bins.map((bin) => bin.count));
  const spoken = `${times.length} confirmed orders: half within ${duration(middle)}, 95% within ${duration(high)}.`;
  return put(figure, spoken, (width, ground) => {
    const step = Math.min(width / bins.length, 48);
    const start = bins[0].from;
    const at = (ms) => Math.min(width, ((ms - start) / binWidth) * step);
    const end = start + bins.length * binWidth;
    const more = times.at(-1) >= end ? " and more" : "";
    const tip = (bin) => `${bin.count} in ${duration(bin.from)} to ${duration(bin.from + binWidth)}${bin === bins.at(-1) ? more : ""}`;
    const mark = (ms, text, height) => [line(at(ms), height, at(ms), ground, "mark"),
      label(at(ms) + (at(ms) > width * 0.7 ? -4 : 4), height + 8, text, at(ms) > width * 0.7 ? "end" : "start")];
    return [
      ...bins.map((bin, index) => bar(index * step + 0.5, step - 1.5, ((ground - HEAD) * bin.count) / tallest, ground, "bar time", tip(bin))),
      line(0, ground, width, ground, "axis"),
      ...mark(middle, `p50 ${duration(middle)}`, 0), ...(high > middle ? mark(high, `p95 ${duration(high)}`, HEAD) : []),
      label(0, HEIGHT - 3, duration(start)), bins.length > 1 && label(bins.length * step, HEIGHT - 3, `${duration(end)}${more}`, "end"),
    ];
  });
}

function drawVenues(figure, shares) {
  const total = shares.reduce((sum, share) => sum + share.count, 0);
  setText(figure.value, total ? `${count(total)} ${total === 1 ? "swap" : "swaps"}` : "");
  if (!total) return figure.plot.replaceChildren(h("p", { class: "empty" }, "No confirmed orders yet."));
  const spoken = shares.map(({ venue, count: swaps }) => `${title(venue)} ${percent(swaps / total)}`).join(", ");
  put(figure, `Venue share: ${spoken}.`, (width) => {
    let left = 0;
    return shares.map(({ venue, count: swaps }) => {
      const part = svg("rect", { x: left, y: 14, width: Math.max(1, (width * swaps) / total - 2), height: 26, rx: 3, class: "share", "data-venue": venue },
        svg("title", {}, `${title(venue)}: ${swaps}`));
      left += (width * swaps) / total;
      return part;
    });
  });
  figure.plot.append(h("ul", { class: "shares" }, shares.map(({ venue, count: swaps }) =>
    h("li", { "data-venue": venue }, h("span", { class: "swatch", "aria-hidden": "true" }), title(venue),
      h("strong", {}, percent(swaps / total)), h("span", { class: "scope" }, count(swaps))))));
  return undefined;
}
