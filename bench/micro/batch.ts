import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createReader, createWriter, t } from "@millrace/codec";
import { WATERMARK_MAX } from "@millrace/core";
import { createFinalReduceOperator } from "@millrace/operators";
import { type Figure, paired } from "./measure.ts";
import { contextOf, heapBackend } from "./operator-context.ts";
import { sink } from "./sink.ts";

interface Sale {
  readonly shop: number;
  readonly cents: number;
}

const RECORDS = 1_000_000;
const RUN_RECORDS = 250_000;
const SLICES = 5;
const saleCodec = t.object({ shop: t.integer(), cents: t.integer() });
const add = (a: Sale, b: Sale): Sale => ({ shop: a.shop, cents: a.cents + b.cents });

type Reduced = (sales: readonly Sale[]) => void;

/**
 * One result for each key of an input that ends: the engine's reduce of batch mode, which keeps a table of keys, against sorting by key.
 * In memory the keys alone are sorted, as numbers, which is the best case of it; with files, runs of a quarter of the input go to disk and
 * come back. A ratio below 1: sorting is faster.
 */
export async function run(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const keys of [1_000, 100_000, 1_000_000]) {
    const sales = makeSales(keys);
    figures.push(await measured(`reduce in batch mode, ${keys} keys, against sorting in memory`, sales, sortedInMemory));
    figures.push(await measured(`reduce in batch mode, ${keys} keys, against sorting by way of files`, sales, sortedThroughFiles));
  }
  return figures;
}

async function measured(name: string, sales: readonly Sale[], sorted: Reduced): Promise<Figure> {
  const engine = await engineReduce();
  return paired({ name, bar: 0, operations: RECORDS, reference: () => sorted(sales), subject: () => engine(sales), slices: SLICES });
}

function makeSales(keys: number): Sale[] {
  return Array.from({ length: RECORDS }, (_, i) => ({ shop: (Math.imul(i + 1, 2_654_435_761) >>> 4) % keys, cents: i % 9_973 }));
}

async function engineReduce(): Promise<Reduced> {
  const operator = createFinalReduceOperator(add, saleCodec as never, ({ shop }) => shop);
  await operator.open?.(contextOf(heapBackend("bench"), { watermark: Number.NEGATIVE_INFINITY, held: false }) as never);
  return (sales) => {
    for (const sale of sales) operator.processElement(sale, 0);
    operator.endInput?.();
    while (operator.onWatermark?.(WATERMARK_MAX) === false);
  };
}

/** Key and place in one number, which sorts as the key does. */
function orderOf(sales: readonly Sale[]): Float64Array {
  const order = new Float64Array(sales.length);
  for (let i = 0; i < sales.length; i++) order[i] = (sales[i] as Sale).shop * RECORDS + i;
  return order.sort();
}

function sortedInMemory(sales: readonly Sale[]): void {
  let held: Sale | undefined;
  for (const place of orderOf(sales)) held = folded(held, sales[place % RECORDS] as Sale);
  if (held !== undefined) sink(held);
}

/** Emits what is held when another key begins. */
function folded(held: Sale | undefined, next: Sale, emit: (sale: Sale) => void = sink): Sale {
  if (held === undefined) return next;
  if (held.shop === next.shop) return add(held, next);
  emit(held);
  return next;
}

function sortedThroughFiles(sales: readonly Sale[]): void {
  const folder = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  try {
    const runs = Array.from({ length: RECORDS / RUN_RECORDS }, (_, run) => {
      const file = join(folder, String(run));
      writeRun(file, sales.slice(run * RUN_RECORDS, (run + 1) * RUN_RECORDS));
      return readRun(file);
    });
    let held: Sale | undefined;
    for (const next of merged(runs)) held = folded(held, next);
    if (held !== undefined) sink(held);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function* merged(runs: readonly Iterator<Sale, undefined>[]): IterableIterator<Sale> {
  const heads = runs.map((run) => run.next().value);
  for (;;) {
    let least: Sale | undefined;
    for (const head of heads) if (head !== undefined && (least === undefined || head.shop < least.shop)) least = head;
    if (least === undefined) return;
    yield least;
    const from = heads.indexOf(least);
    heads[from] = runs[from]?.next().value;
  }
}

/** Records of one key within a run are folded before they are written. */
function writeRun(file: string, sales: readonly Sale[]): void {
  const writer = createWriter(RUN_RECORDS * 12);
  const write = (sale: Sale): void => saleCodec.encode(sale, writer);
  let held: Sale | undefined;
  for (const place of orderOf(sales)) held = folded(held, sales[place % RECORDS] as Sale, write);
  if (held !== undefined) write(held);
  const to = openSync(file, "w");
  writeSync(to, writer.view());
  closeSync(to);
}

function* readRun(file: string): Iterator<Sale, undefined> {
  const from = openSync(file, "r");
  const bytes = new Uint8Array(RUN_RECORDS * 16);
  const size = readSync(from, bytes);
  closeSync(from);
  const reader = createReader(bytes, 0, size);
  while (reader.position < size) yield saleCodec.decode(reader);
  return undefined;
}
