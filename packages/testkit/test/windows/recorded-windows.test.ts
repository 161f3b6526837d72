import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { WindowOperatorOptions } from "@millrace/operators";
import { describe, expect, it } from "vitest";
import { compareCase } from "../../src/semantics/compare.ts";
import { parseCases } from "../../src/semantics/parse-cases.ts";
import { variations } from "../../src/semantics/variation.ts";
import { runWindowCase } from "../../src/semantics/window-kind.ts";

const file = new URL("../../../../test/semantics/cases/window.jsonl.gz", import.meta.url);

/** The suite of recorded cases runs what a job would run; here the other ways of running the same windows do as Flink does too. */
describe("windows recorded from Flink", () => {
  const ways: readonly [NonNullable<WindowOperatorOptions["implementation"]>, "plain" | "restores"][] = [
    ["interpreted", "plain"],
    ["general", "plain"],
    ["generated", "restores"],
    ["general", "restores"],
  ];
  it.each(ways)("come out the same: %s, %s", async (implementation, name) => {
    const variation = () => (name === "plain" ? variations.plain() : variations.restores(1));
    const differences: string[] = [];
    for (const recorded of parseCases(gunzipSync(readFileSync(file)).toString())) {
      const difference = compareCase(recorded, await runWindowCase(recorded, variation(), { implementation }));
      if (difference !== undefined) differences.push(difference);
    }
    expect(differences).toEqual([]);
  });
});
