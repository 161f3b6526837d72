import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { checkCases, parseCases, type VariationName, variations } from "@millrace/testkit";
import { describe, expect, it } from "vitest";

const directory = new URL("./cases/", import.meta.url);
const kinds = readdirSync(directory).map((file) => file.replace(".jsonl.gz", ""));

describe("programs that were run on Apache Flink emit the same here", () => {
  describe.each(kinds)("%s", (kind) => {
    const cases = parseCases(gunzipSync(readFileSync(new URL(`${kind}.jsonl.gz`, directory))).toString("utf8"));

    it.each(Object.keys(variations) as VariationName[])("run with the variation %s", async (name) => {
      const reports = await checkCases(cases, (recorded) => variations[name](seedOf(recorded.id)));
      expect(reports).toEqual([{ kind, passed: cases.length, differences: [], skipped: 0 }]);
    });
  });
});

/** The same for the same case in every run. */
function seedOf(id: string): number {
  return [...id].reduce((seed, letter) => (Math.imul(seed, 31) + letter.charCodeAt(0)) | 0, 7);
}
