import { createCepOperator, Pattern } from "@millrace/cep";
import { t } from "@millrace/codec";
import type { Operator } from "@millrace/contracts";
import { createIntervalJoinOperator, createTemporalJoinOperator } from "@millrace/operators";
import { describe, expect, it } from "vitest";
import { createHarness } from "../../src/harness/index.ts";

interface Row {
  readonly key: string;
  readonly id: number;
}

const codec = t.object({ key: t.string(), id: t.integer() }) as never;
const keyOf = (row: unknown): string => (row as Row).key;
const sides = { keySelectors: [keyOf, keyOf], codecs: [codec, codec], lateOutputs: [undefined, undefined] } as const;
const join = (left: unknown, _right: unknown, _context: unknown, out: { collect(value: unknown): void }): void => out.collect((left as Row).id);
const pattern = Pattern.of<Row>()
  .begin("a")
  .where(() => true)
  .within(10);
const first = (match: object): unknown => (match as { readonly a: readonly Row[] }).a[0]?.id;

const makers: readonly (readonly [string, () => Operator<unknown, unknown, unknown>])[] = [
  ["an interval join", () => createIntervalJoinOperator({ ...sides, kind: "leftOuter", lowerMs: -5, upperMs: 5, join })],
  ["a temporal join", () => createTemporalJoinOperator({ ...sides, outer: true, validForMs: 10, isDeletion: undefined, join })],
  [
    "a pattern",
    () =>
      createCepOperator({
        pattern: pattern.definition,
        keySelector: keyOf,
        codec,
        time: "event",
        comparator: undefined,
        lateOutput: undefined,
        function: { processMatch: (match, _context, out) => out.collect(first(match)) },
      }),
  ],
];

describe.each(makers)("records of one key and one time: %s", (_, create) => {
  it("come out in the order of their coming, also behind a snapshot", async () => {
    const harness = await createHarness({ create, inputs: create().processElement2 === undefined ? 1 : 2 });
    for (let id = 0; id < 10; id++) {
      harness.element({ key: "x", id }, 7);
      if (id % 4 === 1) await harness.restart();
    }
    for (let input = 0; input < (create().processElement2 === undefined ? 1 : 2); input++) harness.watermark(100, input as 0 | 1);
    expect(harness.values()).toEqual(Array.from({ length: 10 }, (_value, id) => id));
    expect(harness.stateEmpty()).toBe(true);
    await harness.close();
  });
});
