import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { ResumedSide, SeenCheckpoint } from "./side.ts";

/** A process of a side and those that it has started, with what it says. */
export class SideProcess {
  /** Rejects, with what it said last, when it dies of itself. */
  readonly died: Promise<never>;
  readonly #child: ChildProcess;

  /** `line` is given each line of its outputs that come through pipes. */
  constructor(command: string, args: readonly string[], options: SpawnOptions, line: (text: string) => void) {
    // A group of its own, to be killed as one.
    const child = spawn(command, args, { ...options, detached: true });
    this.#child = child;
    let last = "";
    for (const output of [child.stdout, child.stderr]) {
      if (output === null) continue;
      createInterface({ input: output }).on("line", (text) => {
        last = text;
        line(text);
      });
    }
    this.died = new Promise((_, reject) => {
      child.once("error", reject);
      child.once("close", (code) => reject(new Error(`${command} ended with exit code ${code}: ${last}`)));
    });
    // It is killed in the end.
    this.died.catch(() => undefined);
  }

  /** With SIGKILL. */
  kill(): Promise<void> {
    return new Promise((resolve) => {
      this.#child.once("close", () => resolve());
      process.kill(-(this.#child.pid as number), "SIGKILL");
    });
  }
}

/** A side that goes on in a directory of its own, which goes with it. */
export class Resumed implements ResumedSide {
  readonly firstOutputMs: Promise<number>;
  readonly died: Promise<never>;
  readonly checkpoints: readonly SeenCheckpoint[];
  readonly #process: SideProcess;
  readonly #directory: string;

  constructor(running: SideProcess, directory: string, output: Promise<number>, checkpoints: readonly SeenCheckpoint[]) {
    this.#process = running;
    this.#directory = directory;
    this.died = running.died;
    this.firstOutputMs = Promise.race([output, running.died]);
    this.checkpoints = checkpoints;
  }

  async kill(): Promise<void> {
    await this.#process.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
