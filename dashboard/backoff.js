// How long to wait before the next try.

const FIRST = 500;
const LONGEST = 30_000;

/** Milliseconds before try `attempt` (from 0): doubling up to half a minute, the upper half of it by chance. */
export function backoff(attempt, random = Math.random) {
  const ceiling = Math.min(LONGEST, FIRST * 2 ** attempt);
  return Math.round(ceiling / 2 + (ceiling / 2) * random());
}
