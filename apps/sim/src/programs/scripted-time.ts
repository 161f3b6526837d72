import { timeFromCase, timeToCase } from "@millrace/testkit";
import type { Operator, OperatorContext } from "millrace";
import type { Element, Played } from "./scripted-source.ts";

/** Stands behind a source: elements pass, and what the script says of event time becomes watermarks and idleness, and no others. */
export function scriptedTime(): Operator<Played, Element> {
  let context: OperatorContext<Element> | undefined;
  let watermark = Number.NEGATIVE_INFINITY;
  let idle = false;
  return {
    ownsWatermarks: true,
    open(opened) {
      context = opened;
    },
    processElement(played, timestamp) {
      if (played.kind === "element") context?.output.collect(played, timestamp);
      else if (played.kind === "status") {
        idle = played.status === "idle";
        context?.output.status(played.status);
      } else {
        if (idle) context?.output.status("active");
        idle = false;
        watermark = Math.max(watermark, played.watermark);
        context?.output.watermark(played.watermark);
      }
    },
    snapshotState: () => [timeToCase(watermark)],
    restoreState([item]) {
      watermark = timeFromCase((item ?? "min") as "min");
      // As the engine's own operators do. Idleness is found anew: the source says it again.
      if (watermark > Number.NEGATIVE_INFINITY) context?.output.watermark(watermark);
    },
  };
}
