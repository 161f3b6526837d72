import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import type { Request } from "./messages.ts";
import { Thread } from "./thread.ts";

/** Answers every request but merges, which end it. */
function mortal(): Worker {
  const code = `
    const { parentPort } = require("node:worker_threads");
    parentPort.on("message", ({ id, kind }) => {
      if (kind === "merge") throw new Error("no memory");
      parentPort.postMessage({ id, kind: "done", records: 7 });
    });`;
  return new Worker(code, { eval: true, execArgv: [] });
}

const sort = (id: number): Request => ({ id, kind: "sort", task: { path: "", chunks: [], keyGroups: { start: 0, end: 0 } } });
const merge = (id: number): Request => ({ id, kind: "merge", task: { path: "", inputs: [], bytes: 0, dropTombstones: false } });

test("what a thread had to do fails with it, and what comes later is done by another one", async () => {
  const started: Worker[] = [];
  const thread = new Thread(() => {
    const worker = mortal();
    started.push(worker);
    return worker;
  });
  expect(await thread.ask(sort(thread.newId()), [])).toBe(7);
  const both = await Promise.allSettled([thread.ask(merge(thread.newId()), []), thread.ask(merge(thread.newId()), [])]);
  for (const one of both) expect(one).toMatchObject({ status: "rejected", reason: { message: "no memory" } });
  expect(await thread.ask(sort(thread.newId()), [])).toBe(7);
  expect(started).toHaveLength(2);
  await thread.close();
  await expect(thread.ask(sort(thread.newId()), [])).rejects.toThrow("closed");
});

test("what is under way when it is closed is told so", async () => {
  const thread = new Thread(mortal);
  const asked = expect(thread.ask(sort(thread.newId()), [])).rejects.toThrow("closed");
  await thread.close();
  await asked;
});
