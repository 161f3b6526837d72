import type { WatermarkOutput, WatermarkStatus } from "@millrace/contracts";
import { checkWatermark, WATERMARK_MIN } from "@millrace/core";

/** Where an operator's or a source's own watermarks go. */
export interface WatermarkSink {
  watermark(watermark: number): void;
  status(status: WatermarkStatus): void;
}

export interface WatermarkEmitter extends WatermarkOutput {
  /** The greatest watermark emitted. Settable, for a restore. */
  current: number;
}

/** Lets only rising watermarks and real changes of idleness through; a watermark makes active. */
export function createWatermarkEmitter(sink: WatermarkSink): WatermarkEmitter {
  let idle = false;
  const emitter: WatermarkEmitter = {
    current: WATERMARK_MIN,
    emitWatermark(watermark) {
      if (watermark <= emitter.current) return;
      emitter.current = checkWatermark(watermark);
      emitter.markActive();
      sink.watermark(watermark);
    },
    markIdle() {
      if (idle) return;
      idle = true;
      sink.status("idle");
    },
    markActive() {
      if (!idle) return;
      idle = false;
      sink.status("active");
    },
  };
  return emitter;
}
