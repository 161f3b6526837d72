import { type Ports, seededRandom } from "@millrace/core";
import { VolatileDisk } from "@millrace/testkit";
import type { ProcessFacts } from "../../src/state-directory/index.ts";
import type { StateDirectoryOptions } from "../../src/state-directory/state-directory.ts";

let seeds = 0;

/** Machines that share a disk, with processes that can be started and killed. */
export class Machine {
  readonly disk: VolatileDisk;
  readonly host: string;
  readonly namespace: string | undefined;
  readonly #started = new Map<number, string>();
  nowMs = Date.UTC(2026, 0, 1);

  constructor(host = "here", disk = new VolatileDisk(), namespace?: string) {
    this.host = host;
    this.namespace = namespace;
    this.disk = disk;
  }

  start(pid: number, startTime = `start of ${pid}`): ProcessFacts {
    this.#started.set(pid, startTime);
    return {
      pid,
      host: this.host,
      namespace: this.namespace,
      startTime: (each) => this.#started.get(each),
      alive: (each) => this.#started.has(each),
    };
  }

  kill(pid: number): void {
    this.#started.delete(pid);
  }

  get ports(): Ports {
    return {
      files: this.disk,
      clock: { now: () => this.nowMs, monotonic: () => this.nowMs },
      random: seededRandom(++seeds),
      scheduler: {
        immediate: (task) => queueMicrotask(task),
        after: (_delayMs, task) => {
          queueMicrotask(task);
          return () => {};
        },
      },
    };
  }

  options(pid: number, change: Partial<StateDirectoryOptions> = {}): StateDirectoryOptions {
    return {
      ports: this.ports,
      processes: this.start(pid),
      path: "/project/.millrace/flights",
      jobName: "flights",
      engineVersion: "0.1.0",
      breakLock: false,
      probe: async () => false,
      ...change,
    };
  }
}

/** What `work` throws; undefined when it does not. */
export async function errorOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  return undefined;
}
