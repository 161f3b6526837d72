import type { Event } from "./events.ts";

const FNV_PRIME = 0x01000193;
const START = 0x811c9dc5 | 0;
const kinds = { person: 0, auction: 1, bid: 2 } as const;

/** Of a stream, sensitive to its order: FNV-1a over 32-bit words, the fields of each event in the order of the Nexmark types. */
export class StreamChecksum {
  #hash = START;

  add(event: Event): void {
    this.#word(kinds[event.kind]);
    switch (event.kind) {
      case "person":
        this.#fields(event.id, event.name, event.emailAddress, event.creditCard, event.city, event.state, event.dateTime, event.extra);
        return;
      case "auction":
        this.#fields(event.id, event.itemName, event.description, event.initialBid, event.reserve, event.dateTime, event.expires);
        this.#fields(event.seller, event.category, event.extra);
        return;
      case "bid":
        this.#fields(event.auction, event.bidder, event.price, event.channel, event.url, event.dateTime, event.extra);
    }
  }

  /** Eight hexadecimal digits. */
  toString(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }

  #fields(...fields: readonly (number | string)[]): void {
    for (const field of fields) {
      if (typeof field === "string") this.#text(field);
      else this.#integer(field);
    }
  }

  #integer(value: number): void {
    this.#word((value % 4_294_967_296) | 0);
    this.#word((value / 4_294_967_296) | 0);
  }

  #text(value: string): void {
    for (let i = 0; i < value.length; i++) this.#word(value.charCodeAt(i));
    this.#word(value.length);
  }

  #word(word: number): void {
    this.#hash = Math.imul(this.#hash ^ word, FNV_PRIME);
  }
}
