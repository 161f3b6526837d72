import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { checkCases, parseCases, type SemanticsCase, type VariationName, variations } from "@millrace/testkit";
import { describe, expect, it } from "vitest";

const recorded = recordedIn("cases");
const names = Object.keys(variations) as VariationName[];

describe("programs that were run on Apache Flink emit the same here", () => {
  describe.each(recorded)("%s", (kind, cases) => {
    it.each(names)("run with the variation %s", { timeout: 180_000 }, async (name) => {
      expect(await check(cases, name)).toEqual([{ kind, passed: cases.length, deviates: [], differences: [], skipped: 0 }]);
    });
  });
});

describe("programs that emit something else here on purpose", () => {
  describe.each(recordedIn("deviations"))("%s", (deviation, cases) => {
    it.each(names)("differ in nothing but that, with the variation %s", { timeout: 180_000 }, async (name) => {
      const ids = cases.map((one) => one.id);
      const reports = await check(cases, name);
      expect(reports).toMatchObject([{ passed: 0, deviates: [{ name: deviation, ids }], differences: [] }]);
    });
  });

  it("fail when they differ in anything else", async () => {
    const spoilt = recordedIn("deviations").flatMap(([, cases]) => cases.map((one) => ({ ...one, output: [neverEmitted, ...one.output] })));
    const reports = await check(spoilt, "plain");
    const kinds = Map.groupBy(spoilt, (one) => one.kind).values();
    expect(reports.map((report) => [report.passed, report.deviates, report.differences.length])).toEqual([...kinds].map((of) => [0, [], of.length]));
  });
});

const neverEmitted = { v: { k: "no key" }, ts: 0, at: 0 };

function check(cases: readonly SemanticsCase[], name: VariationName) {
  return checkCases(cases, (one) => variations[name](seedOf(one.id)));
}

/** What each file of a directory holds, by the file's name. */
function recordedIn(directory: string): [name: string, cases: SemanticsCase[]][] {
  const path = new URL(`./${directory}/`, import.meta.url);
  return readdirSync(path).map((file) => [file.replace(".jsonl.gz", ""), parseCases(gunzipSync(readFileSync(new URL(file, path))).toString("utf8"))]);
}

/** The same for the same case in every run. */
function seedOf(id: string): number {
  return [...id].reduce((seed, letter) => (Math.imul(seed, 31) + letter.charCodeAt(0)) | 0, 7);
}
