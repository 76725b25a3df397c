// The engine's clock as far as this page can tell: what it says when it speaks is at most a delivery old.

let offset = null;

/** Note a time that the engine has just sent. */
export function observe(iso) {
  const difference = Date.parse(iso) - Date.now();
  if (!Number.isNaN(difference)) offset = offset === null ? difference : Math.max(offset, difference);
}

/** Milliseconds since the epoch, by the engine's clock. */
export const engineNow = () => Date.now() + (offset ?? 0);
