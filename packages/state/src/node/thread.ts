import { Worker } from "node:worker_threads";
import { workerFlags } from "@millrace/core/node";
import { closed, type FileSum, type FilledRun } from "../runs/store-work.ts";
import { type Reply, type Request, receivedError } from "./messages.ts";

/** Who waits for the replies to a request. */
export interface Waiting {
  done?(records: number): void;
  filled?(runs: readonly FilledRun[]): void;
  summed?(sum: FileSum): void;
  chunk?(chunk: Uint8Array): void;
  failed(error: unknown): void;
}

/** The thread that runs `store-worker.ts`, begun by the first request, and anew by the first one after it has died. */
export class Thread {
  readonly #newWorker: () => Worker;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #nextId = 0;
  #closed = false;

  constructor(newWorker: () => Worker = storeWorker) {
    this.#newWorker = newWorker;
  }

  newId(): number {
    return this.#nextId++;
  }

  send(request: Request, waiting: Waiting, transfer: ArrayBuffer[]): void {
    if (this.#closed) {
      waiting.failed(closed());
      return;
    }
    this.#waiting.set(request.id, waiting);
    this.#worker ??= this.#start();
    this.#worker.ref();
    this.#worker.postMessage(request, transfer);
  }

  ask(request: Request, transfer: ArrayBuffer[]): Promise<number> {
    return new Promise((done, failed) => this.send(request, { done, failed }, transfer));
  }

  askRuns(request: Request, transfer: ArrayBuffer[]): Promise<readonly FilledRun[]> {
    return new Promise((filled, failed) => this.send(request, { filled, failed }, transfer));
  }

  askSum(request: Request): Promise<FileSum> {
    return new Promise((summed, failed) => this.send(request, { summed, failed }, []));
  }

  /** What belongs to a request that was sent. */
  post(request: Request): void {
    if (!this.#closed) this.#worker?.postMessage(request);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
    this.#failAll(closed());
  }

  #start(): Worker {
    const worker = this.#newWorker();
    worker.on("message", (reply: Reply) => this.#heard(worker, reply));
    worker.on("error", (error) => this.#died(worker, error));
    worker.on("exit", () => this.#died(worker, closed()));
    return worker;
  }

  /** Told by its error and by its end. What was sent to it will not be answered; what comes later goes to another one. */
  #died(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#failAll(error);
  }

  #heard(worker: Worker, reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    if (reply.kind === "chunk") {
      waiting?.chunk?.(reply.chunk);
      return;
    }
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) worker.unref();
    if (reply.kind === "done") waiting?.done?.(reply.records);
    else if (reply.kind === "runs") waiting?.filled?.(reply.runs);
    else if (reply.kind === "summed") waiting?.summed?.(reply.sum);
    else waiting?.failed(receivedError(reply.error));
  }

  #failAll(error: unknown): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const each of all) each.failed(error);
  }
}

/** Sources run by type stripping and find their packages' sources; what was built is JavaScript beside this file. */
function storeWorker(): Worker {
  const { url } = import.meta;
  if (!url.endsWith(".ts")) return new Worker(new URL("./store-worker.js", url), { execArgv: [] });
  return new Worker(new URL("./store-worker.ts", url), { execArgv: [...workerFlags(process.execArgv), "--conditions=millrace-source"] });
}
