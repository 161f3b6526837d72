import { toPhysical } from "@millrace/plan";
import { expect, test } from "vitest";
import { buildJob, defineJob } from "../src/index.ts";
import type { NodeOptions } from "../src/streams/options.ts";
import { sinkOf, sourceOf } from "./connectors.ts";

/** The nodes of each task of in → a → b → c → out, where b has these options. */
function tasks(options: NodeOptions): string[] {
  const job = defineJob("chain", (env) => {
    env
      .from(sourceOf<number>(), { uid: "in" })
      .map((n) => n + 1, { uid: "a" })
      .filter((n) => n > 0, { uid: "b", ...options })
      .map(String, { uid: "c" })
      .to(sinkOf<string>(), { uid: "out" });
  });
  const { plan } = buildJob(job);
  return toPhysical(plan, { parallelism: 2 }).tasks.map((task) => task.nodes.map((id) => plan.nodes[id]?.uid).join(" "));
}

test("nodes of one parallelism are chained", () => {
  expect(tasks({})).toEqual(["in a b c out"]);
});

test("startNewChain begins a chain at a node", () => {
  expect(tasks({ startNewChain: true })).toEqual(["in a", "b c out"]);
});

test("disableChaining leaves a node by itself", () => {
  expect(tasks({ disableChaining: true })).toEqual(["in a", "b", "c out"]);
  expect(tasks({ disableChaining: true, startNewChain: true })).toEqual(["in a", "b", "c out"]);
});
