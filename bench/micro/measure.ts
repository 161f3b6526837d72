import { expectAlike, sunk } from "./sink.ts";
import { turns } from "./turns.ts";

/** A paired figure: `ratio` of the reference's time to the subject's, 1 when both are equally fast, larger is better. */
export interface Figure {
  readonly name: string;
  readonly ratio: number;
  readonly bar: number;
  /** Of the subject, per operation. */
  readonly nanoseconds: number;
}

export interface Pair {
  readonly name: string;
  readonly bar: number;
  /** Operations in one call of each side. */
  readonly operations: number;
  readonly reference: () => void;
  readonly subject: () => void;
  readonly slices?: number;
  /** Whether both sides give as many results to `sink`, which is then checked. Default true. */
  readonly alike?: boolean;
}

/** Runs both sides in turn in this process and takes the median of the slices' ratios: machines are noisy, ratios less so. */
export function paired({ name, bar, operations, reference, subject, slices = 31, alike = true }: Pair): Figure {
  const { warm, timed } = turns(6, slices);
  const ratios: number[] = [];
  const times: number[] = [];
  for (let turn = -warm; turn < timed; turn++) {
    const before = sunk();
    const a = elapsed(reference);
    const middle = sunk();
    const b = elapsed(subject);
    const after = sunk();
    if (turn < 0) continue;
    if (alike) expectAlike(middle - before, after - middle);
    ratios.push(a / b);
    times.push(b / operations);
  }
  return { name, bar, ratio: median(ratios), nanoseconds: median(times) };
}

export interface AsyncPair extends Omit<Pair, "reference" | "subject"> {
  readonly reference: () => void | Promise<void>;
  readonly subject: () => void | Promise<void>;
  /** After each slice; on the account of neither side. */
  readonly between?: () => Promise<void>;
}

/** As `paired`, for sides that wait. */
export async function pairedAsync({ name, bar, operations, reference, subject, between, slices = 15, alike = true }: AsyncPair): Promise<Figure> {
  const { warm, timed } = turns(6, slices);
  const ratios: number[] = [];
  const times: number[] = [];
  for (let turn = -warm; turn < timed; turn++) {
    const before = sunk();
    const a = await elapsedAsync(reference);
    const middle = sunk();
    const b = await elapsedAsync(subject);
    const after = sunk();
    await between?.();
    if (turn < 0) continue;
    if (alike) expectAlike(middle - before, after - middle);
    ratios.push(a / b);
    times.push(b / operations);
  }
  return { name, bar, ratio: median(ratios), nanoseconds: median(times) };
}

async function elapsedAsync(run: () => void | Promise<void>): Promise<number> {
  // What was left behind before is not on the account of this side. Collecting all of it would give memory back, and new pages would be.
  globalThis.gc?.({ type: "minor" });
  const start = process.hrtime.bigint();
  await run();
  return Number(process.hrtime.bigint() - start);
}

function elapsed(run: () => void): number {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
