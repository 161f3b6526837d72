import type { Transaction } from "./transactions.ts";

/** What is kept of a card. */
export interface CardHistory {
  readonly count: number;
  readonly meanCents: number;
  /** Transactions of late: each counts 1 at first and half as much every ten minutes. */
  readonly recent: number;
  /** Time of the last one, milliseconds since 1970. */
  readonly at: number;
}

/** In the order in which a model takes them. */
export const featureNames = ["count", "meanCents", "cents", "overMean", "secondsSinceLast", "recent"] as const;

const halfLifeMs = 10 * 60_000;
const longestGapMs = 30 * 86_400_000;
const noHistory: CardHistory = { count: 0, meanCents: 0, recent: 0, at: 0 };

/** The features of a transaction, from what its card did before it, and the card's history with it. Training uses the same. */
export function featuresOf(
  before: CardHistory = noHistory,
  { cents, at }: Transaction,
): { readonly features: readonly number[]; readonly history: CardHistory } {
  const { count, meanCents } = before;
  const gapMs = count === 0 ? longestGapMs : Math.min(longestGapMs, Math.max(0, at - before.at));
  const recent = before.recent * 2 ** (-gapMs / halfLifeMs);
  return {
    features: [
      Math.log1p(count),
      Math.log1p(meanCents),
      Math.log1p(cents),
      count === 0 ? 0 : Math.log1p(cents) - Math.log1p(meanCents),
      Math.log1p(gapMs / 1_000),
      recent,
    ],
    history: { count: count + 1, meanCents: meanCents + (cents - meanCents) / (count + 1), recent: recent + 1, at: Math.max(before.at, at) },
  };
}
