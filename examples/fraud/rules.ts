import type { Payment } from "./payments.ts";

/** What is known of a card. */
export interface Features {
  readonly payments: number;
  readonly cents: number;
  /** Times of the payments of the last minute. */
  readonly recent: readonly number[];
  readonly country: string;
  readonly at: number;
}

export interface Alert {
  /** Of the payment that raised it, and the rule. */
  readonly id: string;
  readonly card: string;
  readonly rule: "burst" | "unusual amount" | "far away";
  readonly cents: number;
}

export const nothingKnown: Features = { payments: 0, cents: 0, recent: [], country: "", at: 0 };

const burstPayments = 5;
const burstMs = 60_000;
const unusualTimes = 10;
const paymentsToKnow = 3;
const travelMs = 60 * 60_000;

/** The rules on one payment, in the order of a card's payments. */
export function assess(known: Features, payment: Payment): { readonly features: Features; readonly alerts: readonly Alert[] } {
  const { card, cents, country, at } = payment;
  const recent = [...known.recent.filter((earlier) => earlier > at - burstMs), at];
  const alerts: Alert[] = [];
  const raise = (rule: Alert["rule"]) => alerts.push({ id: `${payment.id}/${rule}`, card, rule, cents });
  if (recent.length === burstPayments) raise("burst");
  if (known.payments >= paymentsToKnow && cents > unusualTimes * (known.cents / known.payments)) raise("unusual amount");
  if (known.payments > 0 && known.country !== country && at - known.at < travelMs) raise("far away");
  return { features: { payments: known.payments + 1, cents: known.cents + cents, recent, country, at }, alerts };
}
