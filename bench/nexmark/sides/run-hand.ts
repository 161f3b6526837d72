/** One run of a hand-written loop: `node run-hand.ts ORDER`, the order as JSON; prints the run as JSON. */
import { handLoops } from "../hand/index.ts";
import { MeasuredInput } from "../input.ts";
import { discardingRows, rowsInFile } from "../rows.ts";
import type { SideOrder } from "./side.ts";
import { Stopwatch } from "./stopwatch.ts";

const order = JSON.parse(process.argv[2] ?? "") as SideOrder;
const stopwatch = new Stopwatch(order.generator.events);
const rows = order.out === undefined ? discardingRows() : rowsInFile(order.out);
const input = new MeasuredInput({ ...order, mark: stopwatch.mark, marked: () => stopwatch.start() });
handLoops[order.query](input, (row) => rows.put(row));
rows.end();
stopwatch.stop(rows.count);
console.log(JSON.stringify(stopwatch.result()));
