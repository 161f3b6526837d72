/** Records of seven fields, as Nexmark's bids. */
export interface Bid {
  auction: number;
  bidder: number;
  price: number;
  channel: string;
  url: string;
  dateTime: number;
  extra: string;
}

export function bids(count: number): Bid[] {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
  return Array.from({ length: count }, (_, i) => ({
    auction: next() % 1000,
    bidder: 1000 + (next() % 1000),
    price: next() % 100_000,
    channel: ["Google", "Facebook", "Baidu", "Apple"][next() % 4] as string,
    url: `https://www.nexmark.com/item/${next() % 5000}`,
    dateTime: 1_700_000_000_000 + Math.floor(i / 10),
    extra: "x".repeat(next() % 40),
  }));
}
