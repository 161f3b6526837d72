/** `pnpm bench nexmark`: the queries on this engine and on its peers, in interleaved rounds over the same events. */
import { machine } from "../machine.ts";
import { runBench } from "../run-bench.ts";
import { orUsage } from "../usage.ts";
import { type Measurement, measure } from "./measure.ts";
import { type NexmarkOptions, type PeerName, readOptions, usage } from "./options.ts";
import { type QueryName, statelessQueries } from "./queries/index.ts";
import { flinkSide } from "./sides/flink.ts";
import { handSide, millraceSide } from "./sides/in-node.ts";
import type { Side, SideOrder } from "./sides/side.ts";
import { tableFoot, tableHead, tableLine } from "./table.ts";

const makePeer: Readonly<Record<PeerName, () => Side>> = { hand: handSide, flink: flinkSide };

const options = orUsage(usage, readOptions);

async function main(): Promise<void> {
  if (!options.json) console.log(`${machine()}\n${tableHead()}`);
  const all: Measurement[] = [];
  const sides = [millraceSide(options.nodeFlags), ...options.peers.map((peer) => makePeer[peer]())];
  for (const order of ordersOf(options)) {
    for (const one of await measure(sides, order, options)) {
      console.log(options.json ? JSON.stringify(one) : tableLine(one));
      all.push(one);
    }
  }
  if (!options.json) for (const text of tableFoot(all)) console.log(text);
}

function ordersOf({ queries, states, parallelisms, generator, premade, checkpointIntervalMs }: NexmarkOptions): SideOrder[] {
  // Without state it does not matter where that lives.
  const statesOf = (query: QueryName) => (statelessQueries.has(query) ? states.slice(0, 1) : states);
  return queries.flatMap((query) =>
    statesOf(query).flatMap((state) => parallelisms.map((parallelism) => ({ query, state, parallelism, generator, premade, checkpointIntervalMs }))),
  );
}

await runBench(main);
