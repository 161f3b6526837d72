import { type Infer, t } from "millrace";

/** One line of the prepared input. */
export interface Flight {
  /** Scheduled departure, ms since 1970: the event time. */
  readonly departedAt: number;
  readonly delayMinutes: number;
  readonly origin: string;
  readonly destination: string;
}

/** What is kept of an airport. */
export const airport = t.object({ code: t.string(), name: t.string(), city: t.string(), region: t.string() });
export type Airport = Infer<typeof airport>;

/** Delays of one airport in one window. */
export const delayStats = t.object({ origin: t.string(), start: t.integer(), flights: t.integer(), meanDelay: t.number(), worstDelay: t.integer() });
export type DelayStats = Infer<typeof delayStats>;

/** Three flights in a row from one airport that left late. */
export const alert = t.object({ origin: t.string(), departedAt: t.integer(), delays: t.array(t.integer()) });
export type Alert = Infer<typeof alert>;

/** What becomes of a record once its airport is known. */
export type Located<T> = T & { readonly city: string; readonly region: string };
