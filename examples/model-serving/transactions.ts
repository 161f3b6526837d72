export interface Transaction {
  readonly id: number;
  readonly card: string;
  readonly cents: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Throws for what is no transaction. */
export function transaction(line: unknown): Transaction {
  const { id, card, cents, at } = (line ?? {}) as { readonly [field: string]: unknown };
  if (typeof id === "number" && typeof card === "string" && typeof cents === "number" && typeof at === "number") return { id, card, cents, at };
  throw new TypeError("id, cents and at are numbers, card is a string");
}

const cards = 2_000;
const begin = Date.UTC(2026, 0, 1);
const stepMs = 20_000;
const episodeEvery = 250;
const episodeLength = 6;
const errandEvery = 40;
const errandLength = 3;

/**
 * The n-th transaction and whether it is fraud: a function of n alone. A stolen card pays little twice, then much several
 * times, all within minutes; its owner too pays twice or thrice in a row now and then, and much now and then.
 */
export function transactionAt(n: number): { readonly transaction: Transaction; readonly fraud: boolean } {
  const inEpisode = n % episodeEvery;
  const fraud = inEpisode < episodeLength;
  const together = fraud ? Math.floor(n / episodeEvery) : n % errandEvery < errandLength ? 1_000_000 + Math.floor(n / errandEvery) : 2_000_000 + n;
  const card = mix(together) % cards;
  const usualCents = 500 * 30 ** unit(mix(card + 7));
  const spread = 4 ** (unit(mix(n + 11)) * 2 - 1) * (unit(mix(n + 13)) < 0.02 ? 6 : 1);
  const stolen = inEpisode < 2 ? 0.1 + 0.2 * unit(mix(n + 17)) : 3 + 6 * unit(mix(n + 19));
  const cents = Math.max(1, Math.round(usualCents * (fraud ? stolen : spread)));
  return { transaction: { id: n, card: `card-${card}`, cents, at: begin + n * stepMs }, fraud };
}

/** 0 to 1. */
function unit(bits: number): number {
  return bits / 2 ** 32;
}

/** Thirty-two well mixed bits of a number (splitmix32's finalizer). */
function mix(n: number): number {
  let x = (n + 0x9e3779b9) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
