/** `node generate.ts DIRECTORY [FROM] [COUNT]`: a file of transactions, the same for the same numbers. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { transactionAt } from "./transactions.ts";

const [directory, from = "0", count = "5000"] = process.argv.slice(2);
if (directory === undefined) {
  console.error("usage: node generate.ts DIRECTORY [FROM] [COUNT]");
  process.exit(2);
}
mkdirSync(directory, { recursive: true });
const lines = Array.from({ length: Number(count) }, (_, i) => `${JSON.stringify(transactionAt(Number(from) + i).transaction)}\n`);
const name = `from-${from.padStart(9, "0")}.jsonl`;
const hidden = join(directory, `.${name}`);
writeFileSync(hidden, lines.join(""));
renameSync(hidden, join(directory, name));
console.log(`${count} transactions are in ${join(directory, name)}`);
