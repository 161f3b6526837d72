import type { CheckpointManifest } from "@millrace/contracts";
import { describe, expect, test } from "vitest";
import { manifestOf } from "../../test/example.ts";
import { identityOf } from "./lineage.ts";
import { filesRead, type StoreFacts } from "./unproven-files.ts";

const file = (name: string) => ({ name, bytes: 1, checksum: "00000000" });
const first = manifestOf(7, [file("count-0-000005.base"), file("count-0-000007.delta")]);
const second: CheckpointManifest = {
  ...manifestOf(8, [file("count-0-000005.base"), file("count-0-000007.delta"), file("count-0-000008.delta")]),
  parentCheckpointId: 7,
};
const facts: StoreFacts = {
  manifest: second,
  others: [first],
  markers: [{ kind: "applied", checkpoint: identityOf(second) }],
  parallelismOf: () => 1,
};

describe("restoring a checkpoint reads", () => {
  test("no file when the local store is proven to hold it", () => {
    expect(filesRead(facts)).toEqual(new Set());
  });

  test("the deltas since when the local store lags", () => {
    const markers = [{ kind: "applied", checkpoint: identityOf(first) }] as const;
    expect(filesRead({ ...facts, markers })).toEqual(new Set(["count-0-000008.delta"]));
  });

  test.each([
    ["there is no store", { markers: [] }],
    ["the store is of another run", { markers: [{ kind: "applied", checkpoint: { ...identityOf(second), runId: "another" } }] }],
    ["the parallelism is another", { parallelismOf: () => 2 }],
    ["it is a savepoint", { manifest: { ...second, kind: "savepoint" } }],
  ] satisfies [string, Partial<StoreFacts>][])("every file when %s", (_why, change) => {
    expect(filesRead({ ...facts, ...change }).size).toBe(3);
  });

  test("every file of the subtask when another operator's make that its store is filled anew", () => {
    const added = manifestOf(8, [file("sum-0-000008.base")]).operators.map((operator) => ({ ...operator, uid: "sum" }));
    const manifest: CheckpointManifest = { ...second, operators: [...second.operators, ...added] };
    const markers = [{ kind: "applied", checkpoint: identityOf(first) }] as const;
    expect(filesRead({ ...facts, manifest, markers }).size).toBe(4);
  });
});
