import { parentPort } from "node:worker_threads";
import { assert } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { mergeChain } from "../chains/merge-chain.ts";
import { RunFilling } from "../runs/run-filling.ts";
import { closed, copyRun, type FilledRun, mergeRuns, readRuns, sortIntoRun } from "../runs/store-work.ts";
import { type Reply, type Request, sentError } from "./messages.ts";

const port = parentPort;
assert(port !== null, "a store's worker runs in a thread of its own");
const { files } = nodePorts;

/** What each reading request does when its reader asks for more. */
const readers = new Map<number, { next: () => void; left: boolean; wanted: number }>();

const fillings = new Map<number, RunFilling>();

function reply(message: Reply, transfer: ArrayBuffer[] = []): void {
  port?.postMessage(message, transfer);
}

/** What is answered. */
type Task = Exclude<Request, { kind: "next" | "leave" | "unfill" }>;

async function serve(request: Task): Promise<void> {
  const { id } = request;
  try {
    switch (request.kind) {
      case "sort":
        return reply({ id, kind: "done", records: (await sortIntoRun(files, request.task)).records });
      case "fill":
        if (request.isFirst) fillings.set(request.filling, new RunFilling(files));
        return replyRuns(id, await begun(request.filling).add(request.task));
      case "filled":
        return replyRuns(id, await begun(request.filling).end());
      case "merge":
        return reply({ id, kind: "done", records: await mergeRuns(files, request.task, () => false) });
      case "base":
        return reply({ id, kind: "summed", sum: await copyRun(files, request.task, () => false) });
      case "chain":
        return reply({ id, kind: "summed", sum: await mergeChain(files, request.task, () => false) });
      case "read":
        return await read(request);
    }
  } catch (error) {
    reply({ id, kind: "failed", error: sentError(error) });
  }
}

function replyRuns(id: number, runs: readonly FilledRun[]): void {
  reply({ id, kind: "runs", runs: runs.map(({ path, records }) => ({ path, records })) });
}

/** Throws when the thread that had its first pieces has died. */
function begun(id: number): RunFilling {
  const filling = fillings.get(id);
  if (filling === undefined) throw closed();
  return filling;
}

async function unfill(id: number): Promise<void> {
  const filling = fillings.get(id);
  fillings.delete(id);
  await filling?.close().catch(() => undefined);
}

async function read({ id, task }: Extract<Request, { kind: "read" }>): Promise<void> {
  const reader = { next: (): void => undefined, left: false, wanted: 0 };
  readers.set(id, reader);
  const give = async (chunk: Uint8Array): Promise<void> => {
    while (reader.wanted === 0 && !reader.left) {
      await new Promise<void>((resolve) => {
        reader.next = resolve;
      });
    }
    reader.wanted--;
    reply({ id, kind: "chunk", chunk }, [chunk.buffer as ArrayBuffer]);
  };
  try {
    await readRuns(files, task, give, () => reader.left);
    reply({ id, kind: "done", records: 0 });
  } finally {
    readers.delete(id);
  }
}

port.on("message", (request: Request) => {
  if (request.kind === "unfill") return void unfill(request.id);
  if (request.kind !== "next" && request.kind !== "leave") return void serve(request);
  const reader = readers.get(request.id);
  if (reader === undefined) return;
  if (request.kind === "leave") reader.left = true;
  else reader.wanted++;
  reader.next();
});
