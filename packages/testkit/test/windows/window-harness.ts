import { t } from "@millrace/codec";
import { NO_TIMESTAMP } from "@millrace/core";
import { createWindowOperator, type WindowContents, type WindowOperatorOptions, type WindowSpec } from "@millrace/operators";
import fc from "fast-check";
import { createHarness, type HarnessOptions, type HarnessStep, type OperatorHarness, steps } from "../../src/harness/index.ts";
import { watchedStates } from "../watched-states.ts";

export interface Reading {
  readonly key: string;
  readonly id: number;
}

/** What the windows of these tests emit when they fire. */
export interface Fired {
  readonly key: string;
  readonly start: number;
  readonly end: number;
  readonly ids: readonly number[];
}

const codec = t.object({ key: t.string(), id: t.number() });

export const elements: WindowContents = { kind: "elements", codec: codec as never };

/** Ids in the order of arrival, folded one by one. */
export const folded: WindowContents = {
  kind: "aggregate",
  codec: t.array(t.number()) as never,
  elementCodec: codec as never,
  aggregate: {
    createAccumulator: () => [],
    add: (value, accumulator) => [...(accumulator as number[]), (value as Reading).id],
    getResult: (accumulator) => accumulator,
    merge: (a, b) => [...(a as number[]), ...(b as number[])],
  },
};

/** A spec over readings whose results are `Fired`; late readings go to the side output "late" unless said otherwise. */
export function specOf(parts: Pick<WindowSpec, "assigner"> & Partial<WindowSpec>): WindowSpec {
  const contents = parts.contents ?? elements;
  return {
    trigger: undefined,
    evictor: undefined,
    allowedLatenessMs: 0,
    lateOutput: "late",
    keySelector: (value) => (value as Reading).key,
    contents,
    process: {
      process(values, context, out) {
        const all = [...values];
        const ids = contents.kind === "elements" ? all.map((value) => (value as Reading).id) : (all[0] as number[]);
        out.collect({ key: context.key, start: context.window.start, end: context.window.end, ids } satisfies object);
      },
    },
    ...parts,
  };
}

export function openWindows(
  spec: WindowSpec,
  options: WindowOperatorOptions & Partial<Pick<HarnessOptions<unknown, unknown, unknown>, "capacity">> = {},
): Promise<OperatorHarness<unknown, unknown>> {
  return createHarness<unknown, unknown>({
    create: () => createWindowOperator(spec, options),
    ...(options.capacity === undefined ? {} : { capacity: options.capacity }),
  });
}

/** Readings with fresh ids and watermarks that rise, around 0 and far before it. The last step is the end of the input. */
export const readingSteps: fc.Arbitrary<HarnessStep[]> = fc
  .record({
    origin: fc.constantFrom(0, -40, 1_700_000_000_000, -62_135_596_800_000),
    moves: fc.array(
      fc.oneof(
        {
          weight: 4,
          arbitrary: fc.record({ kind: fc.constant("reading" as const), key: fc.constantFrom("a", "b", "c"), at: fc.integer({ min: -25, max: 15 }) }),
        },
        { weight: 1, arbitrary: fc.record({ kind: fc.constant("watermark" as const), rise: fc.integer({ min: 1, max: 12 }) }) },
        { weight: 1, arbitrary: fc.record({ kind: fc.constant("clock" as const), rise: fc.integer({ min: 1, max: 1_000 }) }) },
      ),
      { maxLength: 60, size: "max" },
    ),
  })
  .map(({ origin, moves }) => {
    let watermark = origin;
    let clock = 0;
    const made = moves.map((move, id): HarnessStep => {
      if (move.kind === "reading") return steps.element({ key: move.key, id }, watermark + move.at);
      if (move.kind === "watermark") {
        watermark += move.rise;
        return steps.watermark(watermark);
      }
      clock += move.rise;
      return steps.processingTime(clock);
    });
    return [...made, steps.watermark(Number.POSITIVE_INFINITY)];
  });

/** What came out, step by step, as text lines in the order of emission; watermarks are left out. */
export function linesPerStep(harness: OperatorHarness<unknown, unknown>, list: readonly HarnessStep[]): string[][] {
  return list.map((step) => {
    const before = harness.outputs.length;
    harness.run(step);
    return harness.outputs.slice(before).flatMap((entry) => {
      if (entry.kind === "record") return [firedLine(entry.value as Fired | readonly number[], entry.timestamp)];
      return entry.kind === "side" ? [`${entry.name} ${(entry.value as Reading).id}${entry.timestamp === NO_TIMESTAMP ? " timeless" : ""}`] : [];
    });
  });
}

/** `ids` of a session come in an order that is open; pass them sorted on both sides there. Without a function the ids stand alone. */
export function firedLine(fired: Fired | readonly number[], timestamp: number): string {
  if (!("key" in fired)) return `${fired.join(" ")} at ${timestamp}`;
  return `${fired.key} [${fired.start}, ${fired.end}) ${fired.ids.join(" ")} at ${timestamp}`;
}

/** A key with 512 sessions that come in no order, each of two readings, until the end of time. `watch`: of the states of the operator. */
export async function scatteredSessions(
  spec: WindowSpec,
  watch: (states: Readonly<Record<string, unknown>>) => void,
): Promise<OperatorHarness<unknown, unknown, unknown>> {
  const harness = await createHarness<unknown, unknown, unknown>({ create: () => createWindowOperator(spec), wrapKeyed: watchedStates(watch) });
  for (const after of [0, 5]) for (let id = 0; id < 512; id++) harness.element({ key: "a", id }, 100 * ((id * 77) % 512) + after);
  harness.watermark(Number.POSITIVE_INFINITY);
  return harness;
}
