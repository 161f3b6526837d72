import type { Auction, Bid, Event, Person } from "./events.ts";
import { GOLDEN, GOLDEN_2, GOLDEN_3, GOLDEN_4, high, low, mix } from "./mix.ts";
import {
  ACTIVE_PEOPLE,
  AUCTIONS_IN_FLIGHT,
  type GeneratorOptions,
  generatorOptions,
  HOT_AUCTION_RATIO,
  HOT_BIDDER_RATIO,
  HOT_SELLER_RATIO,
} from "./options.ts";
import { CITIES, cardText, channels, emailText, nameText, STATES, slice, urls } from "./texts.ts";

/** One person, three auctions and 46 bids make an epoch. */
const EVENTS_PER_EPOCH = 50;
const AUCTIONS_PER_EPOCH = 3;
/** Ids are numbers from 0 on, plus this. */
const FIRST_ID = 1_000;
const FIRST_CATEGORY = 10;
/** Events during which an auction is open, on average: until AUCTIONS_IN_FLIGHT others have begun. */
const OPEN_EVENTS = Math.floor((AUCTIONS_IN_FLIGHT * EVENTS_PER_EPOCH) / AUCTIONS_PER_EPOCH);

/**
 * The Nexmark events. Event n is a function of n alone, in 32-bit arithmetic, so that any part of the stream can be made
 * anywhere and again after a restart, and other languages make the same events.
 */
export class Generator {
  readonly #base: number;
  readonly #firstTs: number;
  readonly #eventRate: number;
  readonly #extras: boolean;
  readonly #shuffle: number;
  readonly #shuffleBits: number;
  readonly #lastWholeBlock: number;

  constructor(given: Partial<GeneratorOptions>) {
    const { seed, events, eventRate, firstTs, shuffle, extras } = generatorOptions(given);
    this.#base = mix(seed ^ 0x5bf03635);
    this.#firstTs = firstTs;
    this.#eventRate = eventRate;
    this.#extras = extras;
    this.#shuffle = shuffle;
    this.#shuffleBits = 31 - Math.clz32(shuffle);
    this.#lastWholeBlock = events - (events % shuffle);
  }

  /** The event at a position of the stream. */
  at(position: number): Event {
    return this.event(this.#shuffle === 1 ? position : this.#numberAt(position));
  }

  /** The event of a number. */
  event(n: number): Event {
    const epoch = (n / EVENTS_PER_EPOCH) | 0;
    const slot = n - epoch * EVENTS_PER_EPOCH;
    const state = (this.#base + Math.imul(n, GOLDEN_4)) | 0;
    const r0 = mix(state);
    const r1 = mix((state + GOLDEN) | 0);
    const r2 = mix((state + GOLDEN_2) | 0);
    const r3 = mix((state + GOLDEN_3) | 0);
    if (slot > AUCTIONS_PER_EPOCH) return this.#bid(n, r0, r1, r2, r3, epoch * AUCTIONS_PER_EPOCH + 2, epoch);
    if (slot > 0) return this.#auction(n, r0, r1, r2, r3, epoch * AUCTIONS_PER_EPOCH + slot - 1, epoch);
    return this.#person(n, r0, r1, r2, r3, epoch);
  }

  #timestamp(n: number): number {
    return this.#firstTs + Math.floor((n * 1000) / this.#eventRate);
  }

  #numberAt(position: number): number {
    if (position >= this.#lastWholeBlock) return position;
    const mask = this.#shuffle - 1;
    const block = position & ~mask;
    const r = mix((this.#base + block) ^ 0x3c6ef372);
    let j = position & mask;
    j = Math.imul(j ^ (r & mask), (r >>> 8) | 1) & mask;
    j ^= j >>> ((this.#shuffleBits + 1) >> 1);
    j = (Math.imul(j, (r >>> 4) | 1) + (r >>> 12)) & mask;
    return block + j;
  }

  #bid(n: number, r0: number, r1: number, r2: number, r3: number, lastAuction: number, lastPerson: number): Bid {
    let auction: number;
    if (((r0 & 0xff) * HOT_AUCTION_RATIO) >>> 8 > 0) auction = lastAuction - (lastAuction % 100);
    else {
      const oldest = lastAuction > AUCTIONS_IN_FLIGHT ? lastAuction - AUCTIONS_IN_FLIGHT : 0;
      auction = oldest + high(r1, lastAuction - oldest + 11);
    }
    const hotBidder = (((r0 >>> 8) & 0xff) * HOT_BIDDER_RATIO) >>> 8 > 0;
    const bidder = hotBidder ? lastPerson - (lastPerson % 100) + 1 : anyPerson(r1 & 0xffff, lastPerson);
    const channel = (r3 & 1) !== 0 ? 10_000 + ((r3 >>> 1) & 3) : high(r3, 10_000);
    const price = priceOf(r0, r2);
    const extra = this.#extras ? slice(r2 ^ r3, 54 + ((((r3 >>> 3) & 0xff) * 29) >>> 8)) : "";
    return {
      kind: "bid",
      dateTime: this.#timestamp(n),
      auction: FIRST_ID + auction,
      bidder: FIRST_ID + bidder,
      price,
      channel: channels[channel] as string,
      url: urls[channel] as string,
      extra,
    };
  }

  #auction(n: number, r0: number, r1: number, r2: number, r3: number, id: number, lastPerson: number): Auction {
    const dateTime = this.#timestamp(n);
    const hotSeller = ((r0 & 0xff) * HOT_SELLER_RATIO) >>> 8 > 0;
    const seller = hotSeller ? lastPerson - (lastPerson % 100) : anyPerson(r1 & 0xffff, lastPerson);
    const initialBid = priceOf(r0, r2);
    const span = (this.#timestamp(n + OPEN_EVENTS) - dateTime) * 2;
    const x = mix(r3 ^ 0x1b873593);
    return {
      kind: "auction",
      dateTime,
      id: FIRST_ID + id,
      itemName: slice(r1, 12 + high(r2, 9)),
      description: slice(r2, 60 + low(r1, 41)),
      initialBid,
      reserve: initialBid + priceOf(r1, r3),
      expires: dateTime + 1 + ((r3 >>> 1) % Math.max(span, 1)),
      seller: FIRST_ID + seller,
      category: FIRST_CATEGORY + high(r1, 5),
      extra: this.#extras ? slice(x, 285 + high(x, 143)) : "",
    };
  }

  #person(n: number, r0: number, r1: number, r2: number, r3: number, id: number): Person {
    return {
      kind: "person",
      dateTime: this.#timestamp(n),
      id: FIRST_ID + id,
      name: nameText(r0),
      emailAddress: emailText(r1, r2),
      creditCard: cardText(r2, r3),
      city: CITIES[high(r1, 10)] as string,
      state: STATES[low(r1, 6)] as string,
      extra: this.#extras ? slice(r0 ^ r3, 107 + low(r3, 55)) : "",
    };
  }
}

/** A number of a person who is active by now, or up to 10 ahead. */
function anyPerson(x16: number, lastPerson: number): number {
  const people = lastPerson + 1;
  const active = people < ACTIVE_PEOPLE ? people : ACTIVE_PEOPLE;
  return people - active + ((x16 * (active + 10)) >>> 16);
}

/** 100 to 104,857,599: one of 20 octaves, uniform inside it. */
function priceOf(octave: number, within: number): number {
  const step = 100 << ((octave >>> 16) % 20);
  return step + ((within >>> 1) % step);
}
