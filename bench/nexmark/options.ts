import { parseArgs } from "node:util";
import { limits } from "@millrace/core";
import { oneOf, someOf, whole, wholes } from "../option-values.ts";
import { type GeneratorOptions, generatorOptions } from "./generator/options.ts";
import { type QueryName, queryNames, statelessQueries } from "./queries/index.ts";
import type { StateKind } from "./sides/side.ts";

export const usage = `Runs Nexmark queries as jobs, and beside them the same queries as hand-written loops and on Apache Flink.

  pnpm bench nexmark [--queries all|q0,q5,…] [--events 1000000] [--peer hand,flink] [--state heap,disk]

  --queries LIST       ${queryNames.join(" ")}; default all
  --events N           events in a run; default 1,000,000. The first third is warm-up and not timed
  --seconds S          instead: every side gets as many events as it takes for S seconds, found out by a first short run
  --peer LIST          hand, flink, or none; default hand. Flink needs JDK 17 and Maven, and is built at its first run
  --state LIST         heap: on the heap, beside Flink's hash map; disk: a local store, beside RocksDB. Default heap
  --premade N          N events are made beforehand and read again and again, so that making them is in no figure; with state
                       all of them, and not beside Flink. Default 0: every event is made when it is read
  --parallelism LIST   subtasks of every operator; default 1. The hand loop has one thread
  --rounds R           a round runs every side once, in turn; figures are medians. Default 3
  --checkpoint-ms MS   default 1000; 0: none
  --seed N --shuffle K --event-rate R --first-ts MS --extras on|off   of the generator
  --out DIR            writes the results of one more run to DIR as QUERY.jsonl, and those of peers to DIR/PEER: one file a query,
                       in place of what an earlier run left; of several states or parallelisms the last one stays
  --json               one JSON object a measurement instead of the table
  --node-flags LIST    for the engine's process, e.g. --node-flags=--cpu-prof

Example: pnpm bench nexmark --queries q5,q8 --events 3000000 --peer hand,flink`;

export type PeerName = "hand" | "flink";

export interface NexmarkOptions {
  readonly queries: readonly QueryName[];
  readonly generator: GeneratorOptions;
  readonly seconds: number | undefined;
  readonly premade: number;
  readonly peers: readonly PeerName[];
  readonly states: readonly StateKind[];
  readonly parallelisms: readonly number[];
  readonly rounds: number;
  readonly checkpointIntervalMs: number;
  readonly out: string | undefined;
  readonly json: boolean;
  readonly nodeFlags: readonly string[];
}

/** Of the command line. Throws at what can't be. */
export function readOptions(): NexmarkOptions {
  const { values } = parseArgs({
    options: {
      queries: { type: "string", default: "all" },
      events: { type: "string", default: "1000000" },
      seconds: { type: "string" },
      premade: { type: "string", default: "0" },
      peer: { type: "string", default: "hand" },
      state: { type: "string", default: "heap" },
      parallelism: { type: "string", default: "1" },
      rounds: { type: "string", default: "3" },
      "checkpoint-ms": { type: "string", default: "1000" },
      seed: { type: "string", default: "1" },
      shuffle: { type: "string", default: "1" },
      "event-rate": { type: "string", default: "10000" },
      "first-ts": { type: "string", default: "1436918395000" },
      extras: { type: "string", default: "on" },
      out: { type: "string" },
      json: { type: "boolean", default: false },
      "node-flags": { type: "string" },
    },
  });
  const generator = generatorOptions({
    events: whole("--events", values.events),
    seed: Number(values.seed),
    shuffle: whole("--shuffle", values.shuffle),
    eventRate: whole("--event-rate", values["event-rate"]),
    firstTs: Number(values["first-ts"]),
    extras: oneOf("--extras", values.extras, ["on", "off"]) === "on",
  });
  const premade = whole("--premade", values.premade, 0);
  const queries = values.queries === "all" ? queryNames : someOf("--queries", values.queries, queryNames);
  const peers = values.peer === "none" ? [] : someOf("--peer", values.peer, ["hand", "flink"]);
  if (premade > 0 && peers.includes("flink")) throw new Error("--premade is for this process alone, not for --peer flink");
  const repeats = values.seconds !== undefined || premade < generator.events;
  if (premade > 0 && repeats && !queries.every((query) => statelessQueries.has(query))) {
    throw new Error("events that come again would find their state there: with state, --premade is all of --events");
  }
  return {
    queries,
    generator,
    seconds: values.seconds === undefined ? undefined : whole("--seconds", values.seconds),
    premade,
    peers,
    states: someOf("--state", values.state, ["heap", "disk"]),
    parallelisms: wholes("--parallelism", values.parallelism, 1, limits.maxParallelismDefault),
    rounds: whole("--rounds", values.rounds),
    checkpointIntervalMs: whole("--checkpoint-ms", values["checkpoint-ms"], 0),
    out: values.out,
    json: values.json,
    nodeFlags: values["node-flags"]?.split(" ") ?? [],
  };
}
