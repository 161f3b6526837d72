import type { QueryName } from "../queries/index.ts";
import { q15, q16 } from "./counts.ts";
import { q3, q20 } from "./joins.ts";
import type { HandLoop } from "./loop.ts";
import { q11 } from "./sessions.ts";
import { q0, q1, q2, q13, q14, q22 } from "./stateless.ts";
import { q17, q18, q19 } from "./upserts.ts";
import { q5, q7, q8, q12 } from "./windows.ts";
import { q4, q9 } from "./winners.ts";

export const handLoops: Readonly<Record<QueryName, HandLoop>> = {
  q0,
  q1,
  q2,
  q3,
  q4,
  q5,
  q7,
  q8,
  q9,
  q11,
  q12,
  q13,
  q14,
  q15,
  q16,
  q17,
  q18,
  q19,
  q20,
  q22,
};
