import { join } from "node:path";
import { lastLineOf, type Side, type SideOrder, type SideRun } from "./side.ts";

/** A side with a Node process of its own for every run, so that no run finds another's code compiled for its purposes. */
function inNode(name: string, module: string, flags: readonly string[]): Side {
  return {
    name,
    run: async (order: SideOrder) => {
      const args = ["--conditions=millrace-source", ...flags, join(import.meta.dirname, module), JSON.stringify(order)];
      return (await lastLineOf(process.execPath, args)) as SideRun;
    },
  };
}

/** `flags` are for Node, e.g. `--cpu-prof`. */
export function millraceSide(flags: readonly string[]): Side {
  return inNode("millrace", "run-millrace.ts", flags);
}

export function handSide(): Side {
  return inNode("hand", "run-hand.ts", []);
}
