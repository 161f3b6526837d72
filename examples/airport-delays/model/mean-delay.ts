import { t } from "millrace";
import type { Flight } from "./types.ts";

interface Sum {
  flights: number;
  total: number;
  worst: number;
}

/** Count, mean and worst delay in minutes, folded as flights come. */
export const meanDelay = {
  accumulator: t.object({ flights: t.integer(), total: t.integer(), worst: t.integer() }),
  createAccumulator: (): Sum => ({ flights: 0, total: 0, worst: Number.MIN_SAFE_INTEGER }),
  add(flight: Flight, sum: Sum): Sum {
    sum.flights++;
    sum.total += flight.delayMinutes;
    sum.worst = Math.max(sum.worst, flight.delayMinutes);
    return sum;
  },
  getResult: (sum: Sum) => ({
    flights: sum.flights,
    meanDelay: Math.round((sum.total / sum.flights) * 10) / 10,
    worstDelay: sum.worst,
  }),
};
