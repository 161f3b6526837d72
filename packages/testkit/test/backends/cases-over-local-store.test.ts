import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkCases, parseCases, variations } from "../../src/semantics/index.ts";
import { localStores } from "./local-stores.ts";

/** Every so many cases of a kind: opening a store takes longer than running a case. */
const STRIDE = 10;

let stores: Awaited<ReturnType<typeof localStores>>;
beforeAll(async () => {
  stores = await localStores();
});
afterAll(() => stores.close());

describe.each(["process", "coProcess", "ttl", "window"])("cases of Flink over a local store: %s", (kind) => {
  it.each(["plain", "restores"] as const)("run with the variation %s", async (name) => {
    const text = gunzipSync(readFileSync(new URL(`../../../../test/semantics/cases/${kind}.jsonl.gz`, import.meta.url))).toString("utf8");
    const cases = parseCases(text).filter((_, index) => index % STRIDE === 0);
    const reports = await checkCases(cases, () => ({ ...variations[name](1), backend: stores.factory }));
    expect(reports).toEqual([{ kind, passed: cases.length, deviates: [], differences: [], skipped: 0 }]);
  });
});
