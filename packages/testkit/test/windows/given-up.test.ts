import { t } from "@millrace/codec";
import { countEvictor, createWindowOperator, tumbling, type WindowContents, type WindowSpec } from "@millrace/operators";
import { describe, expect, it } from "vitest";
import { steps } from "../../src/harness/index.ts";
import { verifyOperator } from "../../src/verify/index.ts";
import { specOf } from "./window-harness.ts";

type Total = { readonly n: number } | undefined;

const codec = t.undefinable(t.object({ n: t.number() })) as never;
/** A record of 0 gives up what there is. */
const add = (a: Total, b: Total): Total => (b?.n === 0 ? undefined : { n: Number(a?.n) + Number(b?.n) });
const reduced: WindowContents = { kind: "reduce", codec, reduce: add as never };
const aggregated: WindowContents = {
  kind: "aggregate",
  codec,
  elementCodec: codec,
  aggregate: { createAccumulator: () => ({ n: 100 }), add: (value, total) => add(total as Total, value as Total), getResult: (total) => total },
};

async function results(contents: WindowContents, evictor: WindowSpec["evictor"], numbers: readonly number[]): Promise<unknown[]> {
  const spec = specOf({ assigner: tumbling(10), contents, evictor, keySelector: () => "k", process: undefined });
  const given = numbers.map((n, index) => steps.element({ n }, index));
  const outputs = await verifyOperator({ create: () => createWindowOperator(spec), steps: [...given, steps.watermark(20)] });
  return outputs.filter(({ kind }) => kind === "record").map((one) => (one as { value: unknown }).value);
}

describe("a value that the function of a window gives up", () => {
  it.each([
    ["reduce", reduced, { n: 7 }, null],
    ["aggregate", aggregated, { n: 107 }, { n: 100 }],
  ] as const)("is none: a %s begins anew with the next record, with an evictor too", async (_, contents, anew, ofNothing) => {
    const evictor = countEvictor(9);
    expect(await results(contents, undefined, [1, 2, 0, 3, 4])).toEqual([anew]);
    expect(await results(contents, evictor, [1, 2, 0, 3, 4])).toEqual([anew]);
    expect(await results(contents, undefined, [1, 2, 0])).toEqual([]);
    expect(await results(contents, evictor, [1, 2, 0])).toEqual([ofNothing]);
  });
});
