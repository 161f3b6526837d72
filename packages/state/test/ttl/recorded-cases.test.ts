import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { t } from "@millrace/codec";
import { state, type TtlConfig } from "@millrace/contracts";
import { describe, expect, it } from "vitest";
import { createHeapBackend } from "../../src/index.ts";

interface TtlCase {
  readonly id: string;
  readonly spec: { readonly state: "value" | "list" | "map" | "reducing"; readonly ttl: number } & Required<Pick<TtlConfig, "update" | "visibility">>;
  readonly input: readonly {
    readonly ttlClock?: number;
    readonly e?: { readonly k: string; readonly id: number; readonly ops: readonly [string, ...unknown[]] };
  }[];
  readonly output: readonly { readonly v: { readonly id: number; readonly got: unknown } }[];
}

/** What Flink did, recorded (test/semantics). */
const cases = gunzipSync(readFileSync(new URL("../../../../test/semantics/cases/ttl.jsonl.gz", import.meta.url)))
  .toString("utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line) as TtlCase);

type Operation = (...operands: never[]) => unknown;

function open({ spec, input }: TtlCase): { readonly run: () => unknown[] } {
  let now = 0;
  const backend = createHeapBackend({
    uid: "ttl",
    subtask: 0,
    keyGroups: { start: 0, end: 127 },
    maxParallelism: 128,
    now: () => now,
    monotonic: () => 0,
  });
  const ttl: TtlConfig = { ttlMs: spec.ttl, update: spec.update, visibility: spec.visibility };
  const handles = backend.states({
    value: state.value(t.integer(), ttl),
    list: state.list(t.integer(), ttl),
    map: state.map(t.string(), t.integer(), ttl),
    reducing: state.reducing(t.integer(), (a, b) => a + b, ttl),
  });
  const { value, list, map, reducing } = handles;
  const sorted = <T>(values: Iterable<T>): T[] => [...values].sort((a, b) => (a < b ? -1 : 1));
  const operations: Record<TtlCase["spec"]["state"], Record<string, Operation>> = {
    value: { get: () => value.value() ?? null, put: (n) => value.update(n), clear: () => value.clear() },
    list: {
      get: () => list.get(),
      add: (n) => list.add(n),
      addAll: (...all) => list.addAll(all),
      update: (...all) => list.update(all),
      clear: () => list.clear(),
    },
    map: {
      get: (key) => map.get(key) ?? null,
      contains: (key) => map.has(key),
      entries: () => Object.fromEntries(map.entries()),
      keys: () => sorted(map.keys()),
      values: () => sorted(map.values()),
      isEmpty: () => map.isEmpty(),
      put: (key, n) => map.put(key, n),
      remove: (key) => map.remove(key),
      clear: () => map.clear(),
    },
    reducing: { get: () => reducing.get() ?? null, add: (n) => reducing.add(n), clear: () => reducing.clear() },
  };
  return {
    run() {
      const outputs: unknown[] = [];
      for (const { ttlClock, e } of input) {
        now = ttlClock ?? now;
        if (e === undefined) continue;
        backend.setCurrentKey(e.k);
        const [name, ...operands] = e.ops;
        const got = operations[spec.state][name]?.(...(operands as never[]));
        if (got !== undefined) outputs.push({ id: e.id, got });
      }
      return outputs;
    },
  };
}

/** Flink's list state tells of no list with an empty one or with null. */
function normalized(outputs: readonly { readonly id: number; readonly got: unknown }[]): unknown {
  return outputs.map(({ id, got }) => ({ id, got: Array.isArray(got) && got.length === 0 ? null : got }));
}

describe("state with a time to live", () => {
  it("has recorded cases to compare with", () => {
    expect(cases.length).toBeGreaterThanOrEqual(300);
  });

  it.each(cases.map((one) => [one.id, one] as const))("does what Flink does in %s", (_, one) => {
    const outputs = open(one).run() as { id: number; got: unknown }[];
    expect(normalized(outputs)).toEqual(normalized(one.output.map(({ v }) => v)));
  });
});
