import { join } from "node:path";
import type { StartOptions } from "millrace";
import { describe, expect, it } from "vitest";
import { countOf, expectSame, inDirectory, published, startNoted, upTo } from "../support.ts";
import partitions, { deals, type Received } from "./partitions.ts";

type Deal = keyof typeof deals;

const COUNT = 600;
const module = new URL("./partitions.ts", import.meta.url).href;

/** What must hold of a record, and how often each comes. */
interface Rule {
  readonly copies: (receivers: number) => number;
  readonly to: (one: Received, senders: number, receivers: number) => boolean;
}

const one = (): number => 1;
const anywhere = (): boolean => true;

const rules: Readonly<Record<Deal, Rule>> = {
  forward: { copies: one, to: (record, senders, receivers) => senders !== receivers || record.from === record.to },
  rebalance: { copies: one, to: anywhere },
  shuffle: { copies: one, to: anywhere },
  broadcast: { copies: (receivers) => receivers, to: anywhere },
  global: { copies: one, to: ({ to }) => to === 0 },
  custom: { copies: one, to: ({ n, to }, _, receivers) => to === n % receivers },
  rescale: {
    copies: one,
    to: ({ from, to }, senders, receivers) =>
      senders >= receivers ? to === Math.floor((from * receivers) / senders) : from === Math.floor((to * senders) / receivers),
  },
};

async function run(deal: Deal, directory: string, sizes: readonly [number, number], options: StartOptions, failure = "") {
  const [senders, receivers] = sizes;
  const out = join(directory, `out-${deal}-${sizes.join("-")}`);
  const { job, events } = await startNoted(partitions, join(directory, `state-${deal}-${sizes.join("-")}`), {
    parameters: { deal, out, count: COUNT, senders, receivers, failure },
    parallelism: 3,
    batchSize: 8,
    module,
    ...options,
  });
  await job.finished;
  return { found: await published<Received>(out), restarts: countOf(events, "restarting") };
}

function check(deal: Deal, found: readonly Received[], [senders, receivers]: readonly [number, number]): void {
  const { copies, to } = rules[deal];
  expectSame(
    found.map(({ n }) => n),
    upTo(COUNT).flatMap((n) => upTo(copies(receivers)).map(() => n)),
  );
  expect(found.filter((record) => !to(record, senders, receivers))).toEqual([]);
  // Which sender reads a split is for the threads to settle: one may have had none.
  const reading = [...new Set(found.map(({ from }) => from))];
  const reachable = upTo(receivers).filter((receiver) => reading.some((from) => to({ n: receiver, from, to: receiver }, senders, receivers)));
  expectSame([...new Set(found.map((record) => record.to))], reachable);
}

describe.each(Object.keys(deals) as Deal[])("records that are dealt out by %s", (deal) => {
  it("go where they belong, from and to any number of subtasks, in one thread", { timeout: 60_000 }, () =>
    inDirectory(async (directory) => {
      for (const sizes of [
        [4, 2],
        [2, 5],
        [3, 3],
        [1, 1],
      ] as const) {
        const { found } = await run(deal, directory, sizes, { threads: "off" });
        check(deal, found, sizes);
      }
    }),
  );

  it("go there once through a failure, with checkpoints that do not wait, in threads", { timeout: 60_000 }, () =>
    inDirectory(async (directory) => {
      const { found, restarts } = await run(deal, directory, [4, 3], { alignmentTimeoutMs: 0, checkpointIntervalMs: 5 }, join(directory, "failed"));
      expect(restarts).toBe(1);
      check(deal, found, [4, 3]);
    }),
  );
});
