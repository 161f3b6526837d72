import type { WatermarkStrategy } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";
import type { WatermarkCadence } from "./watermarks-operator.ts";

/**
 * Refuses what would do nothing in the middle of a stream: a strategy that holds sources back, with WATERMARK_ALIGNMENT, and
 * numbers that are none, with WATERMARK_CADENCE. NaN would mean that nobody ever asks for a watermark.
 */
export function checkInStream(uid: string, { alignment }: Pick<WatermarkStrategy<never>, "alignment">, cadence: WatermarkCadence): void {
  if (alignment !== undefined) {
    throw new MillraceError(
      "WATERMARK_ALIGNMENT",
      `the alignment group "${alignment.group}" is named in the middle of a stream, and holds sources back`,
      {
        hint: "give the strategy to the source, in its watermarks, and assign others behind it without the alignment",
        where: { uid },
      },
    );
  }
  for (const name of ["everyRecords", "intervalMs", "quietMs"] as const) {
    const value = cadence[name];
    if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) continue;
    throw new MillraceError("WATERMARK_CADENCE", `${name} of assignTimestampsAndWatermarks is a whole number from 0 on, not ${value}`, {
      hint: "leave it out for the default; 0 turns it off",
      where: { uid },
    });
  }
}
