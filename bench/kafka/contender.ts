/** One measured run in a process of its own: `contender.ts NAME BOOTSTRAP TOPIC RECORDS PARTITIONS OUT`; prints records a second. */
import { contenders } from "./contenders.ts";

const [name = "", bootstrap = "", topic = "", records = "0", partitions = "1", out = ""] = process.argv.slice(2);
const contender = contenders[name];
if (contender === undefined) throw new Error(`no contender ${name}`);
const seconds = await contender({ bootstrap, topic, records: Number(records), partitions: Number(partitions), out });
console.log(Math.round(Number(records) / seconds));
process.exit(0);
