import type { Output, WatermarkStatus } from "@millrace/contracts";

/** Anything an operator, or the harness on its behalf, sends downstream. */
export type HarnessOutput<Out> =
  | { readonly kind: "record"; readonly value: Out; readonly timestamp: number }
  | { readonly kind: "side"; readonly name: string; readonly value: unknown; readonly timestamp: number }
  | { readonly kind: "watermark"; readonly watermark: number }
  | { readonly kind: "status"; readonly status: WatermarkStatus };

export interface OutputLog<Out> {
  readonly entries: HarnessOutput<Out>[];
  /** What the operator is given. */
  readonly output: Output<Out>;
  /** Records and side outputs since `startCall`. */
  emittedInCall(): number;
  startCall(): void;
  /** Watermarks and statuses of the operator take effect now: after the records of the call. */
  endCall(): void;
  /** As `endCall`, after a restore: a watermark that has been told before is no news. */
  endRestore(): void;
  /** A watermark or status that the harness forwards. */
  forward(entry: HarnessOutput<Out>): void;
}

export function createOutputLog<Out>(listener: ((entry: HarnessOutput<Out>) => void) | undefined): OutputLog<Out> {
  const entries: HarnessOutput<Out>[] = [];
  let control: HarnessOutput<Out>[] = [];
  let emitted = 0;
  let told = Number.NEGATIVE_INFINITY;

  const append = (entry: HarnessOutput<Out>): void => {
    if (entry.kind === "watermark") told = Math.max(told, entry.watermark);
    entries.push(entry);
    listener?.(entry);
  };
  const emit = (entry: HarnessOutput<Out>): void => {
    emitted++;
    append(entry);
  };
  const endCall = (): void => {
    const due = control;
    control = [];
    for (const entry of due) append(entry);
  };
  return {
    entries,
    output: {
      collect: (value, timestamp) => emit({ kind: "record", value, timestamp }),
      side: (name, value, timestamp) => emit({ kind: "side", name, value, timestamp }),
      watermark: (watermark) => control.push({ kind: "watermark", watermark }),
      status: (status) => control.push({ kind: "status", status }),
    },
    emittedInCall: () => emitted,
    startCall() {
      emitted = 0;
    },
    endCall,
    endRestore() {
      control = control.filter((entry) => entry.kind !== "watermark" || entry.watermark > told);
      endCall();
    },
    forward: append,
  };
}
