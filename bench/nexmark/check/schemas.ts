/** What a row of a query's result holds. */
export interface ResultSchema {
  readonly columns: readonly string[];
  /** So many leading columns are the key of a table, whose last row for each key counts; 0: every row counts. */
  readonly keyColumns: number;
  /** Columns with fractions, which are compared to 12 digits. */
  readonly fractions: ReadonlySet<string>;
}

const counts = ["bids", "bidders", "auctions"].flatMap((what) => [`total_${what}`, `rank1_${what}`, `rank2_${what}`, `rank3_${what}`]).join(" ");

export const resultSchemas = {
  q0: rows("auction bidder price dateTime extra"),
  q1: rows("auction bidder price dateTime extra", "price"),
  q2: rows("auction price"),
  q3: rows("name city state id"),
  q4: table(1, "category final", "final"),
  q5: rows("auction num starttime endtime"),
  q7: rows("auction bidder price dateTime extra"),
  q8: rows("id name starttime endtime"),
  q9: rows("id itemName description initialBid reserve dateTime expires seller category extra auction bidder price bid_dateTime bid_extra"),
  q11: rows("bidder bid_count starttime endtime"),
  q12: rows("bidder bid_count starttime endtime"),
  q13: rows("auction bidder price dateTime value"),
  q14: rows("auction bidder price bidTimeType dateTime extra c_counts", "price"),
  q15: table(1, `day ${counts}`),
  q16: table(2, `channel day minute ${counts}`),
  q17: table(2, "auction day total_bids rank1_bids rank2_bids rank3_bids min_price max_price avg_price sum_price", "avg_price"),
  q18: table(2, "auction bidder price channel url dateTime extra"),
  q19: table(2, "auction rank_number bidder price channel url dateTime extra"),
  q20: rows(
    "auction bidder price channel url bid_dateTime bid_extra itemName description initialBid reserve auction_dateTime expires seller category auction_extra",
  ),
  q22: rows("auction bidder price channel dir1 dir2 dir3"),
} satisfies Readonly<Record<string, ResultSchema>>;

function rows(columns: string, ...fractions: string[]): ResultSchema {
  return table(0, columns, ...fractions);
}

function table(keyColumns: number, columns: string, ...fractions: string[]): ResultSchema {
  return { columns: columns.split(" "), keyColumns, fractions: new Set(fractions) };
}
