import type { Key } from "@millrace/contracts";
import { returned } from "@millrace/core";
import type { KernelParts, Pane, WindowKernel } from "./kernel.ts";

/** The same kernel without code generation: for places that forbid it, and as the oracle of the generated one. */
export function interpretedKernel(parts: KernelParts): WindowKernel {
  const { keyed, keySelector, contents, enter, emit, failed } = parts;
  let pane: Pane | undefined;

  const foldInto = (held: unknown, value: unknown): unknown => {
    if (contents.kind === "reduce") return held === undefined ? value : contents.reduce(held, value);
    if (held !== undefined) return contents.aggregate.add(value, held);
    return returned(contents.aggregate.add(value, returned(contents.aggregate.createAccumulator())));
  };

  return {
    processElement(value, timestamp) {
      let key: Key | undefined;
      try {
        if (pane === undefined || !(timestamp >= pane.start && timestamp < pane.end)) {
          const entered = enter(value, timestamp);
          if (entered === undefined) return;
          pane = entered;
        }
        key = keySelector(value);
        keyed.setCurrentKey(key);
        for (const cells of pane.windows) cells.put(foldInto(cells.get(), value));
      } catch (error) {
        throw failed(error, key);
      }
    },
    fire: (accumulator) => emit(contents.kind === "reduce" ? accumulator : contents.aggregate.getResult(accumulator)),
    forget() {
      pane = undefined;
    },
  };
}
