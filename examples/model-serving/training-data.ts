/** `node training-data.ts FILE.csv [COUNT]`: features and labels to train on, from the code that serves. */
import { writeFileSync } from "node:fs";
import { type CardHistory, featureNames, featuresOf } from "./features.ts";
import { transactionAt } from "./transactions.ts";

const [path = "training.csv", count = "40000"] = process.argv.slice(2);
const histories = new Map<string, CardHistory>();
const rows: string[] = [[...featureNames, "fraud"].join(",")];
for (let n = 0; n < Number(count); n++) {
  const { transaction, fraud } = transactionAt(n);
  const { features, history } = featuresOf(histories.get(transaction.card), transaction);
  histories.set(transaction.card, history);
  rows.push([...features, fraud ? 1 : 0].join(","));
}
writeFileSync(path, `${rows.join("\n")}\n`);
