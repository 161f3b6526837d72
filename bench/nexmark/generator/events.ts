/** The three kinds of events. Ids, prices and times (ms since 1970, UTC) are integers. All begin alike, so that what they share is found in one place. */
export interface Person {
  readonly kind: "person";
  readonly dateTime: number;
  readonly id: number;
  readonly name: string;
  readonly emailAddress: string;
  readonly creditCard: string;
  readonly city: string;
  readonly state: string;
  readonly extra: string;
}

export interface Auction {
  readonly kind: "auction";
  readonly dateTime: number;
  readonly id: number;
  readonly itemName: string;
  readonly description: string;
  readonly initialBid: number;
  readonly reserve: number;
  readonly expires: number;
  readonly seller: number;
  readonly category: number;
  readonly extra: string;
}

export interface Bid {
  readonly kind: "bid";
  readonly dateTime: number;
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  readonly extra: string;
}

export type Event = Person | Auction | Bid;
