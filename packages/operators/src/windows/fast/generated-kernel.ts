import { returned } from "@millrace/core";
import type { FoldedWindowContents } from "./is-fast.ts";
import type { KernelParts, WindowKernel } from "./kernel.ts";

let kernels = 0;

/**
 * A kernel compiled for one operator: a text of its own gives it type feedback of its own, so that other windows in the
 * process don't slow it down (measured: 2 to 5 times). Throws EvalError where code generation is forbidden.
 * `single`: a record has one window at most (tumbling).
 */
export function generatedKernel(parts: KernelParts, single: boolean): WindowKernel {
  kernels++;
  const source = kernelSource(parts.contents.kind, single);
  return new Function("parts", "returned", `${source}\n//# sourceURL=millrace-window-${kernels}.js`)(parts, returned) as WindowKernel;
}

/** The body of a function of `parts` and `returned`. It does what interpretedKernel does. */
function kernelSource(kind: FoldedWindowContents["kind"], single: boolean): string {
  const folding = foldings[kind];
  const addToCells = `const held = cells.get();
      cells.put(held === undefined ? ${folding.first} : ${folding.add});`;
  const add = single ? addToCells : `for (let i = 0; i < windows.length; i++) {\n      const cells = windows[i];\n      ${addToCells}\n    }`;
  return `"use strict";
const { keyed, keySelector, enter, emit, failed } = parts;
const { ${folding.uses} } = parts.contents;
let start = Infinity, end = -Infinity, windows = [], cells = undefined;
return {
  processElement(value, timestamp) {
    let key;
    try {
      if (!(timestamp >= start && timestamp < end)) {
        const pane = enter(value, timestamp);
        if (pane === undefined) return;
        start = pane.start;
        end = pane.end;
        windows = pane.windows;
        cells = windows[0];
      }
      key = keySelector(value);
      keyed.setCurrentKey(key);
      ${add}
    } catch (error) {
      throw failed(error, key);
    }
  },
  fire(accumulator) {
    return emit(${folding.result});
  },
  forget() {
    start = Infinity;
    end = -Infinity;
    windows = [];
    cells = undefined;
  },
};`;
}

const foldings = {
  reduce: { uses: "reduce", first: "value", add: "reduce(held, value)", result: "accumulator" },
  aggregate: {
    uses: "aggregate",
    first: "returned(aggregate.add(value, returned(aggregate.createAccumulator())))",
    add: "aggregate.add(value, held)",
    result: "aggregate.getResult(accumulator)",
  },
} as const;
