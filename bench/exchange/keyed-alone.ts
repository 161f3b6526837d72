import { type KeyedOptions, keyedRun } from "./keyed-run.ts";

// The keyed job, once, in a process of its own: `node keyed-alone.ts OPTIONS`, prints its times as JSON.

console.log(JSON.stringify(await keyedRun(JSON.parse(process.argv[2] ?? "{}") as KeyedOptions)));
