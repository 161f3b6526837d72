import { type Ports, seededRandom } from "@millrace/core";
import { VolatileDisk } from "@millrace/testkit";
import type { Liveness, ProcessFacts } from "../../src/state-directory/process-facts.ts";
import type { StateDirectoryOptions } from "../../src/state-directory/state-directory.ts";

let seeds = 0;

/** What the containers of a machine share, until that starts anew. */
export class Kernel {
  readonly boot = `boot ${++seeds}`;
  /** Whether the process lives that listens on the socket at a path. */
  readonly listening = new Map<string, () => boolean>();
}

/** Machines that share a disk, with processes that can be started and killed. Containers share a kernel too. */
export class Machine {
  readonly disk: VolatileDisk;
  readonly host: string;
  readonly namespace: string | undefined;
  readonly kernel: Kernel | undefined;
  readonly #started = new Map<number, string>();
  nowMs = Date.UTC(2026, 0, 1);

  constructor(host = "here", disk = new VolatileDisk(), namespace?: string, kernel?: Kernel) {
    this.host = host;
    this.namespace = namespace;
    this.kernel = kernel;
    this.disk = disk;
  }

  start(pid: number, startTime = `start of ${pid}`): ProcessFacts {
    this.#started.set(pid, startTime);
    return {
      pid,
      host: this.host,
      namespace: this.namespace,
      boot: this.kernel?.boot,
      liveness: this.kernel && this.#liveness(pid, this.kernel),
      startTime: (each) => this.#started.get(each),
      alive: (each) => this.#started.has(each),
    };
  }

  #liveness(pid: number, { listening }: Kernel): Liveness {
    return {
      listen: async (directory, name) => {
        const path = `${directory}/${name}`;
        this.disk.tamper(path, new Uint8Array());
        listening.set(path, () => this.#started.has(pid));
        return { close: () => void listening.delete(path) };
      },
      listens: async (directory, name) => {
        const path = `${directory}/${name}`;
        return (await this.disk.stat(path)) !== undefined && listening.get(path)?.() === true;
      },
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
