import { MillraceError } from "@millrace/core";

export interface GeneratorOptions {
  /** 32 bits. */
  readonly seed: number;
  /** Event numbers are 0..events-1; below 2^31. */
  readonly events: number;
  /** Events in a second of event time. */
  readonly eventRate: number;
  /** Of event 0: five seconds before midnight, so that there are two days and the first window is cut. */
  readonly firstTs: number;
  /** Positions are permuted within blocks of so many, a power of two. */
  readonly shuffle: number;
  /** false: every `extra` is the empty string. */
  readonly extras: boolean;
}

const generatorDefaults: GeneratorOptions = {
  seed: 1,
  events: 100_000,
  eventRate: 10_000,
  firstTs: 1_436_918_395_000,
  shuffle: 1,
  extras: true,
};

/** Bids on the hot auction, and so on: the share of hot picks is 1 - 1/ratio. */
export const HOT_AUCTION_RATIO = 2;
export const HOT_SELLER_RATIO = 4;
export const HOT_BIDDER_RATIO = 4;
export const AUCTIONS_IN_FLIGHT = 100;
export const ACTIVE_PEOPLE = 1_000;

/** Fills in what is left out. Throws NEXMARK_OPTIONS. */
export function generatorOptions(given: Partial<GeneratorOptions>): GeneratorOptions {
  const options = { ...generatorDefaults, ...given };
  const { events, eventRate, shuffle, seed, firstTs } = options;
  if (!isWhole(events, 0, 2 ** 31 - 1)) throw refused("events", "a whole number below 2^31", events);
  if (!isWhole(eventRate, 1, 1e9)) throw refused("eventRate", "a whole number of events a second", eventRate);
  if (!isWhole(seed, -(2 ** 31), 2 ** 32 - 1)) throw refused("seed", "a whole number of 32 bits", seed);
  if (!Number.isSafeInteger(firstTs)) throw refused("firstTs", "milliseconds since 1970", firstTs);
  if (!isWhole(shuffle, 1, 2 ** 30) || (shuffle & (shuffle - 1)) !== 0) throw refused("shuffle", "a power of two", shuffle);
  return options;
}

function isWhole(value: number, least: number, greatest: number): boolean {
  return Number.isInteger(value) && value >= least && value <= greatest;
}

function refused(name: string, rule: string, value: number): MillraceError {
  return new MillraceError("NEXMARK_OPTIONS", `${name} must be ${rule}, not ${value}`, { hint: "see pnpm bench nexmark --help" });
}
