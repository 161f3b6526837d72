import { getBuiltinModule } from "node:process";
import type { Cancel } from "@millrace/core";

/**
 * V8 compiles a loop with what is called in it until that is so many bytes of bytecode. The way of a record through a task (reader,
 * timestamp, chain, sink, watermark) is one such loop and takes half of V8's own allowance, which is then missing in the user's functions.
 */
const INLINED_BYTES_MAX = 3_000;
const INLINED_BYTES_MAX_OF_V8 = 920;

let asking = 0;

/**
 * Has V8 compile larger loops, in all threads, until it is cancelled; docs/adr/0015 has what it gains. A process that was started
 * with an allowance of its own keeps it.
 */
export function inlineFurther(): Cancel {
  if (isGiven()) return () => undefined;
  if (asking++ === 0) allow(INLINED_BYTES_MAX);
  let cancelled = false;
  return () => {
    if (cancelled) return;
    cancelled = true;
    if (--asking === 0) allow(INLINED_BYTES_MAX_OF_V8);
  };
}

function isGiven(): boolean {
  return [...process.execArgv, process.env.NODE_OPTIONS ?? ""].some((flag) => /max[-_]inlined[-_]bytecode[-_]size[-_]cumulative/.test(flag));
}

function allow(bytes: number): void {
  getBuiltinModule("node:v8").setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${bytes}`);
}
