import { expect, it } from "vitest";
import { runTool } from "./run-tool.ts";

/** A tool, words that it can't take, and what it says of them. */
const refusals: readonly (readonly [tool: string, words: readonly string[], message: string])[] = [
  ["scripts/torture/torture.ts", ["--rounds", "0"], "--rounds takes a whole number from 1, not 0"],
  [
    "scripts/torture/torture.ts",
    ["--jobs", "random-x"],
    "no job random-x: there are flights, flights-small, logs, upgrade, random-1, random-2, …, and random-1-of-5000 with so many records",
  ],
  ["scripts/torture/torture.ts", ["--timeout", "10m,soon"], "--timeout takes a duration such as 150ms or 5s, not soon"],
  ["scripts/mutate/mutate.ts", ["--seed", "seven"], "--seed takes a whole number from 0, not seven"],
  ["scripts/soak-exchange.ts", ["--minutes", "-1"], "--minutes takes a number above 0, not -1"],
  ["scripts/kafka/torture.ts", ["--broker-every", "0"], "--broker-every takes a whole number from 1, not 0"],
  ["scripts/kafka/torture.ts", ["--transactions", "none"], "--transactions takes open, writeAhead, not none"],
  ["bench/kafka/run.ts", ["--only", "consume,cook"], "--only takes consume, json, produce, through, idle, not cook"],
  ["bench/exchange/quiet.ts", ["--seconds", ""], "--seconds takes a whole number from 1, not nothing"],
  ["bench/exchange/ceiling.ts", ["--rounds", "5.5"], "--rounds takes a whole number from 1, not 5.5"],
];

const usages = new Map<string, string>();

it.each(refusals)("%s refuses %j with its usage", async (tool, words, message) => {
  const usage = usages.get(tool) ?? (await runTool(tool, ["--help"])).out.trim();
  usages.set(tool, usage);
  expect(usage).toContain(words[0]);
  expect(await runTool(tool, [words.join("=")])).toEqual({ code: 2, out: "", err: `${message}\n\n${usage}\n` });
});
