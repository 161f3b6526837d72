import { q15, q16 } from "./counts.ts";
import { q3, q20 } from "./joins.ts";
import type { Query } from "./query.ts";
import { q0, q1, q2, q13, q14, q22 } from "./stateless.ts";
import { q17, q18, q19 } from "./upserts.ts";
import { q5, q7, q8, q11, q12 } from "./windows.ts";
import { q4, q9 } from "./winning-bids.ts";

export const queries = { q0, q1, q2, q3, q4, q5, q7, q8, q9, q11, q12, q13, q14, q15, q16, q17, q18, q19, q20, q22 } satisfies Readonly<
  Record<string, Query>
>;

export type QueryName = keyof typeof queries;

export const queryNames = Object.keys(queries) as QueryName[];

/** Without state or timers. */
export const statelessQueries: ReadonlySet<QueryName> = new Set(["q0", "q1", "q2", "q13", "q14", "q22"]);
