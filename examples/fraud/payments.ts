export interface Payment {
  readonly id: number;
  readonly card: string;
  readonly cents: number;
  readonly country: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const cards = 5_000;
const countries = ["AT", "BR", "DE", "IN", "JP", "NG", "US"] as const;
const begin = Date.UTC(2026, 0, 1);

/** The n-th payment: a function of n alone, so that a generator that is restarted goes on with the same ones. */
export function paymentAt(n: number): Payment {
  const x = mix(n);
  // A card now and then pays many times in a row.
  const card = n % 400 < 8 ? mix(Math.floor(n / 400)) % cards : x % cards;
  const home = card % countries.length;
  const away = (x >>> 13) % 200 === 0 ? 1 + ((x >>> 5) % (countries.length - 1)) : 0;
  const large = (x >>> 7) % 300 === 0 ? 40 : 1;
  return {
    id: n,
    card: `card-${card}`,
    cents: (500 + ((x >>> 3) % 9_500)) * large,
    country: countries[(home + away) % countries.length] as string,
    at: begin + n * 250,
  };
}

/** Thirty-two well mixed bits of a number (splitmix32's finalizer). */
function mix(n: number): number {
  let x = (n + 0x9e3779b9) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
