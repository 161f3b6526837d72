import type { Cells, Key, KeyedContext } from "@millrace/contracts";
import type { FastSpec, FoldedWindowContents } from "../fast/is-fast.ts";
import { foldingOf } from "../operator/folding.ts";
import type { SlicedRecords } from "./slices.ts";

/** `generated` falls back to `interpreted` where the process forbids code generation. */
export type SliceKernelKind = "generated" | "interpreted";

/** The inner loop of sliced windows. */
export interface SliceKernel {
  /** Adds one record to its slice. */
  processElement(value: unknown, timestamp: number): void;
  /** The slice at hand is no longer good: windows fired. */
  forget(): void;
}

export interface SliceKernelParts {
  readonly keyed: KeyedContext;
  readonly keySelector: FastSpec["keySelector"];
  readonly contents: FoldedWindowContents;
  readonly keys: Cells<SlicedRecords>;
  /** Finds the slice [start, end) of a record that does not lie in the one at hand. undefined: it is late, and dealt with. */
  enter(value: unknown, timestamp: number): { readonly start: number; readonly end: number } | undefined;
  /** Adds a record to the slice that begins at `start` when that is not the latest one of the key, or holds nothing. */
  addElsewhere(held: SlicedRecords | undefined, value: unknown, start: number): void;
  /** What to throw when a user's function threw; the key is undefined as long as it is not known. */
  failed(error: unknown, key: Key | undefined): unknown;
}

let kernels = 0;

/** For each operator a text of its own, for its own type feedback, as for windows that are not sliced. */
export function sliceKernel(parts: SliceKernelParts, kind: SliceKernelKind): SliceKernel {
  if (kind === "interpreted") return interpretedSliceKernel(parts);
  kernels++;
  try {
    return new Function("parts", `${kernelSource}\n//# sourceURL=millrace-slices-${kernels}.js`)(parts) as SliceKernel;
  } catch (error) {
    if (error instanceof EvalError) return interpretedSliceKernel(parts);
    throw error;
  }
}

/** The body of a function of `parts`. It does what interpretedSliceKernel does. */
const kernelSource = `"use strict";
const { keyed, keySelector, keys, enter, addElsewhere, failed } = parts;
const { aggregate } = parts.contents;
let start = Infinity, end = -Infinity;
return {
  processElement(value, timestamp) {
    let key;
    try {
      if (!(timestamp >= start && timestamp < end)) {
        const slice = enter(value, timestamp);
        if (slice === undefined) return;
        start = slice.start;
        end = slice.end;
      }
      key = keySelector(value);
      keyed.setCurrentKey(key);
      const held = keys.get();
      if (held !== undefined) {
        const slices = held.slices;
        const latest = slices[slices.length - 1];
        if (latest.start === start && latest.accumulator !== undefined) {
          latest.accumulator = aggregate.add(value, latest.accumulator);
          keys.put(held);
          return;
        }
      }
      addElsewhere(held, value, start);
    } catch (error) {
      throw failed(error, key);
    }
  },
  forget() {
    start = Infinity;
    end = -Infinity;
  },
};`;

function interpretedSliceKernel({ keyed, keySelector, contents, keys, enter, addElsewhere, failed }: SliceKernelParts): SliceKernel {
  const { add } = foldingOf(contents);
  let at: { readonly start: number; readonly end: number } | undefined;
  return {
    processElement(value, timestamp) {
      let key: Key | undefined;
      try {
        if (at === undefined || !(timestamp >= at.start && timestamp < at.end)) {
          const slice = enter(value, timestamp);
          if (slice === undefined) return;
          at = slice;
        }
        key = keySelector(value);
        keyed.setCurrentKey(key);
        const held = keys.get();
        const latest = held?.slices.at(-1);
        if (held === undefined || latest?.start !== at.start) {
          addElsewhere(held, value, at.start);
          return;
        }
        latest.accumulator = add(latest.accumulator, value);
        keys.put(held);
      } catch (error) {
        throw failed(error, key);
      }
    },
    forget() {
      at = undefined;
    },
  };
}
