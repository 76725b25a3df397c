// How figures are written. Amounts are exact decimal strings and stay strings: no binary float touches them.

const NONE = "–";

/** Group the digits before the point; with `places`, cut (never round up) the digits after it. */
export function amount(text, places = Infinity) {
  if (text === null || text === undefined || text === "") return NONE;
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(text));
  if (!match) return String(text);
  const [, sign, whole, fraction = ""] = match;
  const kept = fraction.slice(0, places);
  return sign + whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") + (kept ? `.${kept}` : "");
}

/** A short form of an amount for tables: about six digits that matter. */
export function shortAmount(text) {
  const [whole, fraction = ""] = String(text ?? "").replace("-", "").split(".");
  const leadingZeros = whole === "0" ? /^0*/.exec(fraction)[0].length : 0;
  return amount(text, Math.max(2, 6 - (whole === "0" ? 0 : whole.length) + leadingZeros));
}

/** A fraction such as "0.0042" as a percentage with three digits that matter. */
export function percent(fraction) {
  const number = Number(fraction);
  if (fraction === null || fraction === undefined || fraction === "" || !Number.isFinite(number)) return NONE;
  return new Intl.NumberFormat("en", { style: "percent", maximumSignificantDigits: 3 }).format(number);
}

/** Realised slippage in basis points (positive: less than quoted), with its meaning as a percentage. */
export function slippage(bps) {
  const number = Math.abs(Number(bps));
  if (!Number.isFinite(number)) return NONE;
  if (number === 0) return "none";
  return `${number} bps (${percent(number / 10_000)}) ${bps < 0 ? "better" : "worse"} than quoted`;
}

/** A span of milliseconds: "42 ms", "1.28 s", "2 min 05 s". */
export function duration(ms) {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return NONE;
  const span = Math.max(0, ms);
  if (span < 1000) return `${Math.round(span)} ms`;
  if (span < 10_000) return `${(span / 1000).toFixed(2)} s`;
  if (span < 60_000) return `${(span / 1000).toFixed(1)} s`;
  const seconds = Math.floor(span / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
  return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")} min`;
}

/** The local time of day of an ISO time, with milliseconds where `exact`. */
export function clockTime(iso, exact = false) {
  const moment = new Date(iso);
  if (!iso || Number.isNaN(moment.getTime())) return NONE;
  const time = moment.toLocaleTimeString("en-GB");
  return exact ? `${time}.${String(moment.getMilliseconds()).padStart(3, "0")}` : time;
}

/** Local date and time of an ISO time. */
export function dateTime(iso) {
  const moment = new Date(iso);
  if (!iso || Number.isNaN(moment.getTime())) return NONE;
  return moment.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
}

/** The part of an id or hash by which people tell it apart. UUIDv7s begin with the time, so the end says more. */
export const shortId = (id) => String(id).slice(-8);

/** Both ends of a long hash. */
export const shortHash = (hash) => (hash.length > 20 ? `${hash.slice(0, 8)}…${hash.slice(-8)}` : hash);

/** A whole number with grouped digits. */
export const count = (number) => amount(String(number));

/** A name such as "take_profit" or "dead_letters" for people. */
export function title(name) {
  const words = String(name).replaceAll(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A percentage as typed ("0.5") as the fraction the API takes ("0.005"), by moving the point. Other text stays as it is. */
export function percentToFraction(text) {
  const typed = text.trim().replace(/\s*%$/, "");
  const match = /^(-?)(\d*)(?:\.(\d*))?$/.exec(typed);
  if (!match || !/\d/.test(typed)) return typed;
  const [, sign, whole, fraction = ""] = match;
  const digits = whole.padStart(3, "0");
  const moved = `${digits.slice(0, -2)}.${digits.slice(-2)}${fraction}`;
  return sign + moved.replace(/^0+(?=\d)/, "").replace(/0+$/, "").replace(/\.$/, "");
}
