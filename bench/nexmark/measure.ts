import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { median } from "../micro/measure.ts";
import type { NexmarkOptions } from "./options.ts";
import type { QueryName } from "./queries/index.ts";
import { statelessQueries } from "./queries/index.ts";
import type { Side, SideOrder, SideRun, StateKind } from "./sides/side.ts";

/** One query on one side, all rounds. */
export interface Measurement {
  readonly query: QueryName;
  readonly state: StateKind | "none";
  readonly parallelism: number;
  readonly side: string;
  /** In the timed part of one run. */
  readonly events: number;
  readonly eventsPerSecond: number;
  readonly cpuSecondsPerMillion: number;
  readonly rows: number;
  readonly peakRssMb: number;
  /** Events a second divided by that of the peer, round by round: the median. */
  readonly ratios: Readonly<Record<string, number>>;
}

type MeasureOptions = Pick<NexmarkOptions, "seconds" | "rounds" | "out">;

interface Sided {
  readonly side: Side;
  readonly order: SideOrder;
  readonly runs: SideRun[];
}

const FIRST_EVENTS = 300_000;
/** So long a run tells how many events it takes for a longer one. */
const TELLING_SECONDS = 3;
const EVENTS_MAX = 2 ** 31 - 1;

/** Runs the sides of one query in turn, round by round. The first side is the engine; the others are its peers. */
export async function measure(sides: readonly Side[], order: SideOrder, options: MeasureOptions): Promise<readonly Measurement[]> {
  const sided: Sided[] = [];
  for (const side of sides) sided.push({ side, order: await sized(side, order, options.seconds), runs: [] });
  for (let round = 0; round < options.rounds; round++) {
    for (const { side, order, runs } of sided) runs.push(await side.run(order));
  }
  // A run of its own, because writing takes longer than most queries.
  if (options.out !== undefined) {
    for (const { side, order } of sided) await write(side, order, side.name === "millrace" ? options.out : join(options.out, side.name));
  }
  return sided.map((one) => summary(one, sided[0] === one ? sided.slice(1) : []));
}

/** Gives a side as many events as it takes for so long, warm-up included. */
async function sized(side: Side, order: SideOrder, seconds: number | undefined): Promise<SideOrder> {
  if (seconds === undefined) return order;
  let events = FIRST_EVENTS;
  for (;;) {
    const run = await side.run({ ...order, generator: { ...order.generator, events } });
    const eventsIn = (time: number): number => Math.min(EVENTS_MAX, Math.ceil((speed(run) * time) / 1_000) * 1_000);
    const needed = eventsIn(seconds);
    if (needed <= events * 4 || run.seconds >= TELLING_SECONDS)
      return { ...order, generator: { ...order.generator, events: Math.max(needed, events) } };
    // A short run is slow, because nothing is compiled yet: the next guess is made from a longer one.
    events = Math.min(events * 16, Math.max(events * 2, eventsIn(2 * TELLING_SECONDS)));
  }
}

/** Writes the rows of a run to one file, which takes the place of what an earlier run left. */
async function write(side: Side, order: SideOrder, directory: string): Promise<void> {
  const out = join(directory, `${order.query}.jsonl`);
  await mkdir(directory, { recursive: true });
  for (const left of [out, ...(await partsOf(out))]) await rm(left, { force: true });
  await side.run({ ...order, out });
  for (const part of await partsOf(out)) {
    await pipeline(createReadStream(part), createWriteStream(out, { flags: "a" }));
    await rm(part);
  }
}

/** Subtasks but the first write beside the file, each to a part with its number. */
async function partsOf(out: string): Promise<readonly string[]> {
  const prefix = `${basename(out)}.`;
  const numbers = (await readdir(dirname(out))).filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  return numbers
    .filter((number) => /^\d+$/.test(number))
    .toSorted((a, b) => Number(a) - Number(b))
    .map((number) => `${out}.${number}`);
}

function summary({ side, order, runs }: Sided, peers: readonly Sided[]): Measurement {
  return {
    query: order.query,
    state: statelessQueries.has(order.query) ? "none" : order.state,
    parallelism: order.parallelism,
    side: side.name,
    events: runs[0]?.events ?? 0,
    eventsPerSecond: median(runs.map(speed)),
    cpuSecondsPerMillion: median(runs.map((run) => (run.cpuSeconds * 1e6) / run.events)),
    rows: runs[0]?.rows ?? 0,
    peakRssMb: Math.max(...runs.map((run) => run.peakRssMb)),
    ratios: Object.fromEntries(
      peers.map((peer) => [peer.side.name, median(runs.map((run, round) => speed(run) / speed(peer.runs[round] as SideRun)))]),
    ),
  };
}

function speed(run: SideRun): number {
  return run.events / run.seconds;
}
