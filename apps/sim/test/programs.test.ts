import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { checkCases, parseCases } from "@millrace/testkit";
import { describe, expect, it } from "vitest";
import { jobKinds, jobVariation } from "../src/index.ts";

/** A short slice; hundreds run with `pnpm differential --variations job`. */
const CASES = 4;

describe("programs recorded from Flink, run as whole jobs with crashes and restores", () => {
  for (const kind of jobKinds) {
    it(`publish what Flink emitted: ${kind}`, async () => {
      const file = new URL(`../../../test/semantics/cases/${kind}.jsonl.gz`, import.meta.url);
      const cases = parseCases(gunzipSync(readFileSync(file)).toString("utf8")).slice(40, 40 + CASES);
      const [report] = await checkCases(cases, () => jobVariation(2));
      expect(report?.differences).toEqual([]);
    }, 60_000);
  }
});
